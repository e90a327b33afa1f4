"""Bodies that are too large to be kept: cut to their beginning, with their length and their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from conformance.base.strict_json import weight
from conformance.protocol.exchange import Chunk, Cut, Exchange, Response, Trouble
from conformance.protocol.sse import EVENT_WEIGHT

KEPT: Final = 16 * 1024
"""Bytes of a cut body that are kept."""

MARGIN: Final = 8 * 1024
"""Bytes behind them that are redacted as well, so that no secret is cut in two before it is looked for."""

ORDINARY: Final = 1024 * 1024
"""Bytes up to which an answer is an ordinary one: where it does not fit, hardly any other will."""

CHUNK_WEIGHT: Final = 160
"""Bytes of memory that a chunk takes beside its data."""


def memory_of(exchange: Exchange) -> int:
    """About how many bytes of memory an exchange takes once its answer is read, until the end of the run."""
    request, response = exchange.request, exchange.response
    if response is None:
        return len(request.body)
    body = response.body
    read = 0 if response.cut is not None else weight(body) + EVENT_WEIGHT * body.count(b"\n\n")
    return len(request.body) + 2 * len(body) + CHUNK_WEIGHT * len(response.chunks) + read


def cut_of(parts: Iterable[bytes]) -> Cut:
    """What is known of a whole body."""
    digest, length = hashlib.sha256(), 0
    for part in parts:
        digest.update(part)
        length += len(part)
    return Cut(length, digest.hexdigest())


def beginning(chunks: Iterable[Chunk], size: int = KEPT) -> tuple[Chunk, ...]:
    """The chunks of the first `size` bytes."""
    kept = []
    for chunk in chunks:
        if size <= 0:
            break
        kept.append(Chunk(chunk.at, bytes(chunk.data[:size])))
        size -= len(chunk.data)
    return tuple(kept)


def trimmed(response: Response, size: int = KEPT) -> Response:
    """A response of which only the beginning of the body is kept."""
    cut = response.cut or cut_of(chunk.data for chunk in response.chunks)
    return replace(response, chunks=beginning(response.chunks, size), cut=cut)


def without_room(exchange: Exchange, kind: str, message: str, size: int = KEPT) -> Exchange:
    """An exchange whose answer does not fit into the budget of the run; `kind` is one of `NO_ROOM`."""
    response = exchange.response
    if response is None:
        return exchange
    at = response.ended if exchange.trouble is None else exchange.trouble.at
    return replace(exchange, response=trimmed(response, size), trouble=Trouble(kind, message, at or 0.0))
