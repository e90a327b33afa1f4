"""A server on loopback in its own thread, for the reference endpoint and for the proxy."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import uvicorn

LOOPBACK: Final = "127.0.0.1"
_START_SECONDS, _STOP_SECONDS = 30.0, 10.0

App = TypeVar("App")


class CannotListenError(Exception):
    """The port cannot be taken, or the server did not start. The message is a sentence without a full stop."""


class ServerThread(Generic[App]):
    """An ASGI application that serves on a loopback port until it is stopped; a context manager.

    `make` makes the application when the server starts, `close` ends it in the loop of the server. `port` 0 takes
    a free one. `options` go to uvicorn.
    """

    def __init__(
        self,
        make: Callable[[], App],
        *,
        name: str,
        port: int = 0,
        close: Callable[[App], Awaitable[None]] | None = None,
        **options: Any,
    ) -> None:
        self._make = make
        self._name = name
        self._port = port
        self._close = close
        self._options = options
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, for example `http://127.0.0.1:4200`."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> Self:
        """Starts to serve; returns when connections are accepted. Raises what `make` raises, and CannotListenError."""
        app = self._make()
        listener = listen(LOOPBACK, self._port)
        self._port = listener.getsockname()[1]
        self._server = Server(app, **self._options)
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._serve(self._server, listener, app),), name=self._name, daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise CannotListenError(f"the {self._name} did not start")
        return self

    def stop(self) -> None:
        """Ends the connections and the thread. Does nothing where it does not run."""
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join(_STOP_SECONDS)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, server: Server, listener: socket.socket, app: App) -> None:
        try:
            await server.serve(sockets=[listener])
        finally:
            if self._close is not None:
                await self._close(app)


class Server(uvicorn.Server):
    """uvicorn with the settings that both servers share. `ready` is set once connections are accepted."""

    def __init__(self, app: Any, announce: Callable[[], object] = lambda: None, **options: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                **options,
            )
        )
        self.ready = threading.Event()
        self._announce = announce
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn; says when it is done."""
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self.ready.set()
        self._announce()

    async def main_loop(self) -> None:
        """As in uvicorn, but woken up by `end` instead of at the next tick."""
        counter = 0
        while not await self.on_tick(counter) and self._wake is not None and not self._wake.is_set():
            counter = (counter + 1) % 864_000
            try:
                await asyncio.wait_for(self._wake.wait(), 0.1)
            except TimeoutError:
                continue

    def end(self) -> None:
        """Stops the server, from any thread."""
        self.should_exit = True
        if self._loop is not None and self._wake is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotListenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol lets asyncio turn off delayed sending (it looks at `proto`), which saves 40 ms a request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as problem:
        listener.close()
        raise CannotListenError(f"cannot listen on {host}:{port}: {problem}") from None
    return listener
