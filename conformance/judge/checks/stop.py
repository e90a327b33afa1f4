"""Checks on why an answer ended.

Belongs here: stop_reason, and what it has to agree with (REQ-STOP). Does not belong here: the stop
reason that a certain request leads to (see `text.py`), the keys stop_sequence and stop_details (see `message.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import MISSING, show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.message import blocks
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import FOREIGN, STOP_REASONS, leaves_call


def stop_reason_known(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """stop_reason is one that the API documents today."""
    actual = _reason(reply)
    if actual is None:
        return NOTHING_SEEN
    if actual in STOP_REASONS:
        return FINE
    expected = "one of " + ", ".join(sorted(STOP_REASONS))
    return found(deviation("stop-reason-known", reply, expected=expected, actual=show(actual), pointer="/stop_reason"))


def stop_reason_native(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """stop_reason is not the word of another API, such as OpenAI's `length`; new words are fine."""
    actual = _reason(reply)
    if actual is None:
        return NOTHING_SEEN
    if actual not in FOREIGN:
        return FINE
    expected = "a stop reason of the Messages API, such as " + ", ".join(sorted(STOP_REASONS)[:3])
    return found(deviation("stop-reason-native", reply, expected=expected, actual=show(actual), pointer="/stop_reason"))


def tool_call_stops(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An answer with a client tool call has stop_reason tool_use, unless max_tokens or the context cut it.

    Nothing is seen where a stop sequence of the request was met: no source says which of the two is told.
    """
    reason = _reason(reply)
    met = reason == "stop_sequence" and reply.request.get("stop_sequences")
    if reason is None or met or not _calls(reply):
        return NOTHING_SEEN
    if leaves_call(reason):
        return FINE
    expected = "stop_reason tool_use, as a tool call awaits its result"
    return found(deviation("tool-call-stops", reply, expected=expected, actual=show(reason), pointer="/stop_reason"))


def tool_stop_has_call(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An answer with stop_reason tool_use has a tool_use block."""
    if _reason(reply) != "tool_use":
        return NOTHING_SEEN
    if _calls(reply):
        return FINE
    types = [block.get("type", MISSING) for _, block in blocks(reply)]
    actual = "blocks of type " + ", ".join(show(kind) for kind in types[:5]) if types else "no block"
    return found(deviation("tool-stop-has-call", reply, expected="a tool_use block", actual=actual, pointer="/content"))


def pause_has_no_call(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An answer with stop_reason pause_turn has no client tool call that awaits its result."""
    if _reason(reply) != "pause_turn":
        return NOTHING_SEEN
    if not _calls(reply):
        return FINE
    expected = "stop_reason tool_use, as a tool call awaits its result"
    return found(deviation("pause-has-no-call", reply, expected=expected, actual="pause_turn", pointer="/stop_reason"))


def refusal_explained(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An answer with stop_reason refusal has stop_details of type refusal; absent and null are told."""
    if _reason(reply) != "refusal":
        return NOTHING_SEEN
    actual = look_up(reply.message, "/stop_details/type")
    if actual == "refusal":
        return FINE
    expected, pointer = "stop_details of type refusal", "/stop_details"
    actual = look_up(reply.message, pointer)
    return found(deviation("refusal-explained", reply, expected=expected, actual=show(actual), pointer=pointer))


def _reason(reply: Reply) -> str | None:
    reason = look_up(reply.message, "/stop_reason") if reply.ok else None
    return reason if isinstance(reason, str) else None


def _calls(reply: Reply) -> bool:
    return any(block.get("type") == "tool_use" for _, block in blocks(reply))


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("stop-reason-known", each=stop_reason_known),
        Check("stop-reason-native", each=stop_reason_native),
        Check("tool-call-stops", each=tool_call_stops),
        Check("tool-stop-has-call", each=tool_stop_has_call),
        Check("pause-has-no-call", each=pause_has_no_call),
        Check("refusal-explained", each=refusal_explained),
    )
}
