"""Faults in the framing of streams: content type, event lines, JSON data, bytes, and when they arrive.

Belongs here: what goes wrong with any stream of named events. Does not belong here: the order of events, what a certain
event carries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from conformance.reference.answer import Answer, ServerEvent
from conformance.reference.faults.base import BytesFault, EventFault, EventsFault, Fault, numbers_of
from conformance.reference.pipeline import Desk, Steps

_LONG = 20
"""Streams with more deltas than this are long."""


class StreamAsJson(Fault):
    """Answers a request for a stream with one JSON body."""

    def install(self, steps: Steps) -> Steps:
        return replace(steps, encode_stream=lambda message, _desk, _steps: steps.encode_json(message))


class StreamContentTypeWrong(Fault):
    """Labels streams as application/json."""

    def install(self, steps: Steps) -> Steps:
        def finish(answer: Answer, desk: Desk) -> Answer:
            done = steps.finish(answer, desk)
            return done.with_headers(content_type="application/json") if done.events is not None else done

        return replace(steps, finish=finish)


class EventLinesMissing(EventsFault):
    """Sends data lines alone, without event lines."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [ServerEvent(None, event.data) for event in events]


class EventNameMessage(EventsFault):
    """Names every event message, which is what browsers call an event without a name."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [ServerEvent("message", event.data) for event in events]


class EventDataNotJson(EventsFault):
    """Writes pings as Python prints them, with single quotes."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [ServerEvent("ping", "{'type': 'ping'}") if event.name == "ping" else event for event in events]


class EventDataWithoutType(EventsFault):
    """Leaves type out of the data, since the event line already names it."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [
            ServerEvent(event.name, {key: value for key, value in event.data.items() if key != "type"})
            for event in events
        ]


class PingWithoutType(EventFault):
    """Sends pings with an empty object as data."""

    kind = "ping"

    def change(self, data: dict[str, Any]) -> None:
        data.clear()


class PingWithContent(EventFault):
    """Sends pings that carry the time."""

    kind = "ping"

    def change(self, data: dict[str, Any]) -> None:
        data["timestamp"] = "2026-11-22T12:00:00Z"


class DoneEvent(EventsFault):
    """Closes streams with the [DONE] of another API, as an event of its own."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return [*events, ServerEvent("done", "[DONE]")]


class FinalBlankLineMissing(BytesFault):
    """Ends the body right behind the data of the last event, without the blank line."""

    def edit(self, chunks: list[bytes]) -> Iterable[bytes]:
        return [*chunks[:-1], chunks[-1].rstrip(b"\n")]


class Utf8CutInData(BytesFault):
    """Cuts a character of several bytes in two and loses its last byte."""

    id = "utf-8-cut-in-data"

    def edit(self, chunks: list[bytes]) -> Iterable[bytes]:
        return [_without_last_byte(chunk) for chunk in chunks]


class CharactersReplaced(EventFault):
    """Decodes each piece of a text on its own, so that characters outside ASCII become replacement characters."""

    kind = "content_block_delta"

    def change(self, data: dict[str, Any]) -> None:
        text = data["delta"].get("text")
        if isinstance(text, str) and not text.isascii():
            last = max(number for number, character in enumerate(text) if not character.isascii())
            data["delta"]["text"] = f"{text[:last]}\ufffd{text[last + 1 :]}"


class SurrogatesSplit(EventsFault):
    """Cuts texts between the halves of surrogate pairs, as a server does that counts in UTF-16."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
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


class StreamBuffered(Fault):
    """Holds a stream back until all of it is there, and then sends it at once."""

    def install(self, steps: Steps) -> Steps:
        def to_chunks(answer: Answer) -> Answer:
            done = steps.to_chunks(answer)
            return replace(done, chunks=(b"".join(done.chunks),), pauses={0: 1.5}) if done.events is not None else done

        return replace(steps, to_chunks=to_chunks)


class BodyLeftOpen(Fault):
    """Leaves the body of a stream open for ten seconds after message_stop."""

    def install(self, steps: Steps) -> Steps:
        def to_chunks(answer: Answer) -> Answer:
            done = steps.to_chunks(answer)
            return replace(done, pauses={len(done.chunks): 10.0}) if done.events is not None else done

        return replace(steps, to_chunks=to_chunks)


class ErrorEventUnnamed(EventsFault):
    """Breaks long streams off with an error that has no event line."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        return broken_off(events, ServerEvent(None, error))


class ErrorEventWithoutEnvelope(EventsFault):
    """Breaks long streams off with an error event that carries nothing but a text."""

    def edit(self, events: list[ServerEvent]) -> Iterable[ServerEvent]:
        return broken_off(events, ServerEvent("error", {"type": "error", "message": "Overloaded"}))


def broken_off(events: list[ServerEvent], error: ServerEvent) -> list[ServerEvent]:
    """The events with an error in place of the second half of a long stream."""
    deltas = numbers_of(events, "content_block_delta")
    return [*events[: deltas[_LONG]], error] if len(deltas) > _LONG else events


def _without_last_byte(chunk: bytes) -> bytes:
    text = chunk.decode("utf-8")
    last = max((number for number, character in enumerate(text) if not character.isascii()), default=None)
    if last is None:
        return chunk
    return text[:last].encode() + text[last].encode()[:-1] + text[last + 1 :].encode()
