"""Sends one request and records what happens, whatever the endpoint does.

Which request to send, and whether to send it again, is decided in `engine/`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from conformance.base.clock import now
from conformance.model import Chunk, Exchange, HarnessError, Mode, Response, SentRequest, Trouble
from conformance.protocol.sse import EventBounds, Framer
from conformance.wire import codings as decoding
from conformance.wire.connections import header_texts, kind_of, open_pool, raw_headers, reason_of
from conformance.wire.limits import Limits
from conformance.wire.quiet import install, quiet
from conformance.wire.redact import Redactor

_LARGE_BODY = 1024 * 1024
_LARGEST_OVERHEAD = 64 * 1024
"""How much larger than itself a coding can make a body that it cannot make smaller."""
_TOO_LATE = {
    "timeout-first-byte": "no byte of the body within",
    "timeout-gap": "no further byte and no end of the body within",
    "timeout-total": "the exchange has not ended within",
}


class Client:
    """Sends requests over one pool of connections; an async context manager, for one event loop.

    Redirects are recorded and never followed, cookies are never kept, credentials come from the request's headers only,
    proxies (not for loopback) and certificates from the environment as httpx reads it. The number of connections is not
    bounded here.

    Raises `HarnessError` (usage) where these settings of the environment make no sense.
    """

    def __init__(
        self, redactor: Redactor, limits: Limits | None = None, *, verify: ssl.SSLContext | bool = True
    ) -> None:
        install()
        self._redactor = redactor
        self._limits = limits if limits is not None else Limits()
        try:
            self._http = open_pool(self._limits.connect, verify=verify)
        except (ImportError, OSError, ValueError) as problem:
            message = redactor.text(f"The proxy or certificate settings of the environment cannot be used: {problem}")
            raise HarnessError(message, exit_code=4) from problem

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, problem, traceback)

    async def send(
        self, request: SentRequest, *, scenario: str, mode: Mode, step: int = 1, attempt: int = 1
    ) -> Exchange:
        """Sends a request, with its real credentials, and returns the redacted exchange.

        The recorded request has the headers as they went out: those of `request` and host, content-length and
        accept-encoding where it does not name them. `first_byte` is when the response headers had arrived, `ended` when
        the body had, None where it broke off. Whatever the endpoint does becomes a response, a `Trouble`, or
        both. Raises `HarnessError` for a request that cannot be sent: exit code 4 for a URL, 3 for a header.
        """
        prepared = self._prepare(request)
        started = now()
        transfer = _Transfer(self._http, self._limits)
        with quiet():
            trouble = await transfer.run(prepared)
        exchange = Exchange(
            scenario=scenario,
            mode=mode,
            step=step,
            attempt=attempt,
            started=started,
            request=SentRequest(prepared.method, request.url, header_texts(prepared.headers.raw), request.body),
            response=transfer.response(),
            trouble=trouble,
        )
        if transfer.size > _LARGE_BODY:
            return await asyncio.to_thread(self._redactor.exchange, exchange)
        return self._redactor.exchange(exchange)

    def _prepare(self, request: SentRequest) -> httpx.Request:
        headers = list(request.headers)
        if request.header("accept-encoding") is None:
            headers.append(("accept-encoding", decoding.ACCEPTED))
        try:
            prepared = httpx.Request(request.method, request.url, headers=headers, content=request.body)
        except (httpx.InvalidURL, TypeError, ValueError) as problem:
            message = self._redactor.text(f"The request for {request.url} cannot be built: {problem}.")
            raise HarnessError(message, exit_code=4) from None
        if prepared.url.scheme not in ("http", "https") or not prepared.url.host:
            message = self._redactor.text(f"{request.url} is not a URL with http or https and a host.")
            raise HarnessError(message, exit_code=4)
        return prepared


class _Deadline:
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


class _LimitCrossed(Exception):  # noqa: N818 - it ends a read and is no error
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Transfer:
    """One request on its way: what arrived so far, and when."""

    def __init__(self, http: httpx.AsyncClient, limits: Limits) -> None:
        self._http = http
        self._limits = limits
        self._begin = time.perf_counter()
        self._chunks: list[tuple[float, bytearray]] = []
        self._received: httpx.Response | None = None
        self._first_byte: float | None = None
        self._ended: float | None = None
        self._stage = "connect"
        self.size = 0
        self._packed = 0

    async def run(self, request: httpx.Request) -> Trouble | None:
        """Sends and receives until the end of the body, a bound, or trouble, and says which trouble."""
        return self._legible(await self._run(request))

    async def _run(self, request: httpx.Request) -> Trouble | None:
        try:
            async with asyncio.timeout(None) as timeout:
                deadline = _Deadline(timeout, self._limits.total)
                request.extensions = {**request.extensions, "trace": self._tracer(deadline)}
                await self._exchange(request, deadline)
        except TimeoutError:
            return self._trouble(deadline.kind, f"{_TOO_LATE[deadline.kind]} {deadline.seconds:g} s")
        except httpx.ConnectTimeout:
            return self._trouble("timeout-connect", f"no connection within {self._limits.connect:g} s")
        except _LimitCrossed as crossed:
            return self._trouble(crossed.kind, str(crossed))
        except decoding.UndecodableError as problem:
            return self._trouble("protocol", str(problem))
        except httpx.LocalProtocolError:
            # Its text quotes the header, which may be a credential.
            raise HarnessError("A header of the request is not legal in HTTP, so the request was not sent.") from None
        except (httpx.TransportError, OSError) as problem:
            return self._trouble(kind_of(problem, self._stage), reason_of(problem))
        return None

    def response(self) -> Response | None:
        """What arrived, or None where not even the headers did."""
        if self._received is None:
            return None
        version = self._received.extensions.get("http_version", b"HTTP/1.1")
        return Response(
            status=self._received.status_code,
            headers=header_texts(raw_headers(self._received)),
            chunks=tuple(Chunk(at, bytes(data)) for at, data in self._chunks),
            http_version=version.decode("ascii", "replace"),
            first_byte=self._first_byte,
            ended=self._ended,
        )

    def _legible(self, trouble: Trouble | None) -> Trouble | None:
        """Describes a body that is not text, in place of keeping it."""
        parts = [bytes(data) for _, data in self._chunks]
        why = decoding.why_illegible(b"".join(parts))
        if why is None:
            return trouble
        self._chunks.clear()
        described = decoding.description(why, parts)
        if trouble is None:
            return self._trouble("protocol", described)
        return Trouble(trouble.kind, f"{trouble.message}; {described}", trouble.at)

    async def _exchange(self, request: httpx.Request, deadline: _Deadline) -> None:
        received = await self._http.send(request, stream=True)
        try:
            self._received = received
            self._first_byte = self._now()
            self._stage = "body"
            raw = raw_headers(received)
            if sum(len(name) + len(value) for name, value in raw) > self._limits.header_bytes:
                raise _LimitCrossed("limit-bytes", f"the headers are larger than {self._limits.header_bytes} bytes")
            await self._read_body(received, deadline)
        finally:
            with contextlib.suppress(httpx.TransportError, OSError):
                await received.aclose()

    async def _read_body(self, received: httpx.Response, deadline: _Deadline) -> None:
        decoder = decoding.decoder_for(received.headers.get("content-encoding"))
        bounds = EventBounds(self._limits.event_bytes, self._limits.events)
        framer = Framer(bounds) if _is_event_stream(received) else None
        async for data in received.aiter_raw():
            at = self._now()
            deadline.allow("timeout-gap", self._limits.gap)
            self._packed += len(data)
            if self._packed > self._limits.body_bytes + _LARGEST_OVERHEAD:
                raise _LimitCrossed("limit-bytes", f"the packed body is larger than {self._limits.body_bytes} bytes")
            room = self._limits.body_bytes - self.size
            decoded = decoder.decode(data, room)
            self._keep(at, decoded[:room])
            if framer is not None:
                for _ in framer.feed(decoded[:room]):
                    pass  # the frames are measured here and parsed once, when the reply is read
                if framer.crossed is not None:
                    raise _LimitCrossed(framer.crossed, _event_limit(framer.crossed, self._limits))
            if len(decoded) > room:
                raise _LimitCrossed("limit-bytes", f"the body is larger than {self._limits.body_bytes} bytes")
        self._ended = self._now()
        decoder.finish()

    def _keep(self, at: float, data: bytes) -> None:
        if not data:
            return
        self.size += len(data)
        if len(self._chunks) < self._limits.chunks:
            self._chunks.append((at, bytearray(data)))
        else:
            self._chunks[-1][1].extend(data)
            self._chunks[-1] = (at, self._chunks[-1][1])

    def _tracer(self, deadline: _Deadline) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
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
        return f"the stream has more than {limits.events} events"
    return f"an event is larger than {limits.event_bytes} bytes"
