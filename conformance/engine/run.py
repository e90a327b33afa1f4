"""A run against one target in one process: from its options to the judgement of each case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from conformance import __version__
from conformance.base.clock import now
from conformance.base.errors import HarnessError
from conformance.base.records import EndNote, RunHeader, TargetRecord, resume_of
from conformance.config.connection import connection_of
from conformance.config.settings import RunSettings
from conformance.config.target import REFERENCE, Target
from conformance.engine.budget import limits_of
from conformance.engine.connect import MEGABYTE, client_of, limits_of_client, policy_of
from conformance.engine.estimate import check_budget, estimate_of
from conformance.engine.loop import Engine, Wiring
from conformance.engine.plan import Plan, build_plan, needed
from conformance.engine.resume import NOTHING, Earlier, check_same, earlier_part, reopen
from conformance.engine.retry import RetryPolicy
from conformance.engine.selection import Chosen, check_selection, chosen, is_selected
from conformance.engine.sender import Slowdown
from conformance.judge.attempts import judge_in_attempts
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.library import bench_of, load_library
from conformance.judge.verdict import Policy
from conformance.model import Case, Judgement, Level, Mode, Outcome
from conformance.protocol.reply import Reply
from conformance.standard.library import Library, fingerprint
from conformance.wire.journal import Journal, read
from conformance.wire.redact import Redactor

JOURNAL = "journal.ndjson"


@dataclass(frozen=True)
class Resumption:
    """A run is continued: how many scenarios were recorded, how many are missing, and which line was torn, if one."""

    recorded: int
    missing: int
    torn: int | None


@dataclass(frozen=True)
class Outlay:
    """What a run has sent so far, of how many planned requests, and what that costs (None: no prices are known)."""

    requests: int = 0
    planned: int = 0
    cost: float | None = None


Notify = Callable[[Slowdown | Resumption], None]
"""Called, from any thread, with what somebody who waits for a run wants to know."""


def ignore(notice: Slowdown | Resumption) -> None:
    """Notifies nobody."""


@dataclass
class Run:
    """One run. Holds what was loaded and started; `close` ends it. Not shared between processes.

    `folder` is where the journal goes, `here` where relative paths of the options begin. `replies` is what this process
    has read so far, by journal line.
    """

    settings: RunSettings
    folder: Path
    here: Path = Path()
    files: tuple[Path, ...] = ()
    replies: Mapping[int, Reply] = field(default_factory=dict)
    _library: Library | None = None
    _started: _Started | None = None

    @property
    def library(self) -> Library:
        """The library with all user files that were added so far."""
        if self._library is None:
            self._library = load_library(
                self.settings["api_version"], self.files, self.settings["edition"], self.settings["vendor"]
            )
        return self._library

    def add_file(self, path: Path) -> None:
        """Adds a user's case file. Raises SourceError for a malformed one."""
        if path not in self.files:
            self.files = (*self.files, path)
            self._library = None
            _ = self.library

    def check_selection(self) -> None:
        """Raises UsageError where the options name what does not exist."""
        check_selection(self.settings, self.library)

    def selects(self, case: Case, mode: Mode) -> bool:
        """Whether the options select a case in a mode."""
        return is_selected(case, mode, self.settings, self._chosen)

    @cached_property
    def _chosen(self) -> Chosen | None:
        narrowed = self.settings["client"] or self.settings["smoke"]
        return chosen(self.settings, self.library) if narrowed else None  # files of users are read later

    @cached_property
    def policy(self) -> Policy:
        """What the run gates on."""
        return Policy(
            level=Level(self.settings["gate"]),
            strict=self.settings["strict"],
            behaviour=self.settings["gate_behaviour"],
        )

    @property
    def started(self) -> bool:
        """Whether sending has begun."""
        return self._started is not None

    def start(
        self, items: Sequence[tuple[Case, Mode]], target: Target, *, whole: bool, notify: Notify = ignore
    ) -> None:
        """Starts sending what the items need. `whole`: the items are the entire catalogue.

        Raises HarnessError where the output folder is unusable (exit code 4), the run that is continued is another one
        (4), or the budget is too small (2).
        """
        limits = limits_of(self.settings)
        plan = build_plan(
            items, self.library.catalogue, self.library.unasked(target.absent, target.declared, target.model)
        )
        header = RunHeader(
            suite=__version__,
            catalogue=fingerprint(),
            started=now(),
            target=public(target, self.settings),
            whole=whole,
            items=len(items),
            selected=() if whole else tuple(f"{case.id}/{mode}" for case, mode in items),
            requests=plan.requests,
            prices=limits.prices,
            options=self.settings.recorded,
        )
        connection = connection_of(self.settings)
        redactor, policy = Redactor((*target.secrets, *connection.secrets)), policy_of(connection)
        client = client_of(connection, limits_of_client(connection, self.settings), redactor, self.here)
        earlier = NOTHING
        if self.settings["resume"]:
            earlier, journal = self._continued(header, plan, target, redactor, policy, notify)
        else:
            check_budget(estimate_of(plan, self.library.catalogue, self.settings), limits)
            journal = Journal.create(self.folder / JOURNAL, header, redactor=redactor)
        journal.most = self.settings["max_journal"] * MEGABYTE
        for reply in earlier.replies:
            client.hold(reply.exchange)
        wiring = Wiring(
            target,
            client,
            journal,
            self.settings["concurrency"],
            retry=policy,
            limits=limits,
            seconds=self.settings["max_seconds"],
            notify=notify,
            failures=self.settings["give_up_after"],
        )
        engine = Engine(plan, wiring, earlier, self.settings["repeat"])
        self.replies = engine.replies
        self._started = _Started(plan, engine, target, journal)
        engine.start()

    def _continued(
        self,
        header: RunHeader,
        plan: Plan,
        target: Target,
        redactor: Redactor,
        policy: RetryPolicy,
        notify: Notify,
    ) -> tuple[Earlier, Journal]:
        """What the run that is continued recorded, and its journal, open for more."""
        journal = reopen(self.folder / JOURNAL, redactor)
        try:
            recording = read(journal.path)
            check_same(recording.history.header, header, moving=target.name == REFERENCE)
            earlier = earlier_part(recording, (*plan.scenarios, *plan.on_demand), target, policy, redactor)
            journal.note(resume_of(header, recording.torn))
        except BaseException:
            journal.close()
            raise
        missing = sum((scenario.id, 1) not in earlier.done for scenario in plan.scenarios)
        notify(Resumption(len(plan.scenarios) - missing, missing, recording.torn))
        return earlier, journal

    def judge(self, case: Case, mode: Mode) -> Judgement:
        """The judgement of a case; waits for the scenarios that it needs. The run must have been started."""
        assert self._started is not None
        engine, plan = self._started.engine, self._started.plan
        found = engine.preflight()
        if found.fatal:
            lines = (found.reply.exchange.line,) if found.reply is not None else ()
            return Judgement(case.id, mode, Outcome.NOT_RUN, found.fatal, evidence=lines)
        evidence = engine.wait(needed(case, mode, plan, self.library.catalogue))
        bench = bench_of(
            self.library,
            self.policy,
            model=found.target.model,
            declared=found.target.declared,
            lacking=found.target.absent,
        )
        return judge_in_attempts(case, mode, evidence, bench, engine.again, self.settings["repeat"])

    def everything(self) -> Evidence:
        """The replies to all that was planned, for which this waits. The run must have been started.

        Raises HarnessError (exit code 2) where the first request showed that nothing else can be asked.
        """
        assert self._started is not None
        found = self._started.engine.preflight()
        if found.fatal:
            raise HarnessError(f"{self._started.target.name}: {found.fatal}", exit_code=2)
        return self._started.engine.wait(scenario.id for scenario in self._started.plan.scenarios)

    def again(self, scenario_id: str) -> ScenarioReplies:
        """The replies to a scenario that is sent once more; waits for them. The run must have been started."""
        assert self._started is not None
        return self._started.engine.again(scenario_id, 2)

    @property
    def settled(self) -> Target:
        """The target as the preflight left it, for which this waits. The run must have been started."""
        assert self._started is not None
        return self._started.engine.preflight().target

    @property
    def outlay(self) -> Outlay:
        """What was sent so far."""
        if self._started is None:
            return Outlay()
        spent = self._started.engine.spent
        return Outlay(len(self.replies), self._started.plan.requests, limits_of(self.settings).prices.of(spent))

    def close(self) -> None:
        """Stops the engine, and notes the end of a run that completed. Safe to call twice.

        Raises HarnessError where the disk is full.
        """
        if self._started is not None and not self._started.closed:
            self._started.closed = True
            finished = self._started.engine.finished
            self._started.engine.stop()
            if finished:
                self._started.journal.end(EndNote(now()))

    def release(self) -> None:
        """Lets other processes write to the folder of the run."""
        if self._started is not None:
            self._started.journal.close()


@dataclass
class _Started:
    """What a run has once it sends."""

    plan: Plan
    engine: Engine
    target: Target
    journal: Journal
    closed: bool = False


def public(target: Target, settings: RunSettings) -> TargetRecord:
    """What may be written of a target: no key, no header value."""
    return TargetRecord(
        name=target.name,
        url=target.url,
        model=target.model,
        api_version=target.api_version,
        auth=target.auth,
        key_env=target.key_name,
        declared=tuple(sorted(target.declared)),
        lacks=tuple(sorted(target.absent)),
        headers=settings.header_texts,
        select=tuple(settings.selecting(target)),
    )
