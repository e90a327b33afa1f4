"""Checks on the text of a reply and on why it ended.

Belongs here: text that stands in a reply or does not, `stop_reason`, `stop_sequence`. Does not belong here: tool calls
(see `tools.py`), rules that hold for every Message whatever was asked (see `message.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.message import stop_reason, text_of
from conformance.protocol.reply import Reply

BESIDE_TEXT: Final = frozenset({"text", "thinking", "redacted_thinking"})
"""Block types of an answer that calls nothing."""


def text_contains(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The text of the reply contains this, or each of these."""
    if reply.message is None:
        return NOTHING_SEEN
    text = text_of(reply)
    missing = [part for part in _parts(argument) if part not in text]
    if not missing:
        return FINE
    expected = " and ".join(show(part) for part in missing) + " in the text"
    return found(deviation("text-contains", reply, expected=expected, actual=show(text), pointer="/content"))


def text_says(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The text of the reply contains this word, whatever its letters' case."""
    if reply.message is None:
        return NOTHING_SEEN
    text = text_of(reply)
    if str(argument).casefold() in text.casefold():
        return FINE
    return found(
        deviation("text-says", reply, expected=f"{show(argument)} in the text", actual=show(text), pointer="/content")
    )


def text_lacks(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The text of the reply contains neither this nor any of these; nothing is seen in a reply without text."""
    text = text_of(reply)
    if not text:
        return NOTHING_SEEN
    present = [part for part in _parts(argument) if part in text]
    if not present:
        return FINE
    expected = "a text without " + " and ".join(show(part) for part in present)
    return found(deviation("text-lacks", reply, expected=expected, actual=show(text), pointer="/content"))


def stop_reason_is(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The reply ends for this reason, or for one of these; nothing is seen in a refusal by the model."""
    if reply.message is None or stop_reason(reply) == "refusal":
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, list) else [argument]
    actual = stop_reason(reply)
    if actual in wanted:
        return FINE
    expected = "stop_reason " + " or ".join(show(item) for item in wanted)
    return found(deviation("stop-reason", reply, expected=expected, actual=show(actual), pointer="/stop_reason"))


def stop_sequence_is(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The field `stop_sequence` holds this string, or null."""
    if reply.message is None:
        return NOTHING_SEEN
    actual = reply.message.get("stop_sequence")
    if actual == argument:
        return FINE
    expected = f"stop_sequence {show(argument)}"
    return found(deviation("stop-sequence-is", reply, expected=expected, actual=show(actual), pointer="/stop_sequence"))


def _parts(argument: Json) -> list[str]:
    parts = argument if isinstance(argument, list) else [argument]
    return [part for part in parts if isinstance(part, str)]


PART: Final = {"type": "string", "minLength": 1}
PARTS: Final = {"oneOf": [PART, {"type": "array", "items": PART, "minItems": 1}]}

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "text-contains": Check("text-contains", each=text_contains, argument=PARTS),
        "text-says": Check("text-says", each=text_says, argument=PART),
        "text-lacks": Check("text-lacks", each=text_lacks, argument=PARTS),
        "stop-reason": Check("stop-reason", each=stop_reason_is, argument=PARTS),
        "stop-sequence-is": Check("stop-sequence-is", each=stop_sequence_is, argument={"type": ["string", "null"]}),
    }
)
