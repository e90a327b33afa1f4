"""Running the reference endpoint.

Belongs here: sockets, threads, start and stop. Does not belong here: anything about calls.
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
from conformance.reference.app import create_app, create_endpoint
from conformance.reference.pipeline import Settings, Steps

LOOPBACK = "127.0.0.1"
DEFAULT_MODEL = "reference-1"
_START_SECONDS, _STOP_SECONDS = 30.0, 10.0


class LocalServer:
    """The reference endpoint in a background thread on a loopback port, as a context manager.

    `port` 0 takes a free one. `url` is the base URL without `/v1`, `key` a valid API key, `model` a model that supports
    everything. Starting raises HarnessError where the port cannot be taken.
    """

    model = DEFAULT_MODEL

    def __init__(self, settings: Settings | None = None, steps: Steps | None = None, *, port: int = 0) -> None:
        self._settings = settings or Settings()
        self._steps = steps
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def key(self) -> str:
        """A valid API key."""
        return self._settings.keys[0]

    @property
    def url(self) -> str:
        """The base URL, for example `http://127.0.0.1:40123`."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> Self:
        """Starts to serve; returns when connections are accepted."""
        listener = _listen(LOOPBACK, self._port)
        self._port = listener.getsockname()[1]
        self._server = _Server(_config(self._settings, self._steps))
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="reference-endpoint", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise HarnessError("the reference endpoint did not start")
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
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    port: int = 0,
    *,
    host: str = LOOPBACK,
    settings: Settings | None = None,
    steps: Steps | None = None,
    announce: Callable[[str], object] | None = None,
) -> None:
    """Serves in the foreground until interrupted. `announce` gets the base URL as soon as connections are accepted.

    Raises HarnessError where the port cannot be taken.
    """
    listener = _listen(host, port)
    taken = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{taken}"
    server = _Server(_config(settings or Settings(), steps), lambda: announce(url) if announce else None)
    try:
        server.run([listener])
    except KeyboardInterrupt:
        return


class _Server(uvicorn.Server):
    """Tells when it is ready, and stops without waiting for the next tick."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], object] = lambda: None) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._announce = announce
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self.ready.set()
        self._announce()

    async def main_loop(self) -> None:
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


def _config(settings: Settings, steps: Steps | None) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(create_endpoint(settings, steps)),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol lets asyncio turn off delayed sending (it looks at `proto`), which saves 40 ms a request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as problem:
        listener.close()
        raise HarnessError(f"cannot listen on {host}:{port}: {problem}", exit_code=2) from None
    return listener
