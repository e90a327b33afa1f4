"""Serves the proxy on loopback, in its own thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from conformance.base.errors import HarnessError, UsageError
from conformance.base.server import CannotListenError, ServerThread
from conformance.wire.proxy import Proxy

_IDLE_SECONDS = 300
"""Longer than clients keep connections, so that it is never the proxy that closes one under a request."""


class ProxyServer(ServerThread[Proxy]):
    """A proxy that serves on a loopback port until it is stopped; a context manager. `make` makes the proxy."""

    def __init__(self, make: Callable[[], Proxy], port: int = 0) -> None:
        super().__init__(
            make,
            name="proxy",
            port=port,
            close=Proxy.aclose,
            interface="asgi3",
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
        )

    def start(self) -> Self:
        """Starts to serve; returns when connections are accepted.

        Raises HarnessError: exit code 2 where the port cannot be taken, 4 where the settings of the environment for
        proxies and certificates make no sense.
        """
        try:
            return super().start()
        except CannotListenError as problem:
            raise HarnessError(str(problem), exit_code=2) from None
        except (ImportError, OSError, ValueError) as problem:
            message = f"the proxy or certificate settings of the environment cannot be used: {type(problem).__name__}"
            raise UsageError(message) from None
