"""The command `proxy`: what passes is recorded, judged and reported, off the path of the bytes."""

from __future__ import annotations

import queue
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from conformance import __version__
from conformance.base.clock import now
from conformance.base.records import EndNote, ProxyHeader
from conformance.base.versions import DEFAULT_VERSION
from conformance.commands.judge import JudgedFiles, audited_part, keeping
from conformance.engine.offline import Audited, Counted, RecordingJudge
from conformance.engine.run import JOURNAL
from conformance.judge.audit import Noticed
from conformance.judge.library import load_library
from conformance.judge.verdict import Policy
from conformance.model import Exchange, HarnessError, Level, UsageError
from conformance.protocol.sse import measure
from conformance.report import terminal
from conformance.report import traffic as watching
from conformance.report.files import write
from conformance.results.excerpts import Excerpts
from conformance.standard.library import Library, fingerprint
from conformance.wire.bodies import decoded, without_bodies
from conformance.wire.codings import UndecodableError
from conformance.wire.importers.files import Form
from conformance.wire.importers.reader import RecordedExchange
from conformance.wire.journal import Journal
from conformance.wire.journal_format import Unjudged
from conformance.wire.proxy import End, Passed, Proxy
from conformance.wire.proxy_server import ProxyServer
from conformance.wire.redact import Redactor
from conformance.wire.traffic import Room, Traffic

WAITING: Final = 256
"""Exchanges that wait to be judged; what ends while so many wait is passed on and not judged."""

BEHIND: Final = "judging fell behind"
LEFT: Final = "the client went away first"
UNKEPT: Final = "too large, or too much concurrent traffic, to be kept"
UNDECODED: Final = "an unsupported content coding, or a body that is too large once decoded"
OTHER: Final = "not the Messages API"
UNREACHED: Final = "no response from the endpoint"
CROSSED: Final = "a stream with too many events, or too large ones"
BUG: Final = "a mistake of our own"
FAILED: Final = "judging had stopped after an error of our own"

LARGE: Final = 512 * 1024
"""Bytes of a body from which its events are counted before it is judged, because reading stops at a bound."""

SWITCH_S: Final = 0.0002
"""How long the thread that judges may keep the interpreter while bytes wait to be passed on."""

LULL_S: Final = 0.02
PATIENCE_S: Final = 0.5
"""Judging waits for a lull of the traffic, but not for long, and not while half of the queue is taken."""


Tell = Callable[[str], object]
"""Shows a line to whoever uses the proxy."""


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
        return self.out or Path("reports") / f"proxy-{host}" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


@dataclass
class Tally:
    """What passed: how many exchanges, and how many were not judged, by reason. `shown` are kinds of findings."""

    passed: int = 0
    judged: int = 0
    others: Counter[str] = field(default_factory=Counter)
    shown: set[tuple[str, str, str]] = field(default_factory=set)


class Watch:
    """Judges what passed, in a thread of its own. `offer` never waits; `close` waits until all is judged.

    `error` is set where something of ours went wrong (a full disk, a bug): what passes from then on is only counted.
    """

    def __init__(
        self,
        judge: RecordingJudge,
        journal: Journal,
        room: Room,
        tell: Tell,
        waiting: int = WAITING,
        traffic: Traffic | None = None,
    ) -> None:
        self._judging = judge
        self._journal = journal
        self._redactor = Redactor(())
        self._room = room
        self._traffic = traffic if traffic is not None else Traffic()
        self._closing = False
        self._tell = tell
        self._queue: queue.Queue[Passed | None] = queue.Queue(waiting)
        self._behind = 0
        self._stopped = False
        self._counted = Counted(journal.path.name, Form.JOURNAL)
        self._thread = threading.Thread(target=self._work, name="judging", daemon=True)
        self.tally = Tally()
        self.error: HarnessError | None = None

    def start(self) -> None:
        """Starts to judge."""
        self._thread.start()

    def offer(self, passed: Passed) -> None:
        """Takes an exchange to be judged, if there is room for it. Called by the thread that passes bytes on."""
        try:
            self._queue.put_nowait(passed)
        except queue.Full:
            self._behind += 1
            self._room.give(passed.held)

    def close(self) -> None:
        """Judges what still waits, and ends."""
        self._closing = True
        self._queue.put(None)
        self._thread.join()
        if self._behind:
            self.tally.others[BEHIND] += self._behind
            self.tally.passed += self._behind

    def audited(self) -> Audited:
        """What all of it adds up to."""
        return self._judging.audited([self._counted])

    def _work(self) -> None:
        while (passed := self._queue.get()) is not None:
            try:
                if not self._closing and self._queue.qsize() < self._queue.maxsize // 2:
                    self._traffic.wait_for_lull(LULL_S, PATIENCE_S)
                self._take(passed)
            except HarnessError as problem:
                self._stop(problem)
            except Exception as problem:
                self._note_bug(problem)
            finally:
                self._room.give(passed.held)

    def _stop(self, problem: HarnessError) -> None:
        self.error, self._stopped = problem, True
        self.tally.others[FAILED] += 1
        self._tell(f"judging has stopped, and traffic still passes: {problem}")

    def _note_bug(self, problem: Exception) -> None:
        """One exchange that we cannot judge is no reason to leave the others alone; the exit code will say it."""
        message = (
            f"an exchange could not be judged because of an error in messages-conformance: {type(problem).__name__}"
        )
        self.tally.others[BUG] += 1
        if self.error is None:
            self._tell(message)
        self.error = self.error or HarnessError(message)

    def _take(self, passed: Passed) -> None:
        self.tally.passed += 1
        if self._stopped:
            self.tally.others[FAILED] += 1
            return
        why, exchange = _why_not(passed)
        exchange = self._redactor.recorded(exchange)
        if why:
            self.tally.others[why] += 1
            self._journal.note(Unjudged(why, exchange))
        else:
            exchange = self._journal.append(exchange)
        if exchange.trouble is not None:
            self._tell(watching.trouble(exchange))
        if not why:
            self._judge(exchange)

    def _judge(self, exchange: Exchange) -> None:
        recorded = RecordedExchange(exchange)
        if not self._counted.count(recorded):
            self.tally.others[OTHER if exchange.response is not None else UNREACHED] += 1
            return
        found = self._judging.take(recorded, exchange.line, f"{self._counted.path}:{exchange.line}")
        self.tally.judged += 1
        for noticed in found:
            self._show(noticed, exchange)

    def _show(self, noticed: Noticed, exchange: Exchange) -> None:
        """Shows each kind of finding once, although it occurs in both modes and again and again."""
        for finding in noticed.kept:
            kind = (noticed.case.id, finding.check, finding.expected)
            if kind not in self.tally.shown:
                self.tally.shown.add(kind)
                where = replace(finding.where, scenario="", file=f"{self._counted.path}:{exchange.line}")
                self._tell(watching.finding(noticed.case, replace(finding, where=where), exchange))


def watch(
    asked: ProxyOptions,
    tell: Tell,
    wait: Callable[[], object],
    *,
    colour: bool = False,
    library: Library | None = None,
) -> int:
    """Passes on until `wait` returns, then reports; returns the exit code.

    Raises HarnessError: exit code 4 for a URL that cannot be used and a folder that cannot be written to, 2 for a port
    that is taken, 3 where judging stopped because of an error of our own.
    """
    check_upstream(asked.upstream)
    folder = asked.folder()
    library = library or load_library(DEFAULT_VERSION)
    room, traffic = Room(), Traffic()
    excerpts, policy = Excerpts(), Policy(asked.gate)
    with Journal.create(folder / JOURNAL, ProxyHeader(__version__, fingerprint(), now(), asked.upstream)) as journal:
        judge = RecordingJudge(library, policy, keeping(excerpts))
        done = Watch(judge, journal, room, tell, traffic=traffic)
        done.start()
        try:
            with (
                _quick_switching(),
                ProxyServer(
                    lambda: Proxy(asked.upstream, done.offer, room=room, traffic=traffic), asked.port
                ) as server,
            ):
                tell(f"proxy at {server.url} for {asked.upstream}; files in {folder}; interrupt to stop and report")
                wait()
        finally:
            done.close()
        journal.end(EndNote(now()))
    failed = done.error.exit_code if done.error is not None else 0
    name = urlsplit(asked.upstream).hostname or ""
    part = audited_part(done.audited(), library, policy, excerpts, name, failed)
    _report(done.tally, part, folder, tell, colour=colour)
    if done.error is not None:
        raise done.error
    return part.results.exit_code


def check_upstream(url: str) -> None:
    """Raises UsageError for anything but a base URL; credentials in it are not quoted."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError("--upstream expects a URL that starts with http:// or https:// and names a host.")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("--upstream expects a base URL without credentials, query and fragment.")


def _why_not(passed: Passed) -> tuple[str, Exchange]:
    """Why an exchange cannot be judged, empty where it can be; and the exchange, decoded where that is possible."""
    try:
        exchange = decoded(passed.exchange, whole=passed.end not in (End.LEFT, End.UNKEPT))
    except UndecodableError as problem:
        return UNDECODED, without_bodies(passed.exchange, str(problem))
    if passed.end in (End.LEFT, End.UNKEPT):
        return (LEFT if passed.end is End.LEFT else UNKEPT), exchange
    response = exchange.response
    if response is not None and len(response.body) > LARGE:
        crossed = measure(chunk.data for chunk in response.chunks)
        if crossed is not None and response.media_type == "text/event-stream":
            return CROSSED, exchange
    return "", exchange


def _report(tally: Tally, part: JudgedFiles, folder: Path, tell: Tell, *, colour: bool) -> None:
    write(folder, part.results)
    tell("")
    tell(watching.counts(tally.passed, tally.judged, tally.others))
    tell("")
    tell(terminal.render(part.results, colour=colour, report=str(folder / "report.html")))


@contextmanager
def _quick_switching() -> Iterator[None]:
    """Lets the thread that passes bytes on have the interpreter soon after it asks for it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
