"""Exchanges with platforms that offer Claude in the native shape under paths of their own: Vertex AI and Bedrock.

The path says which model and whether a stream is asked for, the body holds `anthropic_version`. Everything else is that
of the Messages API, so such an exchange is read as one with it. Bedrock packs the events of a stream into frames of
`application/vnd.amazon.eventstream`; their JSON is unpacked. Model ids are those of the platform and are not mapped,
nor are errors and headers, which the platform makes itself. Behind Azure only the prefix of the path differs.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from conformance.base.strict_json import read
from conformance.base.urls import split_url
from conformance.model import Json, Mode
from conformance.protocol.exchange import Chunk, Response
from conformance.protocol.statuses import is_error
from conformance.wire.bodies import PRELUDE, begins_with_frame
from conformance.wire.importers.reader import RecordedExchange

_VERTEX: Final = re.compile(r".*/publishers/anthropic/models/(?P<model>[^/:]+):(?P<verb>rawPredict|streamRawPredict)")
_BEDROCK: Final = re.compile(r"(?:.*/)?model/[^/]+/(?P<verb>invoke|invoke-with-response-stream)")
_ANTHROPIC: Final = re.compile(r"/publishers/anthropic/|/model/[^/]*anthropic\.claude")
_STREAMS: Final = frozenset({"streamRawPredict", "invoke-with-response-stream"})
_FRAMES: Final = "application/vnd.amazon.eventstream"
_SMALLEST_FRAME: Final = 16


class _BrokenFrameError(Exception):
    """The stream ends inside of a frame, or a checksum is wrong."""


def as_native(recorded: RecordedExchange) -> RecordedExchange:
    """The exchange as one with the Messages API where it is one of a platform; otherwise the exchange as it is."""
    request, response = recorded.exchange.request, recorded.exchange.response
    path = split_url(request.url).path.rstrip("/")
    found = _VERTEX.fullmatch(path) or _BEDROCK.fullmatch(path)
    sent = request.json if found is not None and request.method == "POST" else None
    if found is None or not _is_native(sent, found):
        return recorded
    lost, sent = sent is None, sent or {}
    counts = found.groupdict().get("model") == "count-tokens"
    stream = sent.get("stream") is True or found["verb"] in _STREAMS
    body = {key: value for key, value in sent.items() if key not in ("anthropic_version", "model")}
    body |= {"stream": True} if stream else {}
    origin = request.url[: request.url.index(path)] if path in request.url else ""
    request = replace(
        request,
        url=f"{origin}/v1/messages{'/count_tokens' if counts else ''}",
        body=b"" if lost else json.dumps(body).encode("utf-8", "surrogatepass"),
    )
    flags = recorded.flags | {"platform"} | ({"no-request-body"} if lost else set())
    if response is not None and is_error(response.status):
        flags |= {"platform-error"}
    streamed = recorded.streamed
    if response is not None and (response.media_type == _FRAMES or begins_with_frame(response.body)):
        response, damage = _as_sse(response)
        flags, streamed = flags | damage, True
    mode = Mode.STREAM if stream else Mode.JSON
    exchange = replace(recorded.exchange, request=request, response=response, mode=mode)
    return replace(recorded, exchange=exchange, flags=flags, streamed=streamed)


def _is_native(sent: Json, found: re.Match[str]) -> bool:
    """Whether a request has the native shape. Where its body is lost, the model in the path says so."""
    if sent is None:
        return _ANTHROPIC.search(found.string) is not None
    return isinstance(sent, dict) and isinstance(sent.get("anthropic_version"), str)


def _as_sse(response: Response) -> tuple[Response, frozenset[str]]:
    """The event stream that frames hold, and what is missing of it."""
    flags, events = {"sse-reconstructed"}, list[bytes]()
    try:
        for payload in _payloads(response.body):
            events.append(_event(payload))
    except (_BrokenFrameError, ValueError, TypeError, KeyError):
        flags.add("body-truncated" if events else "no-response-body")
    headers = tuple(
        (name, "text/event-stream" if name.lower() == "content-type" else value) for name, value in response.headers
    )
    chunks = (Chunk(0.0, b"".join(events)),) if events else ()
    return replace(response, headers=headers, chunks=chunks), frozenset(flags)


def _payloads(data: bytes) -> Iterator[bytes]:
    """What the frames of a stream hold. Raises _BrokenFrameError.

    A frame: its length, that of its headers, the CRC-32 of both, headers, payload, the CRC-32 of everything before.
    """
    at = 0
    while at < len(data):
        total = int.from_bytes(data[at : at + 4])
        headers = int.from_bytes(data[at + 4 : at + 8])
        frame = data[at : at + total]
        whole = _SMALLEST_FRAME + headers <= total == len(frame)
        if not whole or zlib.crc32(frame[:-4]) != int.from_bytes(frame[-4:]):
            raise _BrokenFrameError
        yield frame[PRELUDE + headers : -4]
        at += total


def _event(payload: bytes) -> bytes:
    """The event that a payload holds in base64. Raises ValueError, TypeError or KeyError where it is something else."""
    chunk: Json = read(payload).value
    data = b64decode(chunk["bytes"], validate=True)
    event: Json = read(data).value
    name = event["type"]
    if not isinstance(name, str) or "\n" in name or b"\n" in data or b"\r" in data:
        raise ValueError("this is no event")
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
