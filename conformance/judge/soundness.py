"""Whether an answer is sound enough that the Message in it says what the endpoint meant.

Belongs here: the defects of a stream that change or hide what it adds up to, and those of a JSON body that hide what is
in it. Does not belong here: telling these defects (the cases of the streaming and response areas do), what an unsound
answer means for a case (see `verdict.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.judge.check import Check, Facts
from conformance.judge.checks import agreement as matching
from conformance.judge.checks import deltas, endings, grammar, http, message, refusal, starts
from conformance.judge.checks import frames as framing
from conformance.model import Finding, Json
from conformance.protocol.blocks import CARRYING, STARTS
from conformance.protocol.grammar import RULES
from conformance.protocol.message import tool_calls
from conformance.protocol.reply import Reply

_FAMILIES: Final[tuple[Mapping[str, Check], ...]] = (
    framing.CHECKS,
    grammar.CHECKS,
    starts.CHECKS,
    deltas.CHECKS,
    endings.CHECKS,
    matching.CHECKS,
    message.CHECKS,
)

TELLING: Final[tuple[tuple[str, Json], ...]] = (
    ("utf-8", True),
    ("whole-characters", True),
    ("data-is-object", True),
    ("grammar", list(RULES)),
    *(("message-start", part) for part in starts.PARTS),
    ("block-start-is-object", True),
    *(("block-starts-empty", kind) for kind in STARTS),
    ("server-tool-starts", True),
    ("whole-blocks", True),
    ("delta-is-object", True),
    *(("delta-carries", kind) for kind in CARRYING),
    ("tool-input-joins", True),
    ("one-signature", True),
    *(("incremental", kind) for kind in ("text_delta", "thinking_delta")),
    *(("message-delta", part) for part in endings.PARTS if part != "stop_sequence"),
    ("message-delta-counts", True),
    ("final-stop-reason", True),
    ("cumulative-usage", True),
)
"""The checks of the streaming area, with their arguments, whose findings also change the Message.

A missing `stop_sequence` is none of them: only that key is lost with it, and many endpoints leave it out.
"""


SHAPE: Final[tuple[tuple[str, Json], ...]] = (
    ("matches", {"component": "Message", "pointer": "/content", "part": "at"}),
    ("block-types", True),
    *(
        ("blocks", {"type": kind, "component": component})
        for kind, component in (
            ("text", "TextBlock"),
            ("thinking", "ThinkingBlock"),
            ("redacted_thinking", "RedactedThinkingBlock"),
            ("tool_use", "ToolUseBlock"),
        )
    ),
)
"""The checks of the response area, with their arguments, whose findings hide what a JSON answer says."""

ECHO: Final[tuple[tuple[str, Json], ...]] = (("tool-ids-unique", True), ("thinking-signed", True))
"""Checks whose findings say that an answer cannot be sent back as it came."""

_OF_STATUS: Final = frozenset({*http.CHECKS, *refusal.CHECKS})
_OF_SHAPE: Final = frozenset(name for name, _ in (*SHAPE, *ECHO))


def is_sound(reply: Reply, facts: Facts) -> bool:
    """True for an answer without a defect that changes or hides its Message, and for what is no answer."""
    if reply.events is not None:
        unread = any(isinstance(call.input, str) for call in tool_calls(reply))
        return not unread and not any(_finds(name, argument, reply, facts) for name, argument in TELLING)
    return not _is_answer(reply) or not any(_finds(name, argument, reply, facts) for name, argument in SHAPE)


def can_be_sent_back(reply: Reply, facts: Facts) -> bool:
    """True for an answer whose content a next request can hold: sound, with ids and signatures of its own."""
    return is_sound(reply, facts) and not any(_finds(name, argument, reply, facts) for name, argument in ECHO)


def stands_by_itself(finding: Finding, reply: Reply) -> bool:
    """True for a finding in the stream itself, in status and headers, or in the shape of a JSON answer.

    What is left are findings in what the answer says.
    """
    in_stream = finding.where.event is not None or finding.where.offset is not None
    shape = reply.events is None and finding.check in _OF_SHAPE
    return in_stream or shape or finding.check in _OF_STATUS


def _is_answer(reply: Reply) -> bool:
    request = reply.exchange.request
    creates = request.method == "POST" and request.url.partition("?")[0].endswith("/messages")
    return creates and reply.message is not None and reply.message.get("type") == "message"


def _finds(name: str, argument: Json, reply: Reply, facts: Facts) -> bool:
    check = next(family[name] for family in _FAMILIES if name in family)
    assert check.each is not None
    return bool(check.each(reply, argument, facts).findings)
