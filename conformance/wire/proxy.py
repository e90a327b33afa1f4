"""Passes every byte between a client and an endpoint as it comes, and keeps a copy.

`offer` gets what passed with its credentials and its content coding; redaction, decoding and judging happen elsewhere.
What passes waits only for its two ends: copies are bounded in size, and an exchange whose copy finds no room is passed
on without one.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import httpx

from conformance.base.clock import stamp
from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest, Trouble
from conformance.wire.bodies import LARGEST_REQUEST
from conformance.wire.connections import header_texts, kind_of, open_pool, raw_headers, reason_of
from conformance.wire.limits import Limits
from conformance.wire.quiet import install, quiet
from conformance.wire.room import Room

HOP_BY_HOP: Final = frozenset(
    {b"connection", b"proxy-connection", b"keep-alive", b"te", b"transfer-encoding", b"upgrade"}
)
"""Header fields that end at each hop, beside those that `connection` names (RFC 9110, section 7.6.1)."""

_SMALLEST_COPY = 4096

Headers = list[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]


class End(StrEnum):
    """How an exchange ended."""

    WHOLE = "whole"
    BROKEN = "broken"  # the endpoint broke off, and so did we
    UNREACHED = "unreached"  # no response from the endpoint; the client got status 502
    LEFT = "left"  # the client went away first
    UNKEPT = "unkept"  # passed on, too large to be kept


@dataclass(frozen=True)
class Passed:
    """An exchange that went through, with its credentials, its body in its content coding.

    `held` are the bytes of the copy, to be given back with `Room.give` when it is no longer needed.
    """

    exchange: Exchange
    end: End
    held: int


class Proxy:
    """An ASGI application that passes everything on to one base URL; to be closed with `aclose`.

    `offer` is called in the event loop for every exchange that has ended and must not wait. Raises ImportError, OSError
    or ValueError where the settings of the environment for proxies and certificates make no sense.
    """

    def __init__(
        self,
        upstream: str,
        offer: Callable[[Passed], None],
        *,
        limits: Limits | None = None,
        room: Room | None = None,
    ) -> None:
        install()
        self.upstream = upstream.rstrip("/")
        self.offer = offer
        self.limits = limits if limits is not None else Limits()
        self.room = room if room is not None else Room()
        self.http = open_pool(self.limits.connect)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Passes one exchange on."""
        with quiet():
            await _Passing(self, scope, receive, send).run()

    async def aclose(self) -> None:
        """Closes the connections to the endpoint."""
        await self.http.aclose()

    def address(self, scope: Message) -> str:
        """Where a request goes. `/v1` at the end of the base URL and at the start of the path is one `/v1`."""
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        if self.upstream.endswith("/v1") and path.startswith("/v1/"):
            path = path.removeprefix("/v1")
        query = scope["query_string"].decode("latin-1")
        return f"{self.upstream}{path}?{query}" if query else self.upstream + path


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers that are for the other end, in their order."""
    listed = list(headers)
    named = {
        word.strip().lower() for name, value in listed if name.lower() == b"connection" for word in value.split(b",")
    }
    return [(name, value) for name, value in listed if name.lower() not in HOP_BY_HOP | named]


class _ClientLeft(Exception):  # noqa: N818 - it ends an exchange and is no error
    pass


class _Copy:
    """What is kept of the bytes of one direction: pieces with their times, nothing once it does not fit."""

    def __init__(self, room: Room, most: int, most_pieces: int) -> None:
        self._room = room
        self._most = most
        self._most_pieces = most_pieces
        self._pieces: list[tuple[float, bytearray]] = []
        self._size = 0
        self.held = 0
        self.kept = True

    def add(self, at: float, data: bytes) -> None:
        if not self.kept or not data:
            return
        self._size += len(data)
        need = self._size - self.held
        more = max(need, self._size // 2, _SMALLEST_COPY)
        if self._size > self._most or (need > 0 and not self._room.take(more)):
            self.drop()
            return
        self.held += more if need > 0 else 0
        if len(self._pieces) < self._most_pieces:
            self._pieces.append((at, bytearray(data)))
        else:
            self._pieces[-1][1].extend(data)
            self._pieces[-1] = (at, self._pieces[-1][1])

    def drop(self) -> None:
        self.kept = False
        self._pieces.clear()
        self._room.give(self.held)
        self.held = 0

    def chunks(self) -> tuple[Chunk, ...]:
        return tuple(Chunk(at, bytes(data)) for at, data in self._pieces)


class _Passing:
    """One exchange on its way through."""

    def __init__(self, proxy: Proxy, scope: Message, receive: Receive, send: Send) -> None:
        self._proxy = proxy
        self._scope = scope
        self._receive = receive
        self._send = send
        self._begin = time.perf_counter()
        self._started = datetime.now(UTC)
        self._url = proxy.address(scope)
        self._headers: Headers = [
            pair
            for pair in end_to_end(scope["headers"])
            if pair[0] != b"host"  # the endpoint's own host is put there
        ]
        self._upload = _Copy(proxy.room, LARGEST_REQUEST, 1)
        self._download = _Copy(proxy.room, proxy.limits.stream_bytes, proxy.limits.chunks)
        self._uploaded = asyncio.Event()
        self._received: httpx.Response | None = None
        self._first_byte: float | None = None
        self._ended: float | None = None
        self._trouble: Trouble | None = None
        self._end = End.LEFT

    async def run(self) -> None:
        """Passes on until both ends have what is theirs, or one of them goes away."""
        work = asyncio.ensure_future(self._pass())
        gone = asyncio.ensure_future(self._until_gone())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if self._end is End.LEFT and not work.done():
                work.cancel()
            with suppress(asyncio.CancelledError, _ClientLeft):
                await work
        finally:
            gone.cancel()
            work.cancel()
            self._proxy.offer(self._passed())

    async def _until_gone(self) -> None:
        await self._uploaded.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _pass(self) -> None:
        try:
            received = await self._proxy.http.send(self._request(), stream=True)
        except (httpx.TransportError, httpx.InvalidURL, OSError) as problem:
            await self._refuse(problem)
            return
        try:
            self._received = received
            self._first_byte = self._now()
            headers = end_to_end(raw_headers(received))
            await self._send({"type": "http.response.start", "status": received.status_code, "headers": headers})
            async for data in received.aiter_raw():
                self._download.add(self._now(), data)
                await self._send({"type": "http.response.body", "body": data, "more_body": True})
            self._ended = self._now()
            self._end = End.WHOLE
            await self._send({"type": "http.response.body", "body": b""})
        except (httpx.TransportError, OSError) as problem:
            # Nothing ends the response, so the server closes the connection and the client sees the break as well.
            self._end = End.BROKEN
            self._trouble = Trouble(kind_of(problem, "body"), reason_of(problem), self._now())
        finally:
            with suppress(httpx.TransportError, OSError):
                await received.aclose()

    def _request(self) -> httpx.Request:
        names = {name for name, _ in self._scope["headers"]}
        has_body = bool(names & {b"content-length", b"transfer-encoding"})
        if not has_body:
            self._uploaded.set()
        body = self._body() if has_body else None
        return httpx.Request(self._scope["method"], self._url, headers=self._headers, content=body)

    async def _body(self) -> AsyncIterator[bytes]:
        while not self._uploaded.is_set():
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _ClientLeft
            data: bytes = message.get("body", b"")
            self._upload.add(0.0, data)
            if not message.get("more_body", False):
                self._uploaded.set()
            if data:
                yield data

    async def _refuse(self, problem: Exception) -> None:
        """Answers for an endpoint that gave no response: status 502 with the error envelope of the API."""
        stage = "connect" if isinstance(problem, httpx.ConnectError) else "send"
        kind = "timeout-connect" if isinstance(problem, httpx.ConnectTimeout) else kind_of(problem, stage)
        # The text of these two quotes a header or the address, which may hold a credential.
        quotable = not isinstance(problem, httpx.LocalProtocolError | httpx.InvalidURL)
        self._end = End.UNREACHED
        self._trouble = Trouble(kind, reason_of(problem) if quotable else "the request cannot be sent on", self._now())
        async for _ in self._body():
            pass
        message = f"The proxy got no response from the endpoint: {kind}, {self._trouble.message}."
        body = json.dumps({"type": "error", "error": {"type": "api_error", "message": message}}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": 502, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _passed(self) -> Passed:
        kept = self._upload.kept and self._download.kept
        end = self._end if kept else End.UNKEPT
        if not kept:
            self._upload.drop()
            self._download.drop()
        request = SentRequest(
            self._scope["method"],
            self._url,
            header_texts([*self._headers, (b"host", httpx.URL(self._proxy.upstream).netloc)]),
            b"".join(chunk.data for chunk in self._upload.chunks()),
        )
        exchange = Exchange(
            scenario="proxy",
            mode=Mode.JSON,
            step=1,
            attempt=1,
            started=stamp(self._started),
            request=request,
            response=self._response(),
            trouble=self._trouble,
        )
        return Passed(exchange, end, self._upload.held + self._download.held)

    def _response(self) -> Response | None:
        received = self._received
        if received is None:
            return None
        version: bytes = received.extensions.get("http_version", b"HTTP/1.1")
        return Response(
            status=received.status_code,
            headers=header_texts(raw_headers(received)),
            chunks=self._download.chunks(),
            http_version=version.decode("ascii", "replace"),
            first_byte=self._first_byte,
            ended=self._ended,
        )

    def _now(self) -> float:
        return round(time.perf_counter() - self._begin, 6)
