"""An exchange is read once, lazily, whatever its body is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.model import Json
from conformance.protocol import reply as reading
from conformance.protocol.exchange import Trouble
from conformance.protocol.reply import Reply
from support import make

MESSAGE = {"type": "message", "content": [], "usage": {"input_tokens": 3, "output_tokens": 5}}
STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":3}}}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{},"usage":{"output_tokens":5}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)


def reply(
    body: bytes, *, status: int = 200, media: str = "application/json", asks: Json = None, streamed: bool = False
) -> Reply:
    sent = make.request({} if asks is None else asks)
    return Reply(make.exchange(body, status, sent=sent, headers={"content-type": media}), streamed)


def test_a_json_body_is_the_message() -> None:
    read = reply(json.dumps(MESSAGE).encode())
    assert (read.events, read.trace, read.json_problem, read.error) == (None, None, None, None)
    assert read.json == read.message == MESSAGE
    assert read.usage == {"input_tokens": 3, "output_tokens": 5}


def test_a_stream_adds_up_to_the_message() -> None:
    read = reply(STREAM, media="text/event-stream; charset=utf-8")
    assert read.events is not None
    assert read.trace is not None
    assert [event.type for event in read.events] == ["message_start", "message_delta", "message_stop"]
    assert read.trace.complete
    assert (read.json, read.json_problem) == (None, None)
    assert read.usage == {"input_tokens": 3, "output_tokens": 5}


@pytest.mark.parametrize(
    ("options", "is_stream"),
    [
        ({"media": "text/event-stream"}, True),
        ({"media": "TEXT/Event-Stream", "status": 500}, True),
        ({"streamed": True}, True),
        ({"asks": {"stream": True}}, True),
        ({"asks": {"stream": True}, "status": 400}, False),
        ({"asks": {"stream": 1}}, False),
        ({}, False),
    ],
)
def test_a_body_is_a_stream_where_it_says_so_or_was_asked_for_and_looks_like_one(
    options: Mapping[str, Any], is_stream: bool
) -> None:
    assert (reply(b"\xef\xbb\xbf\n" + STREAM, **options).events is not None) is is_stream


@pytest.mark.parametrize(
    ("body", "problem"),
    [(b"", "the body is empty"), (b"{", "Expecting property name"), (b"[" * 100_000, "levels"), (b"\xff", "UTF-8")],
)
def test_a_body_that_is_no_json_says_why(body: bytes, problem: str) -> None:
    read = reply(body)
    assert read.json is None
    assert read.message is None
    assert problem in str(read.json_problem)


def test_an_error_envelope_is_no_message() -> None:
    read = reply(b'{"type":"error","error":{"type":"api_error"}}', status=500)
    assert read.error == {"type": "api_error"}
    assert read.message is None


KINDS_OF_TROUBLE = ("closed", "timeout-gap", "timeout-total", "limit-bytes", "limit-events", "protocol")


@pytest.mark.parametrize("kind", KINDS_OF_TROUBLE)
@pytest.mark.parametrize("status", [200, 400])
def test_a_body_that_did_not_arrive_whole_is_no_json_whatever_it_looks_like(kind: str, status: int) -> None:
    body = MESSAGE if status == 200 else {"type": "error", "error": {"type": "invalid_request_error"}}
    read = make.reply(body, status, trouble=Trouble(kind, "no more", 1.0))
    assert (read.json, read.message, read.error, read.usage, read.answers) == (None, None, None, None, False)
    assert read.json_problem == read.cut_off == f"the body did not arrive whole ({kind}: no more)"


@pytest.mark.parametrize("kind", KINDS_OF_TROUBLE)
def test_a_stream_that_broke_off_keeps_its_events_and_gives_no_message(kind: str) -> None:
    events = STREAM.decode()
    read = make.reply(events[: events.index("event: message_stop")], trouble=Trouble(kind, "no more", 1.0))
    assert [event.type for event in read.events or ()] == ["message_start", "message_delta"]
    assert read.message is None
    assert read.cut_off is not None


@pytest.mark.parametrize(("kind", "whole"), [("timeout-gap", True), ("closed", True), ("protocol", False)])
def test_a_stream_that_came_to_its_last_event_is_whole_unless_it_could_not_be_unpacked(kind: str, whole: bool) -> None:
    read = make.reply(STREAM.decode(), trouble=Trouble(kind, "no more", 1.0))
    assert (read.message is not None, read.cut_off is None) == (whole, whole)


def test_a_recording_without_times_is_whole() -> None:
    read = reply(json.dumps(MESSAGE).encode())
    assert read.exchange.response is not None
    assert (read.exchange.response.ended, read.cut_off, read.answers) == (None, None, True)


def test_without_a_response_nothing_is_there() -> None:
    trouble = Trouble("closed", "", 0.0)
    read = Reply(make.exchange(status=None, sent=make.request([1]), trouble=trouble), streamed=True)
    assert (read.status, read.ok, read.events, read.trace, read.message, read.usage) == (None, False) + (None,) * 4
    assert (read.json, read.json_problem, read.error, read.request) == (None, None, None, {})


@pytest.mark.parametrize("media", ["text/event-stream", "application/json"])
def test_a_body_is_parsed_when_first_asked_for_and_never_again(monkeypatch: pytest.MonkeyPatch, media: str) -> None:
    parsed: list[str] = []
    parse, read_json = reading.parse, reading.read
    monkeypatch.setattr(reading, "parse", lambda chunks: parsed.append("events") or parse(chunks))
    monkeypatch.setattr(reading, "read", lambda body: parsed.append("json") or read_json(body))
    read = reply(STREAM if "event" in media else json.dumps(MESSAGE).encode(), media=media)
    assert parsed == []
    read.exchange.request.json  # noqa: B018 - reading the request is not reading the response
    parsed.clear()
    for _ in range(2):
        _ = (read.events, read.trace, read.message, read.json, read.json_problem, read.error, read.usage)
    bodies = [kind for kind in parsed if kind == "events"] if "event" in media else parsed
    assert len(bodies) == 1
