"""The command `proxy`: what passes is recorded, judged and reported, off the path of the bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.base.clock import folder_name
from conformance.base.errors import UsageError
from conformance.base.urls import names_host
from conformance.commands.proxy_judge import JudgedTraffic, Tell
from conformance.commands.proxy_process import JudgingProcess
from conformance.config.target import SCHEMES, is_bare
from conformance.model import Level
from conformance.wire.proxy import Proxy
from conformance.wire.proxy_server import ProxyServer
from conformance.wire.room import Room


@dataclass(frozen=True)
class ProxyOptions:
    """What `proxy` was asked for. `out` None: a folder of its own below `reports/`."""

    upstream: str
    port: int = 0
    out: Path | None = None
    gate: Level = Level.MUST

    def folder(self) -> Path:
        """Where the files go."""
        host = re.sub(r"[^A-Za-z0-9.-]", "-", urlsplit(self.upstream).hostname or "")
        return self.out or Path("reports") / f"proxy-{host}" / folder_name()


def watch(asked: ProxyOptions, tell: Tell, wait: Callable[[], object], *, colour: bool = False) -> int:
    """Passes on until `wait` returns, then reports; returns the exit code.

    Raises HarnessError: exit code 4 for a URL that cannot be used and a folder that cannot be written to, 2 for a port
    that is taken, 3 where judging stopped because of an error of our own.
    """
    check_upstream(asked.upstream)
    folder, room = asked.folder(), Room()
    with JudgingProcess(JudgedTraffic(asked.upstream, folder, asked.gate, colour), room, tell) as judging:
        with ProxyServer(lambda: Proxy(asked.upstream, judging.offer, room=room), asked.port) as server:
            tell(f"proxy at {server.url} for {asked.upstream}; files in {folder}; interrupt to stop and report")
            wait()
        return judging.end()


def check_upstream(url: str) -> None:
    """Raises UsageError, without quoting it, for anything but a base URL."""
    if not names_host(url, SCHEMES):
        raise UsageError("--upstream expects a URL that starts with http:// or https:// and names a host.")
    if not is_bare(url):
        raise UsageError("--upstream expects a base URL without a key, user name, password, query or fragment.")
