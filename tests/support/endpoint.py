"""An endpoint that behaves like the reference endpoint until a test intervenes, and runs against it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.config.settings import read_settings, target_of
from conformance.engine.run import Run
from conformance.model import Case, Judgement, Mode
from conformance.plugin.session import line_of
from conformance.reference.answer import Call
from conformance.reference.app import create_endpoint
from conformance.wire.journal import Recording, read
from support.standard import library

KEY = "reference-key"
KEY_NAME = "ENDPOINT_KEY"


Sent = tuple[int, Any, dict[str, str]]
"""What is sent: status, body (bytes, or a JSON value), headers. Status 0 closes the connection."""

Intervene = Callable[[Call, int], Sent | None]
"""What to send for a call, the n-th of the endpoint (from 1 on); None: what the reference endpoint answers."""

Before = Callable[[int], object]
"""Called with the number of a call before it is answered, beside all other calls. It may wait."""


class Endpoint:
    """The reference endpoint with interventions. `calls` are all calls in order, `most` the most at the same time."""

    def __init__(self, intervene: Intervene, before: Before = lambda number: None) -> None:
        self.calls: list[Call] = []
        self.most = self._now = 0
        self._intervene = intervene
        self._before = before
        self._reference = create_endpoint()
        self._lock = threading.Lock()
        self.url = ""

    def answer(self, call: Call) -> Sent:
        with self._lock:
            self.calls.append(call)
            number = len(self.calls)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            self._before(number)
            with self._lock:
                own = self._intervene(call, number)
                if own is not None:
                    return own
                answer = self._reference.answer(call)
        finally:
            with self._lock:
                self._now -= 1
        return answer.status, b"".join(answer.chunks), dict(answer.headers)

    def names(self) -> list[str]:
        """The scenario of every call."""
        return [scenario_of(call) for call in self.calls]


def scenario_of(call: Call) -> str:
    """The scenario of a call, which its user agent names."""
    return (call.header("user-agent") or "").partition("(")[2].rstrip(")")


def handler_of(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    """A handler that answers as the endpoint does."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            call = Call(self.command, parts.path, tuple(parse_qsl(parts.query, True)), headers, body)
            status, sent, added = endpoint.answer(call)
            if not status:
                self.close_connection = True
                self.connection.close()
                return
            data = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
            self.send_response_only(status)
            given = {"content-type": "application/json", **added, "content-length": str(len(data))}
            for name, value in given.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.reply
            raise AttributeError(name)

        def finish(self) -> None:
            if not self.close_connection or self.connection.fileno() >= 0:
                super().finish()

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@dataclass
class Done:
    """A run that has ended."""

    judgements: dict[tuple[str, Mode], Judgement]
    folder: Path
    lines: list[str]

    @property
    def recording(self) -> Recording:
        return read(self.folder / "journal.ndjson")

    def of(self, case: str, mode: Mode = Mode.JSON) -> Judgement:
        return self.judgements[case, mode]

    def outcomes(self) -> dict[tuple[str, Mode], str]:
        return {key: judgement.outcome.value for key, judgement in self.judgements.items()}


def run_cases(endpoint_url: str, folder: Path, key: str = KEY, *, whole: bool = False, **options: Any) -> Done:
    """Runs the cases that the options select against an endpoint, in this process, with its files in `folder`."""
    given = {"url": endpoint_url, "model": "reference-1", "out": str(folder), "api_key_env": KEY_NAME, **options}
    settings = replace(read_settings(given, folder.parent), environment={KEY_NAME: key})
    running, target = Run(settings, Path(settings["resume"] or folder), _library=library()), target_of(settings)
    assert target is not None
    running.check_selection()
    catalogue = library().catalogue
    items = [(case, mode) for case in catalogue.cases for mode in case.modes if _selected(case, mode, options)]
    lines: list[str] = []
    running.start(items, target, whole=whole, notify=lambda notice: lines.append(line_of(target.name, notice)))
    try:
        judgements = {(case.id, mode): running.judge(case, mode) for case, mode in items}
    finally:
        running.close()
        running.release()
    return Done(judgements, running.folder, lines)


def _selected(case: Case, mode: Mode, options: dict[str, Any]) -> bool:
    return (
        ("case" not in options or case.id in options["case"])
        and ("area" not in options or case.area in options["area"])
        and ("mode" not in options or mode == options["mode"])
    )
