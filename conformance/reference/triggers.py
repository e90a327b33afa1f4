"""What the scripted model does on demand, so that clients and tests meet what hardly any prompt brings about.

A line of what the user wrote last asks for it: `reference: refuse`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from conformance.reference.answer import Answer, ServerEvent
from conformance.reference.prompt import Block, Prompt, dicts

TRIGGERS: Final[Mapping[str, str]] = {
    "refuse": "ends with stop_reason `refusal`, its details, and no content",
    "redact thinking": "returns `redacted_thinking` in place of `thinking`, where the request lets it think",
    "compact": "returns a `compaction` block, where the request has an edit `compact_20260112` and its beta",
    "be slow": "sends pings through pauses of a second, in a stream",
}
"""What can be asked for, and what happens then."""

REFUSAL: Final[Mapping[str, str]] = {
    "type": "refusal",
    "category": "general_harms",
    "explanation": "The request asked the reference endpoint for a refusal.",
}

SUMMARY: Final = "The conversation so far: the user asked the reference endpoint to compact it."
PINGS: Final = 3
PAUSE_S: Final = 1.0

_LINE = re.compile(r"^\s*reference: ([a-z ]+?)[\s.]*$", re.MULTILINE)
_COMPACT: Final = "compact_20260112"


def trigger_of(request: str) -> str | None:
    """What a line of the request asks for, or None."""
    return next((name for name in _LINE.findall(request) if name in TRIGGERS), None)


def compaction(prompt: Prompt) -> tuple[Block, bool] | None:
    """The block that compacts the conversation, and whether the reply ends with it; None without such an edit."""
    edits = dicts(prompt.object("context_management").get("edits"))
    edit = next((each for each in edits if each.get("type") == _COMPACT), None)
    if edit is None:
        return None
    block: Block = {"type": "compaction", "content": SUMMARY, "encrypted_content": None}
    return block, edit.get("pause_after_compaction") is True


def redacted(prompt: Prompt) -> Block:
    """A block of thinking that is not shown; it comes back as it is."""
    return {"type": "redacted_thinking", "data": prompt.signer.sign("redacted", shown=False)}


def slowed(answer: Answer) -> Answer:
    """A stream with pings through pauses behind its first event."""
    if not answer.events:
        return answer
    pings = (ServerEvent("ping", {"type": "ping"}),) * PINGS
    waits = dict.fromkeys(range(1, PINGS + 2), PAUSE_S)
    return replace(answer, events=(answer.events[0], *pings, *answer.events[1:]), pauses={**answer.pauses, **waits})
