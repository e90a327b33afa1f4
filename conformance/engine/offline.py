"""Judges recordings of others exchange by exchange, in memory that does not grow with the file.

Belongs here: which exchanges are judged, counting the rest, and results from an audit. Does not belong here: reading
files (`wire/recordings.py`), adding up (`judge/audit.py`), the journal of a run (`rejudging.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from conformance import __version__
from conformance.judge.audit import Audit, LeftOut, Noticed
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.verdict import Policy
from conformance.model import Case, Finding, Judgement, Mode, SentRequest
from conformance.protocol.reply import Reply
from conformance.protocol.usage import billed
from conformance.results import CaseResult, ExchangeSummary, FindingResult, Results, Suite, Target, Tokens, gate
from conformance.results.build import case_result, finding_result, summary_of
from conformance.standard.library import Library, fingerprint
from conformance.standard.paths import spec_folder
from conformance.standard.recorders import KnownNames, Recorders, load_recorders
from conformance.wire.importers.recordings import Form, Reading, Recorded
from conformance.wire.redact import Redactor

MOST_NAMED = 2
"""Models, hosts and files that are named; more are counted."""

MOST_DISTINCT = 1_000
"""Different models and hosts that are counted."""

Progress = Callable[[int], None]
"""Told how many bytes of the input have been read since it was told last."""


@dataclass
class Counted:
    """What a file held. `other` are exchanges with other endpoints, `torn` the number of a torn last line."""

    path: str
    form: Form
    exchanges: int = 0
    judged: int = 0
    other: int = 0
    synthetic: int = 0
    unanswered: int = 0
    torn: int | None = None


@dataclass(frozen=True)
class Excluded:
    """A kind of recorder damage, and of how many exchanges something was not judged because of it."""

    flag: str
    title: str
    exchanges: int


@dataclass(frozen=True)
class Audited:
    """Results of recordings. `unknown_flags` are flags of damage that `specs/recorders.yaml` does not know."""

    results: Results
    files: tuple[Counted, ...]
    excluded: tuple[Excluded, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unknown_flags: tuple[str, ...] = ()


@dataclass
class _Kept:
    """What is kept of the exchanges: the examples, cut for reading, and sums.

    `known_flags` are the flags that mean something, `everywhere` those that every exchange has.
    """

    known_flags: frozenset[str]
    everywhere: frozenset[str]
    findings: dict[tuple[str, Mode], list[FindingResult]] = field(default_factory=dict)
    examples: dict[int, ExchangeSummary] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    unknown_flags: set[str] = field(default_factory=set)
    tokens: Tokens = field(default_factory=Tokens)


def audit(
    readings: Sequence[Reading],
    library: Library,
    policy: Policy,
    *,
    damage: Iterable[str] = (),
    progress: Progress = lambda _: None,
) -> Audited:
    """Judges every exchange with the Messages API in the files. `damage` are flags that all exchanges have.

    Raises HarnessError (exit code 4), naming file and line, where a file cannot be read.
    """
    auditing, number = Auditing(library, policy, damage), 0
    files = []
    for reading in readings:
        counted = Counted(reading.path.name, reading.form)
        files.append(counted)
        before = 0
        for recorded in reading.exchanges():
            number += 1
            if counts(counted, recorded):
                auditing.take(recorded, number, f"{counted.path}:{recorded.exchange.line}")
            progress(reading.position - before)
            before = reading.position
        counted.torn = reading.torn
    return auditing.audited(files, _named((counted.path for counted in files), "file"))


class Auditing:
    """Judges exchanges as they come: `take` each, then `audited`. `damage` are flags that all exchanges have.

    Credentials that an exchange carries are taken out before anything reads it.
    """

    def __init__(self, library: Library, policy: Policy, damage: Iterable[str] = ()) -> None:
        self._library = library
        self._policy = policy
        self._recorders = recorders_of(library)
        self._redactor = Redactor(())
        bench = Bench(REGISTRY, library.document, "", policy)
        self._auditor = Audit(library.catalogue.cases, bench, self._recorders.touched_by)
        self._kept = _Kept(frozenset(self._recorders.damages), frozenset(damage))
        self._started, self._clock = datetime.now(UTC), time.monotonic()

    def take(self, recorded: Recorded, number: int, place: str) -> tuple[Noticed, ...]:
        """Judges one exchange; returns what it deviates in. `number` and `place` say where it is recorded."""
        exchange = replace(self._redactor.recorded(recorded.exchange), line=number)
        return _take(self._auditor, self._kept, replace(recorded, exchange=exchange), place)

    def audited(self, files: Sequence[Counted], name: str) -> Audited:
        """What all exchanges taken so far add up to. `files` say where they come from, `name` is the target's."""
        results = _results(self._library, self._auditor, self._kept, files, self._policy, name)
        seconds = round(time.monotonic() - self._clock, 3)
        damages = self._recorders.damages
        return Audited(
            replace(results, started=_stamp(self._started), duration_s=seconds),
            tuple(files),
            tuple(Excluded(flag, damages[flag].title, n) for flag, n in sorted(self._auditor.damaged.items())),
            self._auditor.left_out,
            tuple(sorted(self._kept.unknown_flags)),
        )


def recorders_of(library: Library) -> Recorders:
    """What is known of the damage that recorders do."""
    return load_recorders(spec_folder(), KnownNames(library.cases, library.ledger.clauses, REGISTRY))


def is_messages_api(request: SentRequest) -> bool:
    """Whether a request is one to the Messages API: a message, a token count, or a list of models.

    Other APIs have paths that end in the same words; the version header, or the body, tells them apart.
    """
    path = urlsplit(request.url).path.rstrip("/")
    if path.endswith(("/v1/messages", "/messages/count_tokens")):
        return request.method == "POST"
    if path.endswith("/messages") and request.method == "POST":
        return isinstance(request.json, dict) and "messages" in request.json
    return path.endswith("/models") and request.header("anthropic-version") is not None


def counts(counted: Counted, recorded: Recorded) -> bool:
    """Counts an exchange; True where it is judged."""
    counted.exchanges += 1
    if recorded.synthetic:
        counted.synthetic += 1
    elif not is_messages_api(recorded.exchange.request):
        counted.other += 1
    elif recorded.exchange.response is None:
        counted.unanswered += 1
    else:
        counted.judged += 1
        return True
    return False


def _take(auditor: Audit, kept: _Kept, recorded: Recorded, place: str) -> tuple[Noticed, ...]:
    reply = Reply(recorded.exchange, recorded.streamed)
    flags = recorded.flags | kept.everywhere
    if len(kept.unknown_flags) < MOST_DISTINCT:
        kept.unknown_flags |= flags - kept.known_flags
    _add_facts(kept, reply)
    noticed = auditor.take(reply, place, flags & kept.known_flags)
    if any(item.shown for item in noticed):
        _keep(kept, noticed, reply, place)
    return noticed


def _add_facts(kept: _Kept, reply: Reply) -> None:
    model = reply.request.get("model")
    for names, name in ((kept.models, model), (kept.hosts, _origin(reply.exchange.request.url))):
        if isinstance(name, str) and name and len(names) < MOST_DISTINCT:
            names.add(name)
    sent, received = billed(reply.usage)
    kept.tokens = Tokens(kept.tokens.input + sent, kept.tokens.output + received)


def _keep(kept: _Kept, noticed: Iterable[Noticed], reply: Reply, place: str) -> None:
    """Keeps what the results will show of an exchange, cut for reading."""
    kept.examples.setdefault(reply.exchange.line, replace(summary_of(reply.exchange), place=place))
    for item in noticed:
        results = [finding_result(_placed(finding, place), reply) for finding in item.kept]
        kept.findings.setdefault((item.case.id, item.mode), []).extend(results)


def _placed(finding: Finding, place: str) -> Finding:
    return replace(finding, where=replace(finding.where, scenario="", file=place))


def _results(
    library: Library, auditor: Audit, kept: _Kept, files: Sequence[Counted], policy: Policy, name: str
) -> Results:
    target = Target(
        name=name,
        url=_named(kept.hosts, "host"),
        path="/v1/messages",
        model=_named(kept.models, "model"),
        api_version=library.document.version,
    )
    cases = tuple(_case(case, judgement, library, target, kept) for case, judgement in auditor.judgements())
    judged = sum(counted.judged for counted in files)
    return Results(
        suite=Suite(version=__version__, spec_version=target.api_version, catalogue=fingerprint()),
        target=target,
        started="",
        duration_s=0.0,
        requests=judged,
        cases=cases,
        gate=gate(cases, policy.level.value, bool(judged), "" if judged else "there is no exchange to judge"),
        tokens=kept.tokens,
        exchanges=kept.examples,
    )


def _case(case: Case, judgement: Judgement, library: Library, target: Target, kept: _Kept) -> CaseResult:
    """One judgement. What was recorded elsewhere cannot be sent again, so it has no lines to copy."""
    whole = case_result(case, judgement, library.ledger.clauses, {}, target)
    findings = tuple(kept.findings.get((case.id, judgement.mode), ()))
    return replace(whole, findings=findings, rerun="", curl="", accept="")


def _named(names: Iterable[str], noun: str) -> str:
    """A few names, or how many there are."""
    found = sorted(set(names))
    if len(found) <= MOST_NAMED:
        return ", ".join(found) or f"no {noun}"
    return f"{found[0]} and {len(found) - 1} other {noun}s"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
