"""One request on its way: sent, and received within the limits, whatever the endpoint does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx

from conformance.base.errors import HarnessError
from conformance.base.strict_json import weight
from conformance.protocol.exchange import TOO_LARGE, Chunk, Response, Trouble
from conformance.protocol.sse import Framer, looks_like_events
from conformance.wire import codings as decoding
from conformance.wire.connections import header_texts, kind_of, raw_headers, reason_of
from conformance.wire.cut import KEPT, MARGIN, beginning, cut_of
from conformance.wire.intake import Share
from conformance.wire.limits import Limits

_LARGEST_OVERHEAD = 64 * 1024
"""How much larger than itself a coding can make a body that it cannot make smaller."""

_LONGEST_VERSION = 32

_TOO_LATE = {
    "timeout-first-byte": "no byte of the body within",
    "timeout-gap": "no further byte and no end of the body within",
    "timeout-total": "the exchange has not ended within",
}


class Deadline:
    """The moment at which the current phase or the whole exchange has taken too long, whichever comes first."""

    def __init__(self, timeout: asyncio.Timeout, total: float) -> None:
        self._timeout = timeout
        self._end = asyncio.get_running_loop().time() + total
        self._total = total
        self.allow("timeout-total", total)

    def allow(self, kind: str, seconds: float) -> None:
        """Starts a phase that may take `seconds`; crossing it is trouble of this kind."""
        when = asyncio.get_running_loop().time() + seconds
        self.kind, self.seconds = (kind, seconds) if when < self._end else ("timeout-total", self._total)
        self._timeout.reschedule(min(when, self._end))

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Time that the endpoint is not to blame for. A phase has to be started afterwards."""
        before = asyncio.get_running_loop().time()
        self._timeout.reschedule(None)
        yield
        self._end += asyncio.get_running_loop().time() - before


class LimitCrossed(Exception):  # noqa: N818 - it ends a read and is no error
    """A body is larger than a bound. `kind` is the kind of trouble."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Transfer:
    """One request on its way: what arrived so far, and when. `share` is the memory for what has arrived."""

    def __init__(self, http: httpx.AsyncClient, limits: Limits, share: Share) -> None:
        self._http = http
        self._limits = limits
        self._share = share
        self._begin = time.perf_counter()
        self._chunks: list[Chunk] = []
        self._rest: list[bytes] = []
        self._received: httpx.Response | None = None
        self._first_byte: float | None = None
        self._ended: float | None = None
        self._stage = "connect"
        self._framer: Framer | None = None
        self._pieces = self._packed = 0
        self.size = 0

    async def run(self, request: httpx.Request, *, asks_for_stream: bool = False) -> Trouble | None:
        """Sends and receives until the end of the body, a bound, or trouble, and says which trouble."""
        try:
            async with asyncio.timeout(None) as timeout:
                deadline = Deadline(timeout, self._limits.total)
                request.extensions = {**request.extensions, "trace": self._tracer(deadline)}
                await self._exchange(request, deadline, asks_for_stream)
        except TimeoutError:
            return self._trouble(deadline.kind, f"{_TOO_LATE[deadline.kind]} {deadline.seconds:g} s")
        except httpx.ConnectTimeout:
            return self._trouble("timeout-connect", f"no connection within {self._limits.connect:g} s")
        except LimitCrossed as crossed:
            return self._trouble(crossed.kind, str(crossed))
        except decoding.UndecodableError as problem:
            return self._trouble("protocol", str(problem))
        except httpx.LocalProtocolError:
            # Its text quotes the header, which may be a credential.
            raise HarnessError("A header of the request is not legal in HTTP, so the request was not sent.") from None
        except (httpx.TransportError, OSError) as problem:
            return self._trouble(kind_of(problem, self._stage), reason_of(problem))
        return None

    def result(self, trouble: Trouble | None) -> tuple[Response | None, Trouble | None]:
        """What arrived, None where not even the headers did, and the trouble of the whole exchange.

        A body that crossed a bound is cut. Takes the bytes away from here, so this can be asked once.
        """
        if self._received is None:
            return None, trouble
        if self._rest:
            self._chunks[-1] = Chunk(self._chunks[-1].at, b"".join([self._chunks[-1].data, *self._rest]))
        parts = tuple(self._chunks)
        self._chunks, self._rest = [], []
        trouble = trouble or self._too_many_values(parts)
        cut = None
        if trouble is not None and trouble.kind in TOO_LARGE:
            cut = cut_of(part.data for part in parts)
            parts = beginning(parts, KEPT + MARGIN)
        parts, trouble = self._legible(parts, trouble)
        version = self._received.extensions.get("http_version", b"HTTP/1.1")
        response = Response(
            status=self._received.status_code,
            headers=header_texts(_within(raw_headers(self._received), self._limits.header_bytes)),
            chunks=parts,
            http_version=version.decode("ascii", "replace")[:_LONGEST_VERSION],
            first_byte=self._first_byte,
            ended=self._ended,
            cut=cut,
        )
        return response, trouble

    def _too_many_values(self, parts: tuple[Chunk, ...]) -> Trouble | None:
        """The trouble with a body whose JSON has more values than a reader wants to have at once."""
        if self._framer is not None:
            return None  # it was measured event by event
        if sum(weight(part.data) for part in parts) <= self._limits.weight:
            return None
        return self._trouble("limit-values", "the JSON of the body takes too much memory once it is read")

    def _legible(self, parts: tuple[Chunk, ...], trouble: Trouble | None) -> tuple[tuple[Chunk, ...], Trouble | None]:
        """Describes a body that is not text, in place of keeping it."""
        why = decoding.why_illegible(b"".join(part.data for part in parts))
        if why is None:
            return parts, trouble
        described = decoding.description(why, [part.data for part in parts])
        if trouble is None:
            return (), self._trouble("protocol", described)
        return (), Trouble(trouble.kind, f"{trouble.message}; {described}", trouble.at)

    async def _exchange(self, request: httpx.Request, deadline: Deadline, asks_for_stream: bool) -> None:
        received = await self._http.send(request, stream=True)
        try:
            self._received = received
            self._first_byte = self._now()
            self._stage = "body"
            size = sum(len(name) + len(value) for name, value in raw_headers(received))
            if size > self._limits.header_bytes:
                raise LimitCrossed("limit-bytes", f"the headers are larger than {self._limits.header_bytes:,} bytes")
            await self._read_body(received, deadline, asks_for_stream and received.is_success)
        finally:
            with contextlib.suppress(httpx.TransportError, OSError):
                await received.aclose()

    async def _read_body(self, received: httpx.Response, deadline: Deadline, may_be_stream: bool) -> None:
        decoder = decoding.decoder_for(received.headers.get("content-encoding"))
        if _is_event_stream(received):
            self._framer = Framer(self._limits.event_bounds)
        async for data in received.aiter_raw():
            at = self._now()
            deadline.allow("timeout-gap", self._limits.gap)
            most = self._limits.body_bytes if self._framer is None else self._limits.stream_bytes
            self._count(len(data), most)
            decoded = decoder.decode(data, most - self.size)
            if may_be_stream and self._framer is None and not self.size and looks_like_events(decoded):
                self._framer = Framer(self._limits.event_bounds)
            fitting = decoded[: most - self.size]
            await self._make_room(len(fitting), deadline)
            self._keep(at, fitting)
            self._measure(fitting)
            if len(decoded) > len(fitting):
                raise LimitCrossed("limit-bytes", f"the body is larger than {most:,} bytes")
        self._ended = self._now()
        decoder.finish()

    def _count(self, size: int, most: int) -> None:
        """Counts what came over the wire: bytes before they are decoded, and the pieces they came in."""
        self._pieces += 1
        self._packed += size
        if self._packed > most + _LARGEST_OVERHEAD:
            raise LimitCrossed("limit-bytes", f"the packed body is larger than {most:,} bytes")
        if self._pieces > self._limits.pieces:
            raise LimitCrossed("limit-pieces", f"the body came in more than {self._limits.pieces:,} pieces")

    async def _make_room(self, size: int, deadline: Deadline) -> None:
        """Waits where other bodies take the memory that this one needs; that time does not count."""
        if self._share.take(size):
            return
        before = time.perf_counter()
        with deadline.suspended():
            await self._share.wait()
        self._begin += time.perf_counter() - before
        deadline.allow("timeout-gap", self._limits.gap)

    def _measure(self, data: bytes) -> None:
        """Measures events as they come; they are parsed once, when the reply is read."""
        if self._framer is None:
            return
        for _ in self._framer.feed(data):
            pass
        if self._framer.crossed is not None:
            raise LimitCrossed(self._framer.crossed, _event_limit(self._framer.crossed, self._limits))

    def _keep(self, at: float, data: bytes) -> None:
        if not data:
            return
        self.size += len(data)
        if len(self._chunks) < self._limits.chunks:
            self._chunks.append(Chunk(at, data))
        else:
            self._rest.append(data)
            self._chunks[-1] = Chunk(at, self._chunks[-1].data)

    def _tracer(self, deadline: Deadline) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
        """What httpcore calls at every step of the connection, so that each has its own bound and its own name."""

        async def trace(name: str, _info: Mapping[str, Any]) -> None:
            match name:
                case "connection.connect_tcp.started":
                    self._stage = "connect"
                case "connection.start_tls.started":
                    self._stage = "tls"
                case "http11.send_request_headers.started" | "http11.send_request_body.complete":
                    self._stage = "send"
                    deadline.allow("timeout-first-byte", self._limits.first_byte)

        return trace

    def _now(self) -> float:
        return round(time.perf_counter() - self._begin, 6)

    def _trouble(self, kind: str, message: str) -> Trouble:
        return Trouble(kind, message, self._now())


def _is_event_stream(received: httpx.Response) -> bool:
    content_type: str = received.headers.get("content-type", "")
    return content_type.split(";")[0].strip().lower() == "text/event-stream"


def _event_limit(kind: str, limits: Limits) -> str:
    if kind == "limit-events":
        return f"the stream has more than {limits.events:,} events"
    if kind == "limit-lines":
        return "the stream has more lines than any stream needs"
    if kind == "limit-values":
        return "the JSON of the stream takes too much memory once it is read"
    return f"an event is larger than {limits.event_bytes:,} bytes"


def _within(headers: list[tuple[bytes, bytes]], size: int) -> Iterator[tuple[bytes, bytes]]:
    """The first headers that together are not larger than `size` bytes."""
    for name, value in headers:
        size -= len(name) + len(value)
        if size < 0:
            return
        yield name, value
