"""Drives the product against hostile endpoints: a small whole run in this process, and its journal judged again."""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from conformance.base.errors import HarnessError
from conformance.config.settings import read_settings
from conformance.engine import rejudge
from conformance.engine import run as engine_run
from conformance.engine.retry import RetryPolicy
from conformance.judge.library import load_library
from conformance.model import Case, Judgement, Mode
from conformance.plugin.session import Judged, TargetSession
from conformance.protocol.exchange import Exchange
from conformance.reference.answer import Call
from conformance.report import terminal
from conformance.report.files import OUTPUTS
from conformance.results.model import Results
from conformance.standard.library import Library
from conformance.wire.client import Client
from conformance.wire.importers.files import open_recording
from conformance.wire.journal_format import line_of, parse, record_of, value_of
from conformance.wire.limits import Limits
from conformance.wire.redact import Redactor
from hostile.attacks.attack import Plan, attacked
from hostile.draft import Wire
from hostile.profile import thorough
from hostile.reference import honest, plain
from hostile.server import Script, Stage

KEY_NAME = "HOSTILE_KEY"

SENT = (
    "messages-content-string",
    "messages-content-empty-string",
    "tools-loop-with-real-call",
    "counting-plain-question",
    "models-retrieved",
)
"""Cases whose requests a small run sends: both modes, a refusal, a tool loop, a count, a model."""

LIMITS = Limits(
    connect=3.0,
    first_byte=0.6,
    gap=0.4,
    total=4.0,
    header_bytes=32 * 1024,
    body_bytes=512 * 1024,
    stream_bytes=512 * 1024,
    event_bytes=128 * 1024,
    events=3_000,
)
"""Small bounds, so that crossing one costs little."""


@cache
def library() -> Library:
    """The library of all runs."""
    return load_library("2023-06-01")


@cache
def usual_items() -> tuple[tuple[Case, Mode], ...]:
    """What a small run judges: the cases of `SENT`, and of the cases on kinds of replies one for each check.

    With many random examples: all of them.
    """
    found: dict[object, tuple[Case, Mode]] = {}
    for case in library().catalogue.cases:
        for mode in case.modes:
            checks = frozenset(call.name for call in (*case.expect, *case.given))
            key = case.id if case.id in SENT or thorough() else checks
            if case.id in SENT or (case.on and not case.judged):
                found.setdefault((key, mode), (case, mode))
    return tuple(found.values())


def selected(*, area: str, mode: str) -> tuple[tuple[Case, Mode], ...]:
    """The cases of an area in one mode."""
    return tuple((case, Mode(mode)) for case in library().cases.values() if case.area == area and mode in case.modes)


Asked = tuple[str, str, bytes]
"""Method, path and body, by which one request differs from another."""


@dataclass
class Ran:
    """A run that has ended."""

    script: Script
    folder: Path
    results: Results | None
    judgements: Mapping[tuple[str, Mode], Judgement]
    shown: str
    spoiled: Mapping[Asked, bool] = field(default_factory=dict)
    error: HarnessError | None = None
    cpu_s: float = 0.0


class Endpoint:
    """What a script plays: the reference endpoint under attack. `spoiled` says of each request whether all its
    answers were.

    `key` is what it speaks of, `sent` what it is sent.
    """

    def __init__(self, plans: Sequence[Plan], key: str, sent: str) -> None:
        self._plans = plans
        self._key = key
        self._sent = sent
        self._asked: Counter[Call] = Counter()
        self.spoiled: dict[Asked, bool] = {}

    def __call__(self, call: Call, number: int) -> Wire:
        asked = plain(call, self._sent)
        self._asked[asked] += 1
        draft = honest(call, self._sent, self._asked[asked])
        draft.key = self._key
        attacked(draft, self._plans, number)
        wire = draft.wire()
        place = (call.method, call.path, call.body)
        self.spoiled[place] = self.spoiled.get(place, True) and draft.spoiled
        return wire


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def small_bounds() -> Iterator[None]:
    """Runs wait shortly, read little, and share one library."""
    hasty = RetryPolicy(base_s=0.0, longest_s=0.05)
    with (
        patch.object(engine_run, "limits_of_client", lambda *_: LIMITS),
        patch.object(engine_run, "policy_of", lambda *_: hasty),
        # all is on loopback, and reading certificates takes its time
        patch.object(engine_run, "client_of", lambda _, limits, redactor, __: Client(redactor, limits, verify=False)),
        patch.object(engine_run, "load_library", lambda *_: library()),
    ):
        yield


def run(
    stage: Stage,
    plans: Sequence[Plan],
    key: str,
    here: Path,
    *,
    reports: bool = False,
    client_key: str | None = None,
    items: Sequence[tuple[Case, Mode]] = (),
    **options: Any,
) -> Ran:
    """A small whole run against the reference endpoint under attack, in this process.

    `reports`: with all its files, and not only the journal and results.json. `client_key`: what the client sends in
    place of the key that the endpoint speaks of. `items`: what is judged in place of the usual.
    """
    sent = key if client_key is None else client_key
    endpoint = Endpoint(plans, key, sent)
    with stage.script(endpoint) as script, small_bounds():
        given = {"url": script.url, "model": "reference-1", "out": "run", "api_key_env": KEY_NAME, **options}
        settings = replace(read_settings(given, here), environment={KEY_NAME: sent})
        target = TargetSession(settings, here, "20261127T000000Z")
        out = io.StringIO()
        ran = Ran(script, here / "run", None, {}, "", endpoint.spoiled)
        before = time.process_time()
        with redirect_stdout(out), redirect_stderr(out):
            try:
                ran.judgements = _judged(target, out, items or usual_items())
                ran.results = _finished(target, ran.judgements, reports=reports)
                out.write(terminal.render(ran.results, colour=False, folder="."))
            except HarnessError as problem:
                ran.error = problem
                out.write(str(problem))
            finally:
                target.close()
        ran.cpu_s = time.process_time() - before
        ran.shown = out.getvalue()
        return ran


def _judged(
    target: TargetSession, out: io.StringIO, items: Sequence[tuple[Case, Mode]]
) -> Mapping[tuple[str, Mode], Judgement]:
    target.start(items, lambda line: out.write(line + "\n") and None)
    return {(case.id, mode): target.judge(case, mode) for case, mode in items}


def _finished(target: TargetSession, judgements: Mapping[tuple[str, Mode], Judgement], *, reports: bool) -> Results:
    target.close()
    cases = library().cases
    judged = [
        Judged(target.name, case, mode, judgement, cases[case].file, 0.0)
        for (case, mode), judgement in judgements.items()
    ]
    outputs = OUTPUTS if reports else {"results.json": OUTPUTS["results.json"]}
    with patch.dict(OUTPUTS, outputs, clear=True):
        return target.finish(judged, 0).results


def judged_again(ran: Ran, redactor: Redactor | None = None) -> Mapping[tuple[str, Mode], Judgement]:
    """The judgements of the run's journal, judged again; with a redactor, of what it leaves of the journal."""
    path = ran.folder / engine_run.JOURNAL
    if redactor is not None:
        path = ran.folder / "redacted.ndjson"
        lines = (ran.folder / engine_run.JOURNAL).read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(_redacted(number, line, redactor) for number, line in enumerate(lines, 1)))
    with patch.object(rejudge, "load_library", lambda *_: library()):
        again = rejudge.rejudge(open_recording(path), ())
    return {(judgement.case, judgement.mode): judgement for judgement in again.judgements}


def _redacted(number: int, line: bytes, redactor: Redactor) -> bytes:
    value = value_of(parse(line), number)
    return line_of(record_of(redactor.exchange(value))) if isinstance(value, Exchange) else line
