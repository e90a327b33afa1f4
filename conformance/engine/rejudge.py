"""Judges the journal of a run again: the same exchanges, the cases of today, nothing sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.base.errors import FileError, UsageError
from conformance.base.records import PreflightNote, RunHeader, RunHistory, StopNote
from conformance.config.options import OPTIONS
from conformance.config.target import Target
from conformance.config.values import convert
from conformance.engine.plan import (
    MOST_ON_DEMAND,
    Plan,
    build_plan,
    most_repeated,
    needed,
    why_not_asked,
    why_not_repeated,
)
from conformance.engine.sent import SentScenario, judged_scenarios
from conformance.judge.attempts import judge_in_attempts
from conformance.judge.audit import LeftOut
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.library import bench_of, load_library
from conformance.judge.verdict import Policy
from conformance.model import Case, Judgement, Level, Mode, Outcome, Scenario
from conformance.protocol.reply import Reply
from conformance.standard.library import Library, fingerprint
from conformance.wire.importers.files import Reading, unreadable
from conformance.wire.journal import Recording, read

NEWER = "is newer than the run, which did not send what it judges"
UNSENT = "its requests were not sent in the recorded run"


@dataclass(frozen=True)
class Rejudged:
    """What a recorded run gives today. `left_out` are cases that are newer than the run."""

    recording: Recording
    replies: tuple[Reply, ...]
    judgements: tuple[Judgement, ...]
    library: Library
    policy: Policy
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Past:
    """A run that has ended: what it was to do, its target as the preflight left it, why it could not go on, and what it
    sent. `stopped` says why sending ended before everything was sent, or is empty.
    """

    header: RunHeader
    target: Target
    fatal: str
    sent: Mapping[tuple[str, int], SentScenario]
    stopped: str = ""

    @property
    def repeated(self) -> int:
        """How many requests were repeated."""
        return sum(len(sent.steps) for (_, number), sent in self.sent.items() if number > 1)


def is_run(reading: Reading) -> bool:
    """Whether a file is the journal of a run."""
    return isinstance(reading.header, RunHeader)


def rejudge(
    reading: Reading,
    files: Sequence[Path],
    gate: Level | None = None,
    *,
    strict: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Rejudged:
    """Judges the journal of a run with the cases of today, and with the case files of a user.

    `gate` None: what gated in the run. Its baseline is not applied.

    Cases that are newer than the run and judge what it did not send are left out and named. Raises HarnessError (exit
    code 4) where the file is packed, torn in the middle, or lacks what belongs in a journal.
    """
    if reading.packed:
        raise unreadable(reading.path, None, "unpack the journal of a run before it is judged again")
    recording = read(reading.path)
    progress(reading.size)
    _check_options(reading.path, recording.history.current)
    replies = tuple(Reply(exchange) for exchange in recording.exchanges)
    past = _past(recording.history, replies)
    edition, vendor = past.header.option("edition", None), past.header.option("vendor", None)
    try:
        library = load_library(past.target.api_version, files, edition, vendor)
    except FileError:
        raise
    except UsageError as problem:  # an API version, edition or vendor that this version does not know
        raise unreadable(reading.path, 1, str(problem)) from None
    policy = Policy(
        Level(gate or past.header.option("gate", Level.MUST)),
        strict=strict or past.header.option("strict", False),
        behaviour=past.header.option("gate-behaviour", False),
    )
    items = _items(past.header, library)
    unasked = library.unasked(past.target.absent, past.target.declared, past.target.model)
    judge = _Judge(past, build_plan(items, library.catalogue, unasked), library, policy)
    same = past.header.catalogue == fingerprint()
    judged: list[Judgement] = []
    left_out: list[LeftOut] = []
    for case, mode in items:
        judgement = judge.judge(case, mode)
        if judgement.outcome is Outcome.NOT_RUN and not past.fatal and not same:
            left_out.append(LeftOut(f"{case.id}/{mode}", NEWER))
        else:
            judged.append(judgement)
    return Rejudged(recording, replies, tuple(judged), library, policy, tuple(left_out))


def _check_options(path: Path, header: RunHeader) -> None:
    """Raises UsageError where a recorded option has a value that it cannot have."""
    for option in OPTIONS:
        if option.name in header.options:
            where = f"{path}: {option.name} of the recorded run"
            if convert(option, header.options[option.name], where) is None:
                raise UsageError(f"{where} has no value.")


def _past(history: RunHistory, replies: Sequence[Reply]) -> _Past:
    recorded = history.header.target
    found = history.last(PreflightNote) or PreflightNote("", recorded.auth)
    target = Target(
        name=recorded.name,
        url=recorded.url,
        model=recorded.model,
        key_name=recorded.key_env,
        api_version=recorded.api_version,
        declared=frozenset(recorded.declared),
        absent=frozenset(recorded.lacks),
    )
    sent = judged_scenarios(history, replies)
    stopped = history.last(StopNote)
    settled = target.settled(root=found.root, auth=found.auth)
    return _Past(history.current, settled, found.fatal, sent, stopped.why if stopped is not None else "")


def _items(header: RunHeader, library: Library) -> list[tuple[Case, Mode]]:
    """What is judged: all cases, or those that the run selected."""
    selected = set(header.selected)
    everything = [(case, mode) for case in library.catalogue.cases for mode in case.modes]
    return [(case, mode) for case, mode in everything if not selected or f"{case.id}/{mode}" in selected]


class _Judge:
    """Judges the cases of one run. Every reply is read once."""

    def __init__(self, past: _Past, plan: Plan, library: Library, policy: Policy) -> None:
        self._past = past
        self._plan = plan
        self._library = library
        self._scenarios = {scenario.id: scenario for scenario in plan.scenarios}
        self._on_demand = {scenario.id: scenario for scenario in plan.on_demand}
        self._done = {
            name: replies
            for name, scenario in self._scenarios.items()
            if (replies := _replies(scenario, 1, past)) is not None
        }
        target = past.target
        self._bench = bench_of(library, policy, model=target.model, declared=target.declared, lacking=target.absent)

    def judge(self, case: Case, mode: Mode) -> Judgement:
        """The judgement of a case as the run would give it."""
        past = self._past
        if past.fatal:
            lines = tuple(reply.exchange.line for sent in past.sent.values() for reply in sent.steps[-1:])
            return Judgement(case.id, mode, Outcome.NOT_RUN, past.fatal, evidence=lines)
        names = needed(case, mode, self._plan, self._library.catalogue)
        done = {name: self._done[name] for name in names if name in self._done}
        unsent = {name: past.stopped or UNSENT for name in names if name not in self._done}
        attempts = past.header.option("repeat", 1)
        return judge_in_attempts(case, mode, Evidence(done, unsent), self._bench, self._again, attempts)

    def _again(self, scenario_id: str, repetition: int) -> ScenarioReplies | None:
        scenario = self._scenarios.get(scenario_id) or self._on_demand[scenario_id]
        found = _replies(scenario, repetition, self._past)
        most = most_repeated(self._past.header.option("repeat", 1))
        if found is None and repetition > 1 and self._past.repeated + len(scenario.steps) > most:
            return ScenarioReplies(scenario, (), why_not_repeated(most))
        asked = sum((name, 1) in self._past.sent for name in self._on_demand)
        if found is None and repetition == 1 and asked >= MOST_ON_DEMAND:
            return ScenarioReplies(scenario, (), why_not_asked())
        return found


def _replies(scenario: Scenario, repetition: int, past: _Past) -> ScenarioReplies | None:
    sent = past.sent.get((scenario.id, repetition))
    return sent.as_replies(scenario, past.target) if sent is not None else None
