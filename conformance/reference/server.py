"""Running the reference endpoint: in a background thread, or in the foreground."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from conformance.base.errors import HarnessError
from conformance.base.server import LOOPBACK, CannotListenError, Server, ServerThread, listen
from conformance.reference.app import create_app, create_endpoint
from conformance.reference.pipeline import Settings, Steps

DEFAULT_MODEL = "reference-1"


class LocalServer(ServerThread[Any]):
    """The reference endpoint in a background thread on a loopback port, as a context manager.

    `port` 0 picks a free one. `url` is the base URL without `/v1`, `key` a valid API key, `model` a model that supports
    everything.
    """

    model = DEFAULT_MODEL

    def __init__(self, settings: Settings | None = None, steps: Steps | None = None, *, port: int = 0) -> None:
        self._settings = settings or Settings()
        super().__init__(
            lambda: create_app(create_endpoint(self._settings, steps)), name="reference endpoint", port=port
        )

    @property
    def key(self) -> str:
        """A valid API key."""
        return self._settings.keys[0]

    def start(self) -> Self:
        """Starts serving; returns when connections are accepted. Raises HarnessError if the port is not available."""
        try:
            return super().start()
        except CannotListenError as problem:
            raise HarnessError(str(problem), exit_code=2) from None


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
    try:
        listener = listen(host, port)
    except CannotListenError as problem:
        raise HarnessError(str(problem), exit_code=2) from None
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    app = create_app(create_endpoint(settings or Settings(), steps))
    server = Server(app, lambda: announce(url) if announce is not None else None)
    with suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listener]))
