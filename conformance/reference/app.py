"""The ASGI application around the pipeline: it reads bounded bodies and sends chunks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.base.versions import API_VERSIONS
from conformance.reference.answer import Answer, Call
from conformance.reference.cache import PromptCache
from conformance.reference.pipeline import Desk, Endpoint, Settings, Steps
from conformance.reference.signatures import Signer
from conformance.standard.document import load_document

_MOST_DRAINED = 4
_PACED_CHUNKS = 16
_SMALL = 8 * 1024
_THREADS = 32

P = ParamSpec("P")
T = TypeVar("T")


def create_endpoint(settings: Settings | None = None, steps: Steps | None = None) -> Endpoint:
    """An endpoint with loaded documents and an empty prompt cache."""
    settings = settings or Settings()
    documents = {version: load_document(version) for version in API_VERSIONS}
    desk = Desk(settings, documents, Signer(settings.secret), PromptCache(time.monotonic), _now)
    return Endpoint(desk, steps or Steps())


def create_app(endpoint: Endpoint) -> ASGIApp:
    """The ASGI application of an endpoint. It serves every path, so that unknown ones get an envelope too."""
    return Starlette(routes=[Mount("/", app=_Handler(endpoint))])


class _ClientLeftError(Exception):
    """The client is gone, and nobody waits for the answer."""


class _Handler:
    """Receives a call, sends the answer.

    A small call is answered in the loop, within milliseconds. A large one is answered in a thread, so that it delays no
    other, and between two steps its work ends where its client has left.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="reference endpoint, large call")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            call = await _receive(Request(scope, receive), self._endpoint.desk.settings.max_body)
        except ClientDisconnect:
            return
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            answer = await self._answer(call, gone)
            if answer is None:
                return
            if (answer.events is None and not answer.pauses) or call.method == "HEAD":
                response = Response(b"".join(answer.chunks), answer.status, dict(answer.headers))
                await response(scope, receive, send)
            else:
                await _stream(answer, gone, send)
        finally:
            gone.cancel()

    async def _answer(self, call: Call, gone: asyncio.Future[None]) -> Answer | None:
        """The answer to a call, or None where the client leaves before a large one is answered."""
        if len(call.body) <= _SMALL and call.header("content-encoding") is None:
            return self._endpoint.answer(call)
        left = threading.Event()
        endpoint = replace(self._endpoint, steps=_until(left, self._endpoint.steps))
        work = asyncio.get_running_loop().run_in_executor(self._threads, endpoint.answer, call)
        try:
            waiting: set[asyncio.Future[Any]] = {work, gone}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else None
        finally:
            left.set()


def _until(left: threading.Event, steps: Steps) -> Steps:
    """Steps of which none begins after the client has left."""

    def guarded(step: Callable[P, T]) -> Callable[P, T]:
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            if left.is_set():
                raise _ClientLeftError
            return step(*args, **kwargs)

        return run

    return replace(
        steps,
        parse=guarded(steps.parse),
        validate=guarded(steps.validate),
        find_model=guarded(steps.find_model),
        rules=tuple((name, guarded(rule)) for name, rule in steps.rules),
        generate=guarded(steps.generate),
        make_message=guarded(steps.make_message),
        count=guarded(steps.count),
        to_events=guarded(steps.to_events),
    )


async def _receive(request: Request, limit: int) -> Call:
    """Reads a call. A body beyond the limit is read to its end, within reason, and discarded, so that the client sees
    the answer and not a broken connection.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if size > _MOST_DRAINED * limit:
            break
    return Call(
        method=request.method,
        path=request.url.path,
        query=tuple(parse_qsl(request.url.query, keep_blank_values=True)),
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        body=b"".join(parts),
        oversized=size > limit,
    )


async def _stream(answer: Answer, gone: asyncio.Future[None], send: Send) -> None:
    """Sends one chunk after the other, and stops when the client disconnects."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for number, chunk in enumerate(answer.chunks):
        await _pause(answer, number, gone)
        if gone.done():
            return
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(answer.pace if number < _PACED_CHUNKS else 0)
    await _pause(answer, len(answer.chunks), gone)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _pause(answer: Answer, number: int, gone: asyncio.Future[None]) -> None:
    """Waits before a chunk as long as the answer says, or until the client disconnects."""
    if number in answer.pauses:
        await asyncio.wait({gone}, timeout=answer.pauses[number])


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
