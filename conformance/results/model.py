"""The results of a run as frozen dataclasses: the one truth that every output reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from conformance.model import (
    DECIDED,
    DEVIATING,
    Direction,
    Harm,
    KnownDeviation,
    Level,
    Mode,
    Outcome,
    Plane,
    Where,
)
from conformance.results.claims import ClaimResult, VendorResult
from conformance.results.clauses import ClauseResult
from conformance.results.count import CONFORMANCE, INFORMATIONAL, UNSCORED, Summary, summarise
from conformance.results.durations import TimingResult

SCHEMA_VERSION = "1.0"
"""Major and minor version of the results file. Minor versions only add keys; a new major may change meaning."""


@dataclass(frozen=True)
class Suite:
    """What judged: version of the package, edition of the scored set, version of the specification, catalogue hash."""

    version: str
    edition: str | None = None
    spec_version: str = ""
    catalogue: str = ""


@dataclass(frozen=True)
class TargetSummary:
    """What was tested. Holds no secret: `key_env` is the name of the variable, never its value.

    `url` is the configured base URL, `path` the path below it that answered. `auth` is the header style in words.
    `declared` and `lacks` are the capabilities that the target declares and lacks. `select` are the command line
    arguments that choose this target again, `headers` the extra headers, as in `x-team: ${TEAM}`.
    """

    name: str
    url: str
    path: str
    model: str
    api_version: str
    auth: str = ""
    declared: tuple[str, ...] = ()
    key_env: str | None = None
    select: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tokens:
    """Tokens as the endpoint reported them in its usage blocks."""

    input: int = 0
    output: int = 0


@dataclass(frozen=True)
class TraceLine:
    """One line of an excerpt, `at` seconds after the request was started (None: same moment as the line before).

    `marked`: the line is of the event that the finding is about, among its neighbours.
    """

    at: float | None
    text: str
    marked: bool = False


@dataclass(frozen=True)
class FindingResult:
    """One observed deviation, with the lines of the exchange that show it."""

    expected: str
    actual: str
    where: Where = field(default_factory=Where)
    kind: str = "deviation"
    check: str = ""
    excerpt: tuple[TraceLine, ...] = ()


@dataclass(frozen=True)
class CaseResult:
    """The outcome of one case in one mode, with everything a reader needs to check it.

    `level`, `statement` and `source` are those of the governing clause, the first of `clauses`. `seen` counts the
    exchanges that showed what the case is about, `deviating` those with findings. `gates` is set by the judge: this
    outcome violates the gate of the run; so is `can_gate`: a deviation would.
    `evidence` are journal lines, keys of `Results.exchanges`. `variables` are
    the environment variables that the commands in it read. `rerun`,
    `curl` and `accept` are the lines of the failure block with these names. `needs` are the capabilities that the case
    is about. `scored` is False for a case outside the edition. `known` is what
    the baseline says of the deviation, which then does not gate. `attempts` counts how often the scenario was sent to
    judge the case, `deviating_attempts` how often it deviated: more than one only where a model has a say.
    """

    id: str
    title: str
    area: str
    level: Level
    plane: Plane
    mode: Mode
    outcome: Outcome
    clauses: tuple[str, ...] = ()
    statement: str = ""
    source: str = ""
    informational: bool = False
    direction: Direction = Direction.SERVE
    axis: str = CONFORMANCE
    reason: str = ""
    findings: tuple[FindingResult, ...] = ()
    evidence: tuple[int, ...] = ()
    seen: int = 0
    deviating: int = 0
    gates: bool = False
    can_gate: bool = False
    rerun: str = ""
    curl: str = ""
    accept: str = ""
    variables: tuple[str, ...] = ()
    duration: float = 0.0
    needs: tuple[str, ...] = ()
    scored: bool = True
    known: KnownDeviation | None = None
    attempts: int = 1
    deviating_attempts: int = 0

    @property
    def key(self) -> str:
        """Case and mode, as in `stream-usage-counts-input/stream`."""
        return f"{self.id}/{self.mode}"

    @property
    def part(self) -> str:
        """The part of the numbers that this result counts in, one of `PARTS`."""
        if not self.scored:
            return UNSCORED
        return INFORMATIONAL if self.informational else self.axis

    @property
    def deviates(self) -> bool:
        """True where the endpoint does something else than the clause, whether that gates or not."""
        return self.outcome in DEVIATING

    @property
    def decided(self) -> bool:
        """True where the claim is settled."""
        return self.outcome in DECIDED


@dataclass(frozen=True)
class ExchangeSummary:
    """One request and its response, cut for reading; the journal holds them whole. Times are seconds.

    `place` is set for what was recorded elsewhere, as in `access.ndjson:12`; `line` then counts exchanges.
    """

    line: int
    scenario: str
    mode: Mode
    step: int
    attempt: int
    method: str
    url: str
    status: int | None = None
    started: str = ""
    elapsed: float | None = None
    first_byte: float | None = None
    request_id: str | None = None
    request: str = ""
    request_truncated: bool = False
    response: str = ""
    response_truncated: bool = False
    trouble: str | None = None
    place: str = ""


@dataclass(frozen=True)
class Gate:
    """Whether the gate of a run holds, and why not. `policy` names what gates, as in `must, strict`.

    `missing` are the sentences on what was not decided although a green needs it, `declined` those on what the tier of
    the run needs and the endpoint declines; both are among the `reasons`. `explained` are the keys of results that
    could not be decided because of defects that the baseline lists; they are not missing.
    """

    holds: bool
    reasons: tuple[str, ...]
    policy: str
    missing: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()


@dataclass(frozen=True)
class TierResult:
    """Whether a tier is reached: `id` is `core`, `agent` or `full`, `status` `reached`, `not-reached` or `undecided`.

    `total` is all results that count for the tier, also those that an incomplete run has not judged. `deciding` are the
    cases that keep it from being reached. `covers` says what the tier is about.
    """

    id: str
    title: str
    status: str
    passed: int = 0
    decided: int = 0
    total: int = 0
    deciding: tuple[str, ...] = ()
    covers: str = ""
    reason: str = ""


@dataclass(frozen=True)
class EntryResult:
    """One entry of the baseline. `mode` None: every mode. `entry` is its place, as in `known.yaml:12`.

    `state` is `passes`, `expired` or `unmatched`, which are stale and gate, or `open`: left alone. `sentence` says what
    to do.
    """

    case: str
    mode: Mode | None
    state: str
    entry: str
    sentence: str


@dataclass(frozen=True)
class BaselineResult:
    """The baseline of a run: how many entries, and which of them are stale or were left alone.

    `update` says what an update has written, and is empty where there was none.
    """

    file: str
    entries: int = 0
    stale: tuple[EntryResult, ...] = ()
    open: tuple[EntryResult, ...] = ()
    update: str = ""


@dataclass(frozen=True)
class CapabilityResult:
    """One capability as three facts. `core`: no target is exempt from it.

    `declared` is None where the target says nothing, `probed` is `accepted`, `declined` or `unknown`, `observed` is
    None where no answer can show the capability. `evidence` are journal lines. `contradiction` is a sentence or empty.
    """

    name: str
    title: str
    core: bool
    declared: bool | None
    probed: str
    observed: bool | None
    contradiction: str = ""
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True)
class AffectedClient:
    """A client that a defect `breaks` or `degrades`, and what its user sees."""

    id: str
    title: str
    impact: str
    symptom: str
    workaround: str = ""


@dataclass(frozen=True)
class DefectResult:
    """Findings of one cause, by the rules of `specs/defects.yaml`.

    `level` is the highest of its cases, of those that gate where it `gates`. `cases` are results as `case/mode`, the
    one to read first in front: of those that weigh most, the one with the smallest exchange. `exchanges` are journal
    lines; `hides` results that could not be decided because of it; `affects` the clients that it affects, worst first.
    """

    id: str
    title: str
    harm: Harm
    gates: bool
    level: Level
    cases: tuple[str, ...] = ()
    exchanges: tuple[int, ...] = ()
    hides: tuple[str, ...] = ()
    affects: tuple[AffectedClient, ...] = ()


@dataclass(frozen=True)
class NeedResult:
    """A need of a client that the endpoint does not serve (`violated`), or that was not decided (`undecided`).

    `id` is a mechanism of `specs/clients/mechanisms.yaml`, or a case. `does` completes "The client ...". `impact` is
    `breaks` or `degrades`. `cases` are the results that decide, as `case/mode`.
    """

    id: str
    does: str
    impact: str
    state: str
    cases: tuple[str, ...]
    symptom: str
    workaround: str = ""


@dataclass(frozen=True)
class ClientResult:
    """Whether the endpoint is ready for a client: `ready`, `limited`, `not-ready` or `undecided`.

    `deciding` are the cases that keep it from being ready; `symptoms` what its user sees of those that deviate, what
    breaks first. `needs` are all needs that are not served, or not decided.
    """

    id: str
    title: str
    version: str
    readiness: str
    deciding: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    needs: tuple[NeedResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run against one target.

    `unfollowed` is a sentence on a model that follows no instruction, or empty. `started` is an RFC 3339 time in UTC.
    `cost` is in US dollars, None where no prices are known. `exit_code` is the exit code of the process: 0 the gate
    holds, 1 violated, 2 could not decide, 3 our own error, 4 bad input. Of several targets each has its own, and the
    process ends with the worst. `exchanges` maps journal lines to their summaries. `clauses` are those of the cases.
    `vendor` is the one whose profile the run is about, `claims` what became of those in its own documents.
    """

    schema_version: str = SCHEMA_VERSION
    suite: Suite
    target: TargetSummary
    started: str
    duration_s: float
    requests: int
    tokens: Tokens = field(default_factory=Tokens)
    cost: float | None = None
    complete: bool = True
    incomplete_reason: str = ""
    unfollowed: str = ""
    exit_code: int
    gate: Gate
    tiers: tuple[TierResult, ...] = ()
    clients: tuple[ClientResult, ...] = ()
    vendor: VendorResult | None = None
    claims: tuple[ClaimResult, ...] = ()
    timing: TimingResult | None = None
    capabilities: tuple[CapabilityResult, ...] = ()
    baseline: BaselineResult | None = None
    cases: tuple[CaseResult, ...]
    defects: tuple[DefectResult, ...] = ()
    exchanges: Mapping[int, ExchangeSummary] = field(default_factory=dict)
    clauses: tuple[ClauseResult, ...] = ()

    @cached_property
    def summary(self) -> Summary:
        """All numbers of this run, counted from `cases` and from nothing else."""
        return summarise(self.cases)
