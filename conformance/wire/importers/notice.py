"""What a recorder did to an exchange that nobody mentions: packed and missing bodies, dropped headers.

What shows only once a reply is read is noticed by `judge/recorder_damage.py`.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.base.marks import is_lost, stands_for
from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest
from conformance.protocol.sse import looks_like_events
from conformance.protocol.statuses import WITHOUT_BODY
from conformance.wire.bodies import LARGEST_REQUEST, Unpacked, unpacked
from conformance.wire.importers.reader import RecordedExchange
from conformance.wire.limits import Limits


def opened_up(recorded: RecordedExchange) -> RecordedExchange:
    """The exchange with each body unpacked that can be; the others stay as they are, for `platforms` and `noticed`."""
    exchange = recorded.exchange
    request, response = exchange.request, exchange.response
    sent = _sent(request)
    if sent.body and sent.body != request.body and not sent.cut:
        exchange = _with_request(exchange, sent.body)
    got = _got(exchange)
    flags = recorded.flags
    if response is not None and got.body and got.body != response.body:
        chunks = (Chunk(0.0, got.body),)
        exchange = replace(exchange, response=replace(response, chunks=chunks))
        flags |= {"body-truncated"} if got.cut else set()
    return replace(recorded, exchange=exchange, flags=flags)


def noticed(recorded: RecordedExchange) -> RecordedExchange:
    """The exchange without what nobody can read of it, and with flags for what is missing.

    What the recorder lost is no trouble. Every server with a clock sends a date (RFC 9110, section 6.6.1). Without one,
    somebody chose which headers to keep. A header with a mark in the place of its value is one that was not kept.
    """
    exchange, flags, streamed = recorded.exchange, set(recorded.flags), recorded.streamed
    request, response = exchange.request, exchange.response
    if request.method == "POST" and not isinstance(request.json, dict):
        exchange = _with_request(exchange, b"")
        flags.add("no-request-body")
    if response is not None:
        kept = tuple((name, value) for name, value in response.headers if not stands_for(name, value))
        if response.headers and (len(kept) < len(response.headers) or response.header("date") is None):
            flags.add("headers-filtered" if kept else "no-response-headers")
        response = replace(response, headers=kept)
        streamed = streamed or (not response.media_type and looks_like_events(response.body))
        if _got(exchange).body is None or is_lost(response.body):
            response = replace(response, chunks=())
        if not response.body and _is_expected(response):
            flags.add("no-response-body")
        exchange = replace(exchange, response=response)
    if "no-request-body" in flags:
        streams = streamed or (response is not None and response.is_event_stream)
        exchange = replace(exchange, mode=Mode.STREAM if streams else Mode.JSON)
    return replace(recorded, exchange=exchange, flags=frozenset(flags), streamed=streamed, foreign=True)


def _with_request(exchange: Exchange, body: bytes) -> Exchange:
    request = replace(exchange.request, body=body)
    return replace(exchange, request=request, mode=Mode.STREAM if request.asks_for_stream else Mode.JSON)


def _sent(request: SentRequest) -> Unpacked:
    return unpacked(request.body, request.header("content-encoding"), LARGEST_REQUEST)


def _got(exchange: Exchange) -> Unpacked:
    response, limits = exchange.response, Limits()
    if response is None:
        return Unpacked(b"")
    room = limits.stream_bytes if response.is_event_stream else limits.body_bytes
    return unpacked(response.body, response.header("content-encoding"), room)


def _is_expected(response: Response) -> bool:
    """Whether a body that is empty was longer on the wire, as far as the headers go."""
    return response.status not in WITHOUT_BODY and response.header("content-length") != "0"
