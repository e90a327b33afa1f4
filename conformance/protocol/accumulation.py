"""The Message that a stream adds up to, in the shape that the JSON mode returns.

Events are folded as leniently as clients do it. The trace says which delta belongs to which block, so a stream with a
broken order still gives the Message that it meant.

Conventions for broken streams:
- `partial_json` fragments that do not join to JSON leave `input` as the joined string, which no reader takes for an
  object. Where the stop reason says that the answer was cut (REQ-STREAM-015), `input` is what the block's start said.
- A field that is not a string adds nothing to a text; a `null` count in `message_delta.usage` overwrites nothing.
- A stop reason stays when a later message_delta does not mention it, although SDKs drop it then (REQ-STREAM-021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.base.strict_json import read
from conformance.model import Json
from conformance.protocol.blocks import DELTAS, FITS, DeltaType, Joins
from conformance.protocol.grammar import Block, Trace
from conformance.protocol.sse import Event
from conformance.protocol.stop_reasons import cut_short
from conformance.protocol.trace import trace_of
from conformance.protocol.usage import merge


def accumulate(events: Sequence[Event], trace: Trace | None = None) -> dict[str, Json] | None:
    """The Message of a stream, or None where no message_start carries a message object.

    `trace` is the trace of the same events, where the caller has it. Never raises (REQ-STREAM-028, -020, -012).
    """
    trace = trace_of(events) if trace is None else trace
    message = _first_message(events, trace)
    if message is None:
        return None
    _own_usage(message)
    for number in trace.numbers("message_delta"):
        _merge(message, events[number - 1].json)
    reason = message.get("stop_reason")
    cut = cut_short(reason)
    given = message.get("content")
    content = list(given) if isinstance(given, list) else []
    for block in trace.blocks:
        content.append(_fold(block, events, cut=cut))
    message["content"] = content
    _relabel(message)
    return message


def joined_input(fragments: Sequence[str]) -> tuple[str, Json]:
    """The joined `partial_json` of a block, and the JSON value it is; the joined text itself where it is not JSON."""
    text = "".join(fragments)
    reading = read(text)
    return text, reading.value if reading.problem is None else text


def _first_message(events: Sequence[Event], trace: Trace) -> dict[str, Json] | None:
    for number in trace.numbers("message_start"):
        data = events[number - 1].json
        message = data.get("message") if isinstance(data, dict) else None
        if isinstance(message, dict):
            return dict(message)
    return None


def _merge(message: dict[str, Json], data: Json) -> None:
    """Overwrites with what a message_delta brings: `delta.*`, `usage.*`, and the members beside them."""
    if not isinstance(data, dict):
        return
    message.update({key: value for key, value in data.items() if key not in ("type", "delta", "usage")})
    delta = data.get("delta")
    if isinstance(delta, dict):
        message.update({key: value for key, value in delta.items() if key not in ("type", "content")})
        if "usage" in delta:
            _own_usage(message)
    counts = data.get("usage")
    if isinstance(counts, dict):
        if not isinstance(message.get("usage"), dict):
            message["usage"] = {}
        merge(message["usage"], counts)


def _own_usage(message: dict[str, Json]) -> None:
    """Copies the usage once, so that counts can be added to it without changing an event."""
    if isinstance(message.get("usage"), dict):
        message["usage"] = dict(message["usage"])


def _relabel(message: dict[str, Json]) -> None:
    """A fallback block names the model that served the answer, as the JSON mode's `model` does."""
    for block in message["content"]:
        target = block.get("to") if isinstance(block, dict) and block.get("type") == "fallback" else None
        if isinstance(target, dict) and isinstance(target.get("model"), str):
            message["model"] = target["model"]


def _fold(block: Block, events: Sequence[Event], *, cut: bool) -> Json:
    start = events[block.start - 1].json
    given = start.get("content_block") if isinstance(start, dict) else None
    content = dict(given) if isinstance(given, dict) else {}
    parts: dict[str, list[str]] = {}
    collected: list[Json] = []
    for number in block.deltas:
        data = events[number - 1].json
        delta = data.get("delta") if isinstance(data, dict) else None
        kind = delta.get("type") if isinstance(delta, dict) else None
        if isinstance(delta, dict) and isinstance(kind, str) and kind in FITS.get(block.type or "", DELTAS):
            _apply(DELTAS[kind], content, parts, collected, delta)
    for key, texts in parts.items():
        if key != "partial_json":
            before = content.get(key)
            content[key] = "".join([before if isinstance(before, str) else "", *texts])
    if collected:
        before = content.get("citations")
        content["citations"] = [*(before if isinstance(before, list) else []), *collected]
    if any(parts.get("partial_json", ())):
        text, value = joined_input(parts["partial_json"])
        if not (cut and value is text):
            content["input"] = value
    return content


def _apply(
    row: DeltaType,
    content: dict[str, Json],
    parts: dict[str, list[str]],
    collected: list[Json],
    delta: Mapping[str, Json],
) -> None:
    """Changes a block as a delta says; what is joined is kept in `parts` and `collected` until all is there."""
    key = row.carries or ""
    value = delta.get(key)
    match row.joins:
        case Joins.APPENDS if isinstance(value, str):
            parts.setdefault(key, []).append(value)
        case Joins.REPLACES if isinstance(value, str):
            content[key] = value
        case Joins.COLLECTS:
            collected.append(value)
        case Joins.MERGES:
            content.update({name: item for name, item in delta.items() if name != "type"})
