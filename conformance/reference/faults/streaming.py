"""Faults of streams that need code: bytes, pieces of text and of tool input, and blocks that are merged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.reference.answer import Answer, ServerEvent
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Events, in_chunks, in_events, in_steps, is_kind, numbers_of
from conformance.reference.pipeline import Steps


@fault(in_steps)
def stream_as_json(steps: Steps) -> Steps:
    """Answers a request for a stream with one JSON body."""
    return replace(steps, encode_stream=lambda message, _desk, _steps: steps.encode_json(message))


@fault(in_chunks)
def final_blank_line_missing(chunks: list[bytes]) -> Iterable[bytes]:
    """Ends the body directly after the data of the last event, without the blank line."""
    return [*chunks[:-1], chunks[-1].rstrip(b"\n")]


@fault(in_chunks)
def utf_8_cut_in_data(chunks: list[bytes]) -> Iterable[bytes]:
    """Loses the last byte of a character of several bytes."""
    return [_without_last_byte(chunk) for chunk in chunks]


@fault(in_events)
def characters_replaced(events: Events) -> Iterable[ServerEvent]:
    """Decodes each piece of a text on its own, so that non-ASCII characters become replacement characters."""
    for event in events:
        text = event.data.get("delta", {}).get("text")
        if isinstance(text, str) and not text.isascii():
            last = _last_wide(text)
            event.data["delta"]["text"] = f"{text[:last]}\ufffd{text[last + 1 :]}"
    return events


@fault(in_events)
def characters_added(events: Events) -> Iterable[ServerEvent]:
    """Adds a replacement character to each piece of a text, as a decoder does that is emptied too early."""
    for event in events:
        text = event.data.get("delta", {}).get("text")
        if isinstance(text, str):
            event.data["delta"]["text"] = f"{text}\ufffd"
    return events


@fault(in_events)
def surrogates_split(events: Events) -> Iterable[ServerEvent]:
    """Cuts texts between the halves of surrogate pairs, like a server that counts in UTF-16."""
    for event in events:
        text = event.data.get("delta", {}).get("text", "")
        wide = next((number for number, character in enumerate(text) if ord(character) > 0xFFFF), None)
        if wide is None:
            yield event
            continue
        high, low = json.dumps(text[wide])[1:7], json.dumps(text[wide])[7:13]
        for part in (json.dumps(text[:wide])[:-1] + high + '"', '"' + low + json.dumps(text[wide + 1 :])[1:]):
            frame = json.dumps({**event.data, "delta": {"type": "text_delta", "text": "@"}})
            yield ServerEvent(event.name, frame.replace('"@"', part))


@fault(in_steps)
def stream_buffered(steps: Steps) -> Steps:
    """Holds a stream back until it is complete, and then sends it at once."""
    return _with_chunks(steps, lambda done: replace(done, chunks=(b"".join(done.chunks),), pauses={0: 1.5}))


@fault(in_steps)
def stream_silent_for_a_minute(steps: Steps) -> Steps:
    """Pauses for 70 seconds in the middle of a stream, without a ping."""
    return _with_chunks(steps, lambda done: replace(done, pauses={len(done.chunks) // 2: 70.0}))


@fault(in_steps)
def stream_silent_for_minutes(steps: Steps) -> Steps:
    """Pauses for more than five minutes in the middle of a stream, without a ping."""
    return _with_chunks(steps, lambda done: replace(done, pauses={len(done.chunks) // 2: 310.0}))


@fault(in_steps)
def stream_silent_at_first(steps: Steps) -> Steps:
    """Waits 70 seconds before the first event of a stream, without a ping."""
    return _with_chunks(steps, lambda done: replace(done, pauses={0: 70.0}))


@fault(in_steps)
def body_left_open(steps: Steps) -> Steps:
    """Leaves the body of a stream open for ten seconds after message_stop."""
    return _with_chunks(steps, lambda done: replace(done, pauses={len(done.chunks): 10.0}))


@fault(in_events)
def partial_json_object(events: Events) -> Iterable[ServerEvent]:
    """Sends the whole input of a tool call as an object instead of text."""
    return _with_input(events, lambda text: [json.loads(text)])


@fault(in_events)
def partial_json_invalid(events: Events) -> Iterable[ServerEvent]:
    """Writes the input of tool calls as Python prints a dict, with single quotes."""
    return _with_input(events, lambda text: [repr(json.loads(text))])


@fault(in_events)
def partial_json_cumulative(events: Events) -> Iterable[ServerEvent]:
    """Repeats everything sent so far in each piece of tool input."""
    return _with_input(events, lambda text: [text[:end] for end in (2, len(text) // 2, len(text))])


@fault(in_events)
def partial_json_trailing(events: Events) -> Iterable[ServerEvent]:
    """Sends a comma after the input of tool calls."""
    return _with_input(events, lambda text: [text, ","])


@fault(in_events)
def partial_json_truncated(events: Events) -> Iterable[ServerEvent]:
    """Loses the last piece of the input of tool calls."""
    return _with_input(events, lambda text: [text[:-2]])


@fault(in_events)
def tool_start_prefilled(events: Events) -> Iterable[ServerEvent]:
    """Sends the whole input of a tool call at the start of its block, and no deltas."""
    return [event for event in _with_input_at_start(events) if not is_kind(event, "input_json_delta")]


@fault(in_events)
def tool_start_holds_json(events: Events) -> Iterable[ServerEvent]:
    """Sends the whole input of a tool call at the start of its block, as a string of JSON, and no deltas."""
    for event in _with_input_at_start(events):
        if is_kind(event, "input_json_delta"):
            continue
        block = event.data.get("content_block")
        if isinstance(block, dict) and block.get("type") == "tool_use":
            whole = {**block, "input": json.dumps(block["input"])}
            yield ServerEvent(event.name, {**event.data, "content_block": whole})
        else:
            yield event


@fault(in_events)
def tool_input_sent_twice(events: Events) -> Iterable[ServerEvent]:
    """Sends the input of a tool call at the start of its block and again in deltas."""
    return _with_input_at_start(events)


@fault(in_events)
def signature_split(events: Events) -> Iterable[ServerEvent]:
    """Sends the signature of thinking in two halves."""
    for event in events:
        if not is_kind(event, "signature_delta"):
            yield event
            continue
        signature = event.data["delta"]["signature"]
        for part in (signature[: len(signature) // 2], signature[len(signature) // 2 :]):
            yield ServerEvent(event.name, {**event.data, "delta": {"type": "signature_delta", "signature": part}})


@fault(in_events)
def text_delta_cumulative(events: Events) -> Iterable[ServerEvent]:
    """Repeats all text sent so far in each text_delta."""
    return _cumulative(events, "text_delta", "text")


@fault(in_events)
def thinking_delta_cumulative(events: Events) -> Iterable[ServerEvent]:
    """Repeats all thinking sent so far in each thinking_delta."""
    return _cumulative(events, "thinking_delta", "thinking")


@fault(in_events)
def citations_in_one_delta(events: Events) -> Iterable[ServerEvent]:
    """Sends the citations of a text as a list in one delta."""
    kept: list[ServerEvent] = []
    for event in events:
        if not is_kind(event, "citations_delta"):
            kept.append(event)
            continue
        citation = event.data["delta"].pop("citation")
        before = kept[-1].data
        if is_kind(kept[-1], "citations_delta") and before["index"] == event.data["index"]:
            before["delta"]["citations"].append(citation)
        else:
            event.data["delta"]["citations"] = [citation]
            kept.append(event)
    return kept


@fault(in_events)
def thinking_in_text_block(events: Events) -> Iterable[ServerEvent]:
    """Streams thinking into the text block that follows it."""
    starts = numbers_of(events, "content_block_start")
    if len(starts) < 2 or events[starts[0]].data["content_block"]["type"] != "thinking":
        return events
    thoughts = [event for event in events if is_kind(event, "thinking_delta")]
    thoughts = [ServerEvent(event.name, {**event.data, "index": 0}) for event in thoughts]
    head, rest = events[: starts[0]], _reindexed(events[starts[1] :], lambda index: index - 1)
    return [*head, rest[0], *thoughts, *rest[1:]]


@fault(in_events)
def tool_deltas_share_index(events: Events) -> Iterable[ServerEvent]:
    """Streams the input of every parallel call into the block of the first call."""
    deltas = numbers_of(events, "input_json_delta")
    for number in deltas:
        events[number].data["index"] = events[deltas[0]].data["index"]
    return events


@fault(in_events)
def stream_drops_tool_calls(events: Events) -> Iterable[ServerEvent]:
    """Streams only the text of a reply, and end_turn, where the JSON reply has tool calls."""
    starts = [events[number].data for number in numbers_of(events, "content_block_start")]
    calls = [data["index"] for data in starts if data["content_block"]["type"] == "tool_use"]
    if not calls:
        return events
    for event in events:
        if is_kind(event, "message_delta"):
            event.data["delta"]["stop_reason"] = "end_turn"
    kept = [event for event in events if event.data.get("index") not in calls]
    return _reindexed(kept, lambda index: index - sum(1 for call in calls if call < index))


def _with_chunks(steps: Steps, change: Callable[[Answer], Answer]) -> Steps:
    def to_chunks(answer: Answer) -> Answer:
        done = steps.to_chunks(answer)
        return change(done) if done.events is not None else done

    return replace(steps, to_chunks=to_chunks)


def _with_input(events: Events, pieces: Callable[[str], list[object]]) -> Iterable[ServerEvent]:
    """The events with the input of each tool call in other pieces."""
    said: dict[int, str] = {}
    for event in events:
        if is_kind(event, "input_json_delta"):
            said[event.data["index"]] = said.get(event.data["index"], "") + event.data["delta"]["partial_json"]
            continue
        if is_kind(event, "content_block_stop") and said.get(event.data["index"]):
            for piece in pieces(said[event.data["index"]]):
                delta = {"type": "input_json_delta", "partial_json": piece}
                data = {"type": "content_block_delta", "index": event.data["index"], "delta": delta}
                yield ServerEvent("content_block_delta", data)
        yield event


def _with_input_at_start(events: Events) -> Events:
    """The events with the whole input of each tool call at the start of its block too."""
    inputs: dict[Any, str] = {}
    for event in events:
        if is_kind(event, "input_json_delta"):
            index = event.data["index"]
            inputs[index] = inputs.get(index, "") + event.data["delta"]["partial_json"]
    for event in events:
        if is_kind(event, "content_block_start") and event.data["content_block"]["type"] == "tool_use":
            event.data["content_block"]["input"] = json.loads(inputs.get(event.data["index"]) or "{}")
    return events


def _cumulative(events: Events, delta: str, key: str) -> Events:
    said: dict[int, str] = {}
    for event in events:
        if is_kind(event, delta):
            index = event.data["index"]
            said[index] = said.get(index, "") + event.data["delta"][key]
            event.data["delta"][key] = said[index]
    return events


def _reindexed(events: Events, new: Callable[[int], int]) -> Events:
    """The events with the index of each block event replaced by what `new` makes of it."""
    for event in events:
        if "index" in event.data:
            event.data["index"] = new(event.data["index"])
    return events


def _last_wide(text: str) -> int:
    return max((number for number, character in enumerate(text) if not character.isascii()), default=-1)


def _without_last_byte(chunk: bytes) -> bytes:
    text = chunk.decode("utf-8")
    last = _last_wide(text)
    return chunk if last < 0 else text[:last].encode() + text[last].encode()[:-1] + text[last + 1 :].encode()
