"""Sends one request and records what happens, whatever the endpoint does.

Which request to send, and whether to send it again, is decided in `engine/`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

import httpx

from conformance.base.clock import now
from conformance.base.daemon import in_daemon
from conformance.base.errors import UsageError
from conformance.base.values import LONGEST, shortened
from conformance.model import Mode
from conformance.protocol.exchange import Exchange, SentRequest, Trouble
from conformance.protocol.reply import Reply
from conformance.wire import codings as decoding
from conformance.wire.connections import Certificates, header_texts, open_pool
from conformance.wire.cut import KEPT, MARGIN, memory_of, trimmed, without_room
from conformance.wire.intake import Intake
from conformance.wire.limits import Limits
from conformance.wire.quiet import install, quiet
from conformance.wire.redact import Redactor
from conformance.wire.room import Room
from conformance.wire.transfer import Transfer

LARGE: Final = 256 * 1024
"""Bytes from which on a body is read beside the event loop, one at a time."""

COPIES: Final = 4
"""How often a body is in memory while it is redacted and read, beside what stays of it."""


class Client:
    """Sends requests over one pool of connections; an async context manager, for one event loop.

    Redirects are recorded and never followed, cookies are never kept, credentials come from the request's headers only.
    Without `proxy`, proxies (not for loopback) and certificates come from the environment as httpx reads it. The number
    of connections is not bounded here. All answers together take about `limits.memory` bytes.

    Raises UsageError where the settings of proxy and certificates make no sense.
    """

    def __init__(
        self,
        redactor: Redactor,
        limits: Limits | None = None,
        *,
        verify: Certificates = True,
        proxy: str | None = None,
    ) -> None:
        install()
        self._redactor = redactor
        self._limits = limits if limits is not None else Limits()
        self._intake = Intake()
        self._room = Room(self._limits.memory)
        self._reading = asyncio.Lock()
        try:
            self._http = open_pool(self._limits.connect, verify=verify, proxy=proxy)
        except ValueError:
            # Its text may quote a part of the URL of a proxy, in which a password can be.
            raise UsageError("The URL of the proxy, in an option or in the environment, cannot be used.") from None
        except (ImportError, OSError) as problem:
            raise UsageError(f"The settings of proxy and certificates cannot be used: {problem}.") from problem

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, problem, traceback)

    def hold(self, exchange: Exchange) -> None:
        """Counts an exchange of an earlier part of the run, which is in memory as well."""
        self._room.take(memory_of(exchange))

    async def send(
        self, request: SentRequest, *, scenario: str, mode: Mode, step: int = 1, attempt: int = 1
    ) -> Exchange:
        """Sends a request, with its real credentials, and returns the redacted exchange.

        The recorded request has the headers as they went out: those of `request` and host, content-length and
        accept-encoding where it does not name them. `first_byte` is when the response headers had arrived, `ended` when
        the body had, None where it broke off. Whatever the endpoint does becomes a response, a `Trouble`, or
        both. Raises UsageError for a URL that cannot be sent to, and
        `HarnessError` for a header.
        """
        prepared = self._prepare(request)
        started = now()
        with self._intake.share() as share:
            transfer = Transfer(self._http, self._limits, share)
            with quiet():
                trouble = await transfer.run(prepared, asks_for_stream=request.asks_for_stream)
            sent = SentRequest(prepared.method, request.url, header_texts(prepared.headers.raw), request.body)
            bare = Exchange(scenario, mode, step, attempt, started, sent, None)
            if transfer.size < LARGE:
                return _said_shortly(self._finished(bare, transfer, trouble))
            async with self._reading:
                return _said_shortly(await in_daemon(lambda: self._finished(bare, transfer, trouble)))

    def _finished(self, bare: Exchange, transfer: Transfer, trouble: Trouble | None) -> Exchange:
        """The exchange with its answer, redacted and read, or cut where the run has no room for that."""
        began = time.thread_time()
        response, trouble = transfer.result(trouble)
        exchange = replace(bare, response=response, trouble=trouble)
        if response is None:
            return self._redactor.exchange(exchange)
        copies = COPIES * transfer.size
        if response.cut is None and not self._room.take(memory_of(exchange) + copies):
            most = f"{self._limits.memory / 1_000_000:,.0f} MB (--max-memory)"
            full = f"the answers of this run take more memory than {most}"
            exchange = without_room(exchange, "limit-memory", full, KEPT + MARGIN)
            copies = 0
        exchange = self._redactor.exchange(exchange)
        if exchange.response is not None and exchange.response.cut is not None:
            return replace(exchange, response=trimmed(exchange.response))
        _ = Reply(exchange).message
        self._room.give(copies)
        spent = time.thread_time() - began
        if spent <= self._limits.cpu:
            return exchange
        slow = f"reading the answer took {spent:.1f} s of CPU, more than {self._limits.cpu:g} s (--max-answer-cpu)"
        return without_room(exchange, "limit-cpu", slow)

    def _prepare(self, request: SentRequest) -> httpx.Request:
        headers = list(request.headers)
        if request.header("accept-encoding") is None:
            headers.append(("accept-encoding", decoding.ACCEPTED))
        try:
            prepared = httpx.Request(request.method, request.url, headers=headers, content=request.body)
        except (httpx.InvalidURL, TypeError, ValueError) as problem:
            message = self._redactor.text(f"The request for {request.url} cannot be built: {problem}.")
            raise UsageError(message) from None
        if prepared.url.scheme not in ("http", "https") or not prepared.url.host:
            message = self._redactor.text(f"{request.url} is not a URL with http or https and a host.")
            raise UsageError(message)
        return prepared


def _said_shortly(exchange: Exchange) -> Exchange:
    """The exchange with a bound on the text of its trouble, which libraries make of what an endpoint sends.

    It is cut here because a secret has to be looked for in the whole of it.
    """
    trouble = exchange.trouble
    if trouble is None or len(trouble.message) <= LONGEST:
        return exchange
    return replace(exchange, trouble=Trouble(trouble.kind, shortened(trouble.message), trouble.at))
