"""Serves the proxy on loopback, in a thread of its own.

Belongs here: the socket, the event loop, start and stop. Does not belong here: what happens to an exchange
(`proxy.py`).
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn

from conformance.model import HarnessError
from conformance.wire.proxy import Proxy

LOOPBACK = "127.0.0.1"
_START_SECONDS, _STOP_SECONDS = 30.0, 10.0
_IDLE_SECONDS = 300
"""Longer than clients keep connections, so that it is never the proxy that closes one under a request."""


class ProxyServer:
    """A proxy that serves on a loopback port until it is stopped; a context manager.

    `make` makes the proxy. `port` 0 takes a free port. Starting raises HarnessError: exit code 2 where the port cannot
    be taken, 4 where the settings of the environment for proxies and certificates make no sense.
    """

    def __init__(self, make: Callable[[], Proxy], port: int = 0) -> None:
        self._make = make
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL for clients, for example `http://127.0.0.1:4200`."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> Self:
        """Starts to serve; returns when connections are accepted."""
        try:
            proxy = self._make()
        except (ImportError, OSError, ValueError) as problem:
            message = f"the proxy or certificate settings of the environment cannot be used: {type(problem).__name__}"
            raise HarnessError(message, exit_code=4) from None
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        self._server = _Server(_config(proxy))
        self._thread = threading.Thread(target=self._serve, args=(proxy, listener), name="proxy", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise HarnessError("the proxy did not start")
        return self

    def stop(self) -> None:
        """Stops; what is still under way is broken off."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, proxy: Proxy, listener: socket.socket) -> None:
        server = self._server
        assert server is not None

        async def serve() -> None:
            try:
                await server.serve(sockets=[listener])
            finally:
                await proxy.aclose()

        asyncio.run(serve())


class _Server(uvicorn.Server):
    """Tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _config(proxy: Proxy) -> uvicorn.Config:
    return uvicorn.Config(
        proxy,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=1,
    )


def _listen(port: int) -> socket.socket:
    # Naming the protocol lets asyncio turn off delayed sending (it looks at `proto`), which saves 40 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(1024)
    except (OSError, OverflowError) as problem:
        listener.close()
        raise HarnessError(f"cannot listen on {LOOPBACK}:{port}: {problem}", exit_code=2) from None
    return listener
