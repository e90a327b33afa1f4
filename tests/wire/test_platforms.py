"""The native shape behind Vertex AI and Bedrock, as the exchange with the Messages API that it is."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from conformance.engine.offline import is_messages_api
from conformance.model import Mode
from conformance.wire.importers.platforms import as_native
from conformance.wire.importers.reader import RecordedExchange
from support import make

VERTEX = "https://x.test/v1/projects/p/locations/l/publishers/anthropic/models"
BEDROCK = "https://x.test/model/anthropic.claude%3A0"
EVENTS = [{"type": "message_start", "message": {}}, {"type": "message_stop", "amazon-bedrock-invocationMetrics": {}}]
SENT = {"anthropic_version": "any-2023", "max_tokens": 1, "messages": []}


def frame(payload: bytes) -> bytes:
    headers = b"\x0b:event-type\x07\x00\x05chunk"
    prelude = (16 + len(headers) + len(payload)).to_bytes(4) + len(headers).to_bytes(4)
    whole = prelude + zlib.crc32(prelude).to_bytes(4) + headers + payload
    return whole + zlib.crc32(whole).to_bytes(4)


def chunk(event: object) -> bytes:
    return frame(json.dumps({"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": "ab"}).encode())


FRAMES = b"".join(map(chunk, EVENTS))
SSE = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS).encode()


def exchange(
    url: str, sent: object = SENT, body: bytes = b"{}", media: str = "application/json", status: int = 200
) -> RecordedExchange:
    made = make.exchange(
        body, status, sent=make.request(json.dumps(sent).encode(), url=url), headers={"content-type": media}
    )
    return RecordedExchange(made)


@pytest.mark.parametrize(
    ("url", "path", "mode"),
    [
        (f"{VERTEX}/claude:rawPredict", "/v1/messages", Mode.JSON),
        (f"{VERTEX}/claude@2025:streamRawPredict?alt=sse", "/v1/messages", Mode.STREAM),
        (f"{VERTEX}/count-tokens:rawPredict", "/v1/messages/count_tokens", Mode.JSON),
        (f"{BEDROCK}/invoke", "/v1/messages", Mode.JSON),
        (f"{BEDROCK}/invoke-with-response-stream", "/v1/messages", Mode.STREAM),
    ],
)
def test_a_path_of_a_platform_is_one_of_the_api(url: str, path: str, mode: Mode) -> None:
    found = as_native(exchange(url))
    assert found.exchange.request.url == f"https://x.test{path}"
    assert (found.exchange.mode, found.exchange.request.asks_for_stream) == (mode, mode is Mode.STREAM)
    assert found.flags == {"not-provoked", "platform"}
    assert is_messages_api(found.exchange.request)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (f"{BEDROCK}/invoke", {"prompt": "Hi."}),
        (f"{BEDROCK}/converse", SENT),
        (f"{VERTEX}/claude:predict", SENT),
        ("https://x.test/anthropic/v1/messages", SENT),
    ],
)
def test_anything_else_stays_as_it_is(url: str, sent: object) -> None:
    other = exchange(url, sent)
    assert as_native(other) is other
    assert is_messages_api(other.exchange.request) == url.endswith("/v1/messages")


@pytest.mark.parametrize(
    ("body", "events", "flags"),
    [
        (FRAMES, SSE, set()),
        (FRAMES[:-1], SSE[: SSE.index(b"event: message_stop")], {"body-truncated"}),
        (FRAMES + b"\0", SSE, {"body-truncated"}),
        (FRAMES[:-9] + b"\xff" + FRAMES[-8:], SSE[: SSE.index(b"event: message_stop")], {"body-truncated"}),
        (
            chunk(EVENTS[0]) + frame(b'{"message": "throttled"}'),
            SSE[: SSE.index(b"event: message_stop")],
            {"body-truncated"},
        ),
        (b"\xef\xbf\xbd", b"", {"no-response-body"}),
        (frame(b"[]"), b"", {"no-response-body"}),
        (b"\0" * 16, b"", {"no-response-body"}),
    ],
)
def test_frames_of_aws_are_unpacked_as_far_as_they_go(body: bytes, events: bytes, flags: set[str]) -> None:
    media = "application/vnd.amazon.eventstream"
    found = as_native(exchange(f"{BEDROCK}/invoke-with-response-stream", SENT, body, media))
    assert found.exchange.response is not None
    assert found.exchange.response.body == events
    assert found.exchange.response.is_event_stream
    assert found.flags == {"not-provoked", "platform", "sse-reconstructed", *flags}


def test_errors_are_those_of_the_platform() -> None:
    assert "platform-error" in as_native(exchange(f"{BEDROCK}/invoke", status=429)).flags
