"""Bodies of whole exchanges: out of their content coding, and described where they are not text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from conformance.model import Chunk, Exchange, Mode, SentRequest, Trouble
from conformance.wire.codings import Opaque, UndecodableError, decoder_for, description, why_illegible
from conformance.wire.limits import Limits

LARGEST_REQUEST: Final = 32 * 1024 * 1024
"""Bytes of a request body that are kept; the API takes no more."""


def decoded(exchange: Exchange, limits: Limits | None = None, *, whole: bool = True) -> Exchange:
    """The exchange with its bodies out of their content codings, and with its mode.

    A response that is not in its coding becomes trouble, as in a client that cannot read it. `whole` False: the bodies
    may end anywhere. Raises `UndecodableError`, describing the body, where the coding of a body is unknown,
    and where a body is too large, or not text, once it is decoded.
    """
    request = _undone_request(exchange.request, whole=whole)
    exchange = replace(exchange, request=request, mode=Mode.STREAM if request.asks_for_stream else Mode.JSON)
    response, trouble = exchange.response, exchange.trouble
    if response is None:
        return exchange
    bounds = limits or Limits()
    room = bounds.stream_bytes if response.is_event_stream else bounds.body_bytes
    finished = whole and trouble is None
    chunks, problem = _undone(response.header("content-encoding"), response.chunks, room, finished)
    if problem is not None:
        trouble = Trouble("protocol", problem, response.ended or 0.0)
    return replace(exchange, response=replace(response, chunks=chunks), trouble=trouble)


def legible(exchange: Exchange) -> Exchange:
    """A recorded exchange without bodies that are not text.

    Most recorders keep bodies decoded and the header `content-encoding` all the same, so only a body that is not text
    is decoded. Where that fails both bodies go, and trouble describes the one that could not be read.
    """
    response = exchange.response
    bodies = (exchange.request.body, response.body if response is not None else b"")
    if not any(map(why_illegible, bodies)):
        return exchange
    try:
        return replace(decoded(exchange), mode=exchange.mode)
    except UndecodableError as problem:
        return without_bodies(exchange, str(problem))


def without_bodies(exchange: Exchange, why: str) -> Exchange:
    """The exchange with a description in place of bodies of which nobody can read one, and so nobody can redact it."""
    response = replace(exchange.response, chunks=()) if exchange.response is not None else None
    request, trouble = replace(exchange.request, body=b""), exchange.trouble or Trouble("protocol", why, 0.0)
    return replace(exchange, request=request, response=response, trouble=trouble)


def _undone_request(request: SentRequest, *, whole: bool) -> SentRequest:
    if not request.body:
        return request
    packed = (Chunk(0.0, request.body),)
    try:
        body, problem = _undone(request.header("content-encoding"), packed, LARGEST_REQUEST, whole)
    except UndecodableError as stopped:
        body, problem = (), str(stopped)
    if problem is not None:
        raise UndecodableError(f"of the request, {problem}")
    return replace(request, body=b"".join(chunk.data for chunk in body))


def _undone(
    coding: str | None, packed: Sequence[Chunk], room: int, whole: bool
) -> tuple[tuple[Chunk, ...], str | None]:
    """A body out of its coding, as far as that goes, and why not to its end. Raises UndecodableError."""
    decoder = decoder_for(coding)
    parts = [chunk.data for chunk in packed]
    if isinstance(decoder, Opaque) and parts:
        raise UndecodableError(description(decoder.why, parts))
    chunks, problem = [], None
    try:
        for chunk in packed:
            data = decoder.decode(chunk.data, room)
            room -= len(data)
            if room < 0:
                break
            if data:
                chunks.append(Chunk(chunk.at, data))
        else:
            if whole:
                decoder.finish()
    except UndecodableError as stopped:
        problem = str(stopped)
    too_large = "the decoded body is too large" if room < 0 else None
    why = too_large or why_illegible(b"".join(chunk.data for chunk in chunks))
    if why is not None:
        raise UndecodableError(description(why, parts))
    return tuple(chunks), problem
