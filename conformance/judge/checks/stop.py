"""Checks on why an answer ended: stop_reason, stop_sequence, stop_details, and what they agree with (REQ-STOP)."""

from __future__ import annotations

from conformance.base.pointer import look_up
from conformance.base.values import MISSING, show, whole_number
from conformance.judge.arguments import TEXT, one_or_more
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates
from conformance.model import Json
from conformance.protocol.message import blocks, stop_reason
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import FOREIGN, STOP_REASONS, leaves_call

_OWN_ENDS = frozenset({"end_turn", "tool_use"})
"""How a reply ends that nothing cuts."""


@check("stop-reason", argument=one_or_more(TEXT))
def stop_reason_is(reply: Reply, argument: Json) -> Observation:
    """The reply ends for this reason, or for one of these.

    Nothing is seen in a refusal by the model, and where the tokens of the request were used up before the reply could
    end on its own or with a call.
    """
    if reply.message is None or stop_reason(reply) == "refusal":
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, list) else [argument]
    actual = stop_reason(reply)
    if actual in wanted:
        return FINE
    if actual == "max_tokens" and _OWN_ENDS.issuperset(map(str, wanted)) and _used_up(reply):
        return NOTHING_SEEN
    expected = "stop_reason " + " or ".join(show(item) for item in wanted)
    return deviates(reply, expected, show(actual), pointer="/stop_reason")


def _used_up(reply: Reply) -> bool:
    """Whether the reply counts as many output tokens as its request allows."""
    most, written = whole_number(reply.request.get("max_tokens")), whole_number(look_up(reply.usage, "/output_tokens"))
    return most is not None and written is not None and written >= most


@check("stop-reason-known")
def stop_reason_known(reply: Reply) -> Observation:
    """stop_reason is one that the API documents today."""
    actual = _reason(reply)
    if actual is None:
        return NOTHING_SEEN
    if actual in STOP_REASONS:
        return FINE
    return deviates(reply, "one of " + ", ".join(sorted(STOP_REASONS)), show(actual), pointer="/stop_reason")


@check("stop-reason-native")
def stop_reason_native(reply: Reply) -> Observation:
    """stop_reason is not the word of another API, such as OpenAI's `length`; new words are fine."""
    actual = _reason(reply)
    if actual is None:
        return NOTHING_SEEN
    if actual not in FOREIGN:
        return FINE
    expected = "a stop reason of the Messages API, such as " + ", ".join(sorted(STOP_REASONS)[:3])
    return deviates(reply, expected, show(actual), pointer="/stop_reason")


@check("window-full")
def window_full(reply: Reply) -> Observation:
    """An answer that stops because the context window is full has fewer output tokens than max_tokens."""
    most, count = whole_number(reply.request.get("max_tokens")), whole_number((reply.usage or {}).get("output_tokens"))
    if _reason(reply) != "model_context_window_exceeded" or most is None or count is None:
        return NOTHING_SEEN
    if count < most:
        return FINE
    expected = f"stop_reason max_tokens, as the {count} output tokens are all that max_tokens allows"
    return deviates(reply, expected, '"model_context_window_exceeded"', pointer="/stop_reason")


@check("tool-call-stops")
def tool_call_stops(reply: Reply) -> Observation:
    """An answer with a client tool call has stop_reason tool_use, unless max_tokens or the context cut it.

    Nothing is seen where a stop sequence of the request was met: no source says which of the two is reported.
    """
    reason = _reason(reply)
    met = reason == "stop_sequence" and reply.request.get("stop_sequences")
    if reason is None or met or not _has_call(reply):
        return NOTHING_SEEN
    if leaves_call(reason):
        return FINE
    expected = "stop_reason tool_use, as a tool call awaits its result"
    return deviates(reply, expected, show(reason), pointer="/stop_reason")


@check("tool-stop-has-call")
def tool_stop_has_call(reply: Reply) -> Observation:
    """An answer with stop_reason tool_use has a tool_use block."""
    if _reason(reply) != "tool_use":
        return NOTHING_SEEN
    if _has_call(reply):
        return FINE
    types = [block.get("type", MISSING) for _, block in blocks(reply)]
    actual = "blocks of type " + ", ".join(show(kind) for kind in types[:5]) if types else "no block"
    return deviates(reply, "a tool_use block, as stop_reason is tool_use", actual, pointer="/content")


@check("pause-has-no-call")
def pause_has_no_call(reply: Reply) -> Observation:
    """An answer with stop_reason pause_turn has no client tool call that awaits its result."""
    if _reason(reply) != "pause_turn":
        return NOTHING_SEEN
    if not _has_call(reply):
        return FINE
    expected = "stop_reason tool_use, as a tool call awaits its result"
    return deviates(reply, expected, "pause_turn", pointer="/stop_reason")


@check("refusal-explained")
def refusal_explained(reply: Reply) -> Observation:
    """An answer with stop_reason refusal has stop_details of type refusal; absent and null are reported."""
    if _reason(reply) != "refusal":
        return NOTHING_SEEN
    if look_up(reply.message, "/stop_details/type") == "refusal":
        return FINE
    pointer = "/stop_details"
    return deviates(reply, "stop_details of type refusal", show(look_up(reply.message, pointer)), pointer=pointer)


@check("stop-details-fit")
def stop_details_fit(reply: Reply) -> Observation:
    """stop_details is null or absent, unless stop_reason is refusal."""
    message = reply.message or {}
    if message.get("stop_reason") is None:
        return NOTHING_SEEN
    details = message.get("stop_details")
    if details is None or message["stop_reason"] == "refusal":
        return FINE
    expected = f"null or absent, as stop_reason is {show(message['stop_reason'])}"
    return deviates(reply, expected, show(details), pointer="/stop_details")


@check("stop-sequence-is", argument={"type": ["string", "null"]})
def stop_sequence_is(reply: Reply, argument: str | None) -> Observation:
    """The field `stop_sequence` holds this string, or null."""
    if reply.message is None:
        return NOTHING_SEEN
    actual = reply.message.get("stop_sequence")
    if actual == argument:
        return FINE
    return deviates(reply, f"stop_sequence {show(argument)}", show(actual), pointer="/stop_sequence")


@check("stop-sequence-fits")
def stop_sequence_fits(reply: Reply) -> Observation:
    """stop_sequence is a string of the request when stop_reason is stop_sequence, and null otherwise."""
    message = reply.message or {}
    if "stop_sequence" not in message or message.get("stop_reason") is None:
        return NOTHING_SEEN
    value, reason = message["stop_sequence"], message["stop_reason"]
    wanted = reply.request.get("stop_sequences")
    if reason != "stop_sequence":
        expected, fits = f"null, as stop_reason is {show(reason)}", value is None
    elif isinstance(wanted, list):
        expected, fits = f"one of the request's stop sequences: {show(wanted)}", value in wanted
    else:
        expected, fits = "the stop sequence that was met", isinstance(value, str) and bool(value)
    return FINE if fits else deviates(reply, expected, show(value), pointer="/stop_sequence")


def _reason(reply: Reply) -> str | None:
    reason = stop_reason(reply) if reply.ok else None
    return reason if isinstance(reason, str) else None


def _has_call(reply: Reply) -> bool:
    return any(block.get("type") == "tool_use" for _, block in blocks(reply))


@check("refusal-costs-nothing")
def refusal_costs_nothing(reply: Reply) -> Observation:
    """A refusal with empty content has 0 output_tokens."""
    output = whole_number(look_up(reply.usage, "/output_tokens"))
    if _reason(reply) != "refusal" or look_up(reply.message, "/content") != [] or output is None:
        return NOTHING_SEEN
    if output == 0:
        return FINE
    return deviates(reply, "output_tokens 0, as nothing was written", str(output), pointer="/usage/output_tokens")
