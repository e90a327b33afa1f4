"""A run of one process: the library, the target, the engine, and the files that are left behind.

Belongs here: the order of things from options to files. Does not belong here: pytest (see `items.py` and
`plugin.py`), judging, wording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from conformance import __version__
from conformance.base.versions import DEFAULT_VERSION
from conformance.config.settings import Settings, target_of
from conformance.config.target import REFERENCE, Target
from conformance.engine.budget import limits_of
from conformance.engine.estimate import check_budget, estimate_of
from conformance.engine.loop import Engine, Wiring
from conformance.engine.plan import Plan, build_plan, check_selection, needed
from conformance.engine.resume import NOTHING, Earlier, check_same, earlier_part, read_run
from conformance.engine.retry import RetryPolicy
from conformance.engine.sender import Slowdown
from conformance.judge.attempts import judge_in_attempts
from conformance.judge.library import bench_of, load_library
from conformance.judge.verdict import Policy
from conformance.model import Case, Clause, HarnessError, Judgement, Level, Mode, Outcome
from conformance.protocol.reply import Reply
from conformance.report import plan as words
from conformance.results import Target as TargetFacts
from conformance.results.build import target_facts
from conformance.results.conclusions import Grading, grading_of
from conformance.standard.library import Library, fingerprint
from conformance.wire.client import Client
from conformance.wire.journal import Journal
from conformance.wire.limits import Limits
from conformance.wire.redact import Redactor

JOURNAL = "journal.ndjson"

Tell = Callable[[str], None]
"""Shows a line to whoever waits for a run."""


def silent(line: str) -> None:
    """Shows nothing."""


@dataclass
class Run:
    """One run. Holds what was loaded and started; `close` ends it. Not shared between processes.

    `here` is the current folder, `stamp` the UTC time that names the folder of the run, `several` tells that there are
    runs against other targets beside this one, `today` decides which entries of the baseline have expired. `replies`
    are what this process has read so far, by journal line.
    """

    settings: Settings
    here: Path
    stamp: str
    files: tuple[Path, ...] = ()
    several: bool = False
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    _library: Library | None = None
    replies: Mapping[int, Reply] = field(default_factory=dict)
    _engine: Engine | None = None
    _plan: Plan | None = None
    _target: Target | None = None
    _journal: Journal | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def library(self) -> Library:
        """The library with all user files that were added so far."""
        if self._library is None:
            self._library = load_library(self.settings["api_version"], self.files, self.settings["edition"])
        return self._library

    def add_file(self, path: Path) -> None:
        """Adds a user's case file. Raises SourceError for a malformed one."""
        if path not in self.files:
            self.files = (*self.files, path)
            self._library = None
            _ = self.library

    def check_selection(self) -> None:
        """Raises HarnessError (exit code 4) where the options name what does not exist."""
        check_selection(self.settings, self.library.catalogue)
        _ = self.grading

    @cached_property
    def grading(self) -> Grading:
        """What the run is measured with. Raises HarnessError (exit code 4) for an unusable baseline or capability."""
        return grading_of(self.settings, self.library, self.here, self.today)

    @property
    def target_name(self) -> str:
        """The name of the target, known before anything is started."""
        target = target_of(self.settings)
        return target.name if target is not None else REFERENCE

    @property
    def folder(self) -> Path:
        """Where the files of the run go."""
        if self.settings["resume"]:
            return self.here / str(self.settings["resume"])
        if self.settings["out"]:
            out = self.here / str(self.settings["out"])
            return out / self.target_name if self.several else out
        return self.here / "reports" / self.target_name / self.stamp

    @cached_property
    def policy(self) -> Policy:
        """What the run gates on."""
        return Policy(
            level=Level(self.settings["gate"]),
            strict=self.settings["strict"],
            behaviour=self.settings["gate_behaviour"],
        )

    def start(self, items: Sequence[tuple[Case, Mode]], *, whole: bool, tell: Tell = silent) -> None:
        """Starts sending what the items need. `whole`: the items are the entire catalogue.

        Raises HarnessError where the target or the output folder is unusable (exit code 4), the run that is continued
        is another one (4), or the budget is too small (2).
        """
        limits = limits_of(self.settings)
        target = target_of(self.settings) or self._reference()
        plan = build_plan(items, self.library.catalogue, self.library.unasked(target.absent))
        header = {
            "suite": __version__,
            "catalogue": fingerprint(),
            "target": self._public(target),
            "started": _now(),
            "whole": whole,
            "items": len(items),
            "selected": [] if whole else [f"{case.id}/{mode}" for case, mode in items],
            "requests": plan.requests,
            "prices": {"input": limits.prices.input, "output": limits.prices.output},
            "options": self.settings.recorded,
        }
        redactor, policy = Redactor(target.secrets), RetryPolicy()
        earlier = NOTHING
        if self.settings["resume"]:
            earlier, journal = self._continued(header, plan, target, redactor, policy, tell)
        else:
            check_budget(estimate_of(plan, self.library.catalogue, self.settings), limits)
            journal = Journal.create(self.folder / JOURNAL, header, redactor=redactor)

        def slowed(slow: Slowdown) -> None:
            tell(words.slowed(target.name, slow.status, slow.pause_s, slow.done, slow.left, slow.seconds_left))

        wiring = Wiring(
            target,
            Client(redactor, Limits()),
            journal,
            self.settings["concurrency"],
            retry=policy,
            limits=limits,
            tell=slowed,
        )
        engine = Engine(plan, wiring, earlier)
        self.replies = engine.replies
        self._open.callback(engine.stop)
        self._plan, self._engine, self._target, self._journal = plan, engine, target, journal
        engine.start()

    def _continued(
        self,
        header: Mapping[str, object],
        plan: Plan,
        target: Target,
        redactor: Redactor,
        policy: RetryPolicy,
        tell: Tell,
    ) -> tuple[Earlier, Journal]:
        """What the run that is continued recorded, and its journal, open for more."""
        if self.several:
            raise HarnessError("--resume continues the run of one target: name one", exit_code=4)
        path = self.folder / JOURNAL
        recording = read_run(path)
        check_same(recording.header, header, moving=target.name == REFERENCE)
        earlier = earlier_part(recording, plan.scenarios, target, policy, redactor)
        missing = [scenario for scenario in plan.scenarios if (scenario.id, 1) not in earlier.done]
        journal = Journal.reopen(path, redactor=redactor)
        kept = ("started", "whole", "items", "selected", "prices", "options")
        journal.note({"what": "resume", "torn": recording.torn, **{key: header[key] for key in kept}})
        tell(words.resumed(target.name, len(plan.scenarios) - len(missing), len(missing), recording.torn))
        return earlier, journal

    @property
    def started(self) -> bool:
        """Whether sending has begun."""
        return self._engine is not None

    def judge(self, case: Case, mode: Mode) -> Judgement:
        """The judgement of a case; waits for the scenarios that it needs."""
        assert self._engine is not None
        assert self._plan is not None
        found = self._engine.preflight()
        if found.fatal:
            lines = (found.reply.exchange.line,) if found.reply is not None else ()
            return Judgement(case.id, mode, Outcome.NOT_RUN, found.fatal, evidence=lines)
        evidence = self._engine.wait(needed(case, mode, self._plan, self.library.catalogue))
        judgement = judge_in_attempts(
            case,
            mode,
            evidence,
            bench_of(
                self.library,
                self.policy,
                model=found.target.model,
                declared=found.target.declared,
                lacking=found.target.absent,
            ),
            self._engine.again,
            self.settings["repeat"],
        )
        return self.grading.excused(judgement)

    def for_report(self) -> tuple[Mapping[str, Clause], TargetFacts, Mapping[int, Reply]]:
        """What a failure block needs while the run goes on: clauses, target, replies by journal line."""
        assert self._engine is not None
        assert self._target is not None
        found = self._engine.preflight()
        facts = target_facts(self._public(self._target), found.target.root, found.target.auth)
        return self.library.ledger.clauses, facts, self._engine.replies

    def _reference(self) -> Target:
        """Starts the embedded reference endpoint and returns it as the target."""
        from conformance.reference.models import lacking
        from conformance.reference.server import LocalServer

        server = self._open.enter_context(LocalServer())
        model = self.settings["model"] or server.model
        lacks = lacking(model) | frozenset(self.settings["lacks"])
        return Target(
            name=REFERENCE,
            url=server.url,
            model=model,
            api_key=server.key,
            secrets=(server.key,),
            auth=self.settings["auth"],
            api_version=self.settings["api_version"],
            declared=frozenset(need for case in self.library.catalogue.cases for need in case.needs) - lacks,
            absent=lacks,
        )

    def _public(self, target: Target) -> dict[str, object]:
        """What may be written of a target: no key, no header value."""
        return {
            "name": target.name,
            "url": target.url,
            "model": target.model,
            "api_version": target.api_version,
            "auth": target.auth,
            "key_env": target.key_name,
            "declared": sorted(target.declared),
            "lacks": sorted(target.absent),
            "headers": [name for name, _ in target.headers],
            "select": self._select(target),
        }

    def _select(self, target: Target) -> list[str]:
        """The arguments that choose the target again; none for the embedded reference endpoint."""
        if self.settings.target is not None:
            file = self.settings["targets"]
            return [*(["--targets", file] if file != "targets.toml" else []), "--target", self.settings.target]
        if target.name == REFERENCE:
            return [f"--lacks={name}" for name in sorted(self.settings["lacks"])]
        lacks = [f"--lacks={name}" for name in sorted(target.absent)]
        said = [*(f"--declare={name}" for name in sorted(target.declared)), *lacks]
        arguments = ["--url", target.url, "--model", target.model, "--api-key-env", target.key_name, *said]
        return arguments if target.api_version == DEFAULT_VERSION else [*arguments, "--api-version", target.api_version]

    def close(self) -> None:
        """Stops the engine, ends the journal, stops the reference endpoint. Safe to call twice."""
        engine, journal = self._engine, self._journal
        if engine is not None and journal is not None:
            engine.stop()
            journal.end({"ended": _now()})
            self._engine = self._journal = None
        self._open.close()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
