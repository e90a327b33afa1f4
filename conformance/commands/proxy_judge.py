"""Judges what passed through the proxy: recorded, judged and shown one by one, reported at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from conformance import __version__
from conformance.base.clock import now
from conformance.base.errors import HarnessError
from conformance.base.records import EndNote, ProxyHeader
from conformance.base.versions import DEFAULT_VERSION
from conformance.commands.judge import audited_part, keeping
from conformance.engine.offline import Counted, RecordingJudge
from conformance.engine.run import JOURNAL
from conformance.judge.audit import Noticed
from conformance.judge.library import load_library
from conformance.judge.verdict import Policy
from conformance.model import Caller, Level
from conformance.protocol.exchange import Exchange
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
from conformance.wire.proxy import End, Passed
from conformance.wire.redact import Redactor

BEHIND: Final = "judging fell behind"
LEFT: Final = "the client went away first"
UNKEPT: Final = "too large, or too much concurrent traffic, to be kept"
UNDECODED: Final = "a content coding that is not undone here, or a body that is too large decoded"
OTHER: Final = "not the Messages API"
UNREACHED: Final = "no response from the endpoint"
CROSSED: Final = "a stream with too many events, or too large ones"
BUG: Final = "a mistake of our own"
FAILED: Final = "judging had stopped after an error of our own"

LARGE: Final = 512 * 1024
"""Bytes of a body from which its events are counted before it is judged, because reading stops at a bound."""

Tell = Callable[[str], object]
"""Shows a line to whoever uses the proxy."""


@dataclass(frozen=True)
class JudgedTraffic:
    """What is judged and how: the base URL of the endpoint, the folder for the files, the level that gates."""

    upstream: str
    folder: Path
    gate: Level
    colour: bool = False


@dataclass
class Tally:
    """What passed: how many exchanges, and how many were not judged, by reason. `shown` are kinds of findings."""

    passed: int = 0
    judged: int = 0
    others: Counter[str] = field(default_factory=Counter)
    shown: set[tuple[str, str, str]] = field(default_factory=set)


class PassedJudge:
    """Takes one exchange after the other. `error` is set where something of ours went wrong (a full disk, a bug).

    After a full disk, what passes is only counted.
    """

    def __init__(self, judge: RecordingJudge, journal: Journal, tell: Tell) -> None:
        self._judging = judge
        self._journal = journal
        self._redactor = Redactor(())
        self._tell = tell
        self._stopped = False
        self.counted = Counted(journal.path.name, Form.JOURNAL)
        self.tally = Tally()
        self.error: HarnessError | None = None

    def take(self, passed: Passed) -> None:
        """Records, judges and shows an exchange. Never raises."""
        try:
            self._take(passed)
        except HarnessError as problem:
            self._stop(problem)
        except Exception as problem:
            self._note_bug(problem)

    def miss(self, count: int) -> None:
        """Counts exchanges that found no room to wait."""
        if count:
            self.tally.others[BEHIND] += count
            self.tally.passed += count

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
        elif why == LEFT:
            self._judging.left(exchange, f"{self.counted.path}:{exchange.line}")
        for met in self._judging.fresh():
            self._tell(watching.caller(met) if isinstance(met, Caller) else watching.experience(met))

    def _judge(self, exchange: Exchange) -> None:
        recorded = RecordedExchange(exchange)
        if not self.counted.count(recorded):
            self.tally.others[OTHER if exchange.response is not None else UNREACHED] += 1
            return
        found = self._judging.take(recorded, exchange.line, f"{self.counted.path}:{exchange.line}")
        self.tally.judged += 1
        for noticed in found:
            self._show(noticed, exchange)

    def _show(self, noticed: Noticed, exchange: Exchange) -> None:
        """Shows each kind of finding once, although it occurs in both modes and again and again."""
        for finding in noticed.kept:
            kind = (noticed.case.id, finding.check, finding.expected)
            if kind not in self.tally.shown:
                self.tally.shown.add(kind)
                where = replace(finding.where, scenario="", file=f"{self.counted.path}:{exchange.line}")
                self._tell(watching.finding(noticed.case, replace(finding, where=where), exchange))


def judging(asked: JudgedTraffic, tell: Tell, library: Library | None = None) -> tuple[PassedJudge, Callable[[], int]]:
    """What judges, and a function that ends it: writes the reports, shows the verdict and returns the exit code.

    Both raise HarnessError: exit code 4 where the folder cannot be written to, 3 for an error of ours on the way.
    """
    library = library or load_library(DEFAULT_VERSION)
    excerpts, policy = Excerpts(), Policy(asked.gate)
    journal = Journal.create(asked.folder / JOURNAL, ProxyHeader(__version__, fingerprint(), now(), asked.upstream))
    recordings = RecordingJudge(library, policy, keeping(excerpts))
    judge = PassedJudge(recordings, journal, tell)

    def end() -> int:
        with journal:
            journal.end(EndNote(now()))
        failed = judge.error.exit_code if judge.error is not None else 0
        name = urlsplit(asked.upstream).hostname or ""
        part = audited_part(recordings.audited([judge.counted]), library, policy, excerpts, name, failed)
        write(asked.folder, part.results)
        tell("")
        tell(watching.counts(judge.tally.passed, judge.tally.judged, judge.tally.others))
        for line in watching.callers(part.callers):
            tell(line)
        tell("")
        tell(terminal.render(part.results, colour=asked.colour, folder=str(asked.folder)))
        for line in watching.experiences(part.experiences):
            tell(line)
        if judge.error is not None:
            raise judge.error
        return part.results.exit_code

    return judge, end


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
