"""Bodies of whole exchanges: out of their content coding, and described where they are not text."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Exchange, SentRequest, Trouble
from conformance.wire.codings import Opaque, Plain, UndecodableError, decoder_for, description, is_binary, why_illegible
from conformance.wire.limits import Limits

LARGEST_REQUEST: Final = 32 * 1024 * 1024
"""Bytes of a request body that are kept; the API takes no more."""

_BASE64: Final = re.compile(rb"\s*+(?:[A-Za-z0-9+/]{4}[\r\n]*+){2,}+(?:[A-Za-z0-9+/]{2,3}={1,2})?\s*+")
PRELUDE: Final = 12
"""Bytes in front of the headers of a frame."""

_NO_TEXT: Final = frozenset(bytes([code]) for code in (0, 0x1F))
"""How bytes begin that a form of file for texts holds as characters."""

_FEW: Final = 30
"""Bytes up to which what a word decodes to may be there by chance."""

_SIGNS: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""How bodies in a coding begin where their header was dropped."""


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


@dataclass(frozen=True)
class Unpacked:
    """A body that a recorder kept, as text where that is possible.

    `body` None: nobody can read it. `cut`: it ends early.
    """

    body: bytes | None
    cut: bool = False


def unpacked(body: bytes, coding: str | None, room: int) -> Unpacked:
    """A recorded body out of its content coding where it is still in it, at most `room` bytes.

    Most recorders keep bodies decoded, and the header `content-encoding` all the same. Others drop the header of a body
    that is packed: gzip and zstd show in their first bytes, br in that it can be undone to its end. Where a form of
    file holds texts only, bytes are in base64, or each byte is the character of its number.
    """
    if _is_utf8(body):
        inner = _in_base64(body)
        if inner is None and (is_binary(body) or body[:1] in _NO_TEXT):
            inner = _as_latin_1(body)
            return unpacked(inner, coding, room) if inner is not None and not _is_utf8(inner) else Unpacked(None)
        return unpacked(inner, coding, room) if inner is not None else Unpacked(body)
    if begins_with_frame(body):
        return Unpacked(body)
    named = next((name for sign, name in _SIGNS.items() if body.startswith(sign)), coding)
    for name in dict.fromkeys((named, "br")):
        if isinstance(decoder_for(name), Opaque | Plain):
            continue
        try:
            chunks, problem = _undone(name, (Chunk(0.0, body),), room, whole=True)
        except UndecodableError:
            continue
        if problem is None or (chunks and name == named):
            return Unpacked(b"".join(chunk.data for chunk in chunks), cut=problem is not None)
    return Unpacked(None if why_illegible(body) is not None else body)


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


def begins_with_frame(body: bytes) -> bool:
    """Whether a body begins with a frame of `application/vnd.amazon.eventstream`: two lengths and their CRC-32."""
    return len(body) >= PRELUDE and zlib.crc32(body[:8]) == int.from_bytes(body[8:PRELUDE])


def _in_base64(body: bytes) -> bytes | None:
    """What a text in base64 holds where that is JSON, an event stream, or packed; otherwise None."""
    if _BASE64.fullmatch(body) is None:
        return None
    try:
        inner = b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        return None
    known = (b"{", b"[", b"event:", b"data:", *_SIGNS)
    return inner if inner.startswith(known) or (not _is_utf8(inner) and len(inner) > _FEW) else None


def _as_latin_1(body: bytes) -> bytes | None:
    try:
        return body.decode().encode("latin-1")
    except UnicodeEncodeError:
        return None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


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
