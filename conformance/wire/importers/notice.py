"""What a recorder did to an exchange that nobody mentions: bodies that are still packed, headers that were filtered."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Exchange
from conformance.wire.bodies import LARGEST_REQUEST, unpacked
from conformance.wire.importers.reader import RecordedExchange
from conformance.wire.limits import Limits


def noticed(recorded: RecordedExchange) -> RecordedExchange:
    """The exchange with its bodies unpacked, and flags for what is missing. What the recorder lost is no trouble.

    Every server with a clock sends a date (RFC 9110, section 6.6.1). Without one, somebody chose which headers to keep.
    """
    exchange, sent = _with_request(recorded.exchange)
    exchange, received = _with_response(exchange, Limits())
    response, filtered = exchange.response, frozenset[str]()
    if response is not None and response.headers and response.header("date") is None:
        filtered = frozenset({"headers-filtered"})
    return replace(recorded, exchange=exchange, flags=recorded.flags | sent | received | filtered)


def _with_request(exchange: Exchange) -> tuple[Exchange, frozenset[str]]:
    request = exchange.request
    found = unpacked(request.body, request.header("content-encoding"), LARGEST_REQUEST)
    if found.body == request.body:
        return exchange, frozenset()
    request = replace(request, body=b"" if found.cut else found.body or b"")
    mode = Mode.STREAM if request.asks_for_stream else Mode.JSON
    return replace(exchange, request=request, mode=mode), frozenset(() if request.body else {"no-request-body"})


def _with_response(exchange: Exchange, limits: Limits) -> tuple[Exchange, frozenset[str]]:
    response = exchange.response
    if response is None:
        return exchange, frozenset()
    room = limits.stream_bytes if response.is_event_stream else limits.body_bytes
    found = unpacked(response.body, response.header("content-encoding"), room)
    if found.body == response.body:
        return exchange, frozenset()
    chunks = (Chunk(0.0, found.body),) if found.body else ()
    flag = "no-response-body" if found.body is None else "body-truncated" if found.cut else None
    return replace(exchange, response=replace(response, chunks=chunks)), frozenset({flag} if flag else ())
