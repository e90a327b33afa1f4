"""The results of a run: the one truth that every output reads.

Belongs here: what a results file holds, as frozen dataclasses, every number that is told about a run (`summarise`),
and whether the gate holds (`gate`). Does not belong here: judging, wording for people, JSON (see
`report/json_file.py`), files. Imports `model` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from conformance.model import Direction, Known, Level, Mode, Outcome, Plane, Where

SCHEMA_VERSION = "1.1"
"""Major and minor version of the results file. Minor versions only add keys; a new major may change meaning."""

CONFORMANCE, STRICTNESS, INFORMATIONAL, UNSCORED = "conformance", "strictness", "informational", "unscored"
PARTS = (CONFORMANCE, STRICTNESS, INFORMATIONAL, UNSCORED)
"""The parts that numbers are told in. Informational cases and those outside the edition stand apart: they never decide.
"""

DEVIATING = frozenset({Outcome.FAIL, Outcome.IGNORED})
"""Outcomes that say: the endpoint does something else than the clause."""

DECIDED = DEVIATING | {Outcome.PASS}
"""Outcomes that settle the claim. Everything else says why the claim stays open."""


@dataclass(frozen=True)
class Suite:
    """What judged: version of the package, edition of the scored set, version of the specification, catalogue hash."""

    version: str
    edition: str | None = None
    spec_version: str = ""
    catalogue: str = ""


@dataclass(frozen=True)
class Target:
    """What was tested. Holds no secret: `key_env` is the name of the variable, never its value.

    `url` is the configured base URL, `path` the path below it that answered. `auth` is the header style in words.
    `select` are the command line arguments that choose this target again.
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


@dataclass(frozen=True)
class Tokens:
    """Tokens as the endpoint reported them in its usage blocks."""

    input: int = 0
    output: int = 0


@dataclass(frozen=True)
class TraceLine:
    """One line of an excerpt, `at` seconds after the request was started (None: same moment as the line before)."""

    at: float | None
    text: str


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
    outcome violates the gate of the run. `evidence` are journal lines, keys of `Results.exchanges`. `breaks` are notes
    on which client suffers. `rerun`, `curl` and `accept` are the lines of the failure block with these names. `needs`
    are the optional abilities that the case is about. `scored` is False for a case outside the edition. `known` is what
    the baseline says of the deviation, which then does not gate.
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
    breaks: tuple[str, ...] = ()
    rerun: str = ""
    curl: str = ""
    accept: str = ""
    duration: float = 0.0
    needs: tuple[str, ...] = ()
    scored: bool = True
    known: Known | None = None

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
    """One request and its response, cut for reading; the journal holds them whole. Times are seconds."""

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


@dataclass(frozen=True)
class Count:
    """How many results have which outcome. `decided` is passed, failed and ignored; `total` is all, never-run included.

    `deviating` is failed and ignored, `open` is what is not decided, `gating` the results that violate the gate,
    `known` the deviations that the baseline lists.
    """

    total: int = 0
    decided: int = 0
    passed: int = 0
    failed: int = 0
    ignored: int = 0
    unsupported: int = 0
    inconclusive: int = 0
    not_applicable: int = 0
    not_run: int = 0
    deviating: int = 0
    open: int = 0
    gating: int = 0
    known: int = 0


@dataclass(frozen=True)
class Part:
    """The numbers of one part of the results."""

    total: Count
    by_area: Mapping[str, Count]
    by_level: Mapping[str, Count]


@dataclass(frozen=True)
class Summary:
    """Every number that is told about a run. A case that is judged in two modes counts twice; `cases` counts it once.

    `by_axis` splits the same results into `PARTS`. In each mapping the counts add up to the total above it.
    """

    cases: int
    total: Count
    by_area: Mapping[str, Count]
    by_level: Mapping[str, Count]
    by_axis: Mapping[str, Part]


@dataclass(frozen=True)
class Gate:
    """Whether the gate of a run holds. `exit_code` is 0 holds, 1 violated, 2 could not decide; `policy` names it."""

    holds: bool
    exit_code: int
    reasons: tuple[str, ...]
    policy: str


@dataclass(frozen=True)
class LevelResult:
    """Whether a named level (Core, Agent, Full) is reached: `status` is `reached`, `not-reached` or `undecided`.

    `total` is all results that count for the level, also those that an incomplete run has not judged. `deciding` are
    the cases that keep it from being reached. `covers` says what the level is about.
    """

    name: str
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
    """One ability as three facts. `core`: no target is exempt from it.

    `declared` is None where the target says nothing, `probed` is `accepted`, `declined` or `unknown`, `observed` is
    None where no answer can show the ability. `evidence` are journal lines. `contradiction` is a sentence or empty.
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
class ClientResult:
    """Whether a client works: `status` is `ready`, `limited`, `not-ready` or `undecided`, with the deciding cases."""

    name: str
    version: str
    status: str
    reason: str = ""
    deciding: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClaimResult:
    """One claim of the vendor's own documents beside what was observed: `status` is `kept`, `broken` or `undecided`."""

    claim: str
    status: str
    observed: str = ""
    source: str = ""
    dated: str = ""
    deciding: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """One run against one target.

    `started` is an RFC 3339 time in UTC. `cost` is in US dollars, None where no prices are known. `exchanges` maps
    journal lines to their summaries. The summary is computed from `cases` and from nothing else.
    """

    suite: Suite
    target: Target
    started: str
    duration_s: float
    requests: int
    cases: tuple[CaseResult, ...]
    gate: Gate
    tokens: Tokens = Tokens()
    cost: float | None = None
    complete: bool = True
    incomplete_reason: str = ""
    exchanges: Mapping[int, ExchangeSummary] = field(default_factory=dict)
    levels: tuple[LevelResult, ...] = ()
    clients: tuple[ClientResult, ...] = ()
    claims: tuple[ClaimResult, ...] = ()
    capabilities: tuple[CapabilityResult, ...] = ()
    baseline: BaselineResult | None = None
    schema_version: str = SCHEMA_VERSION

    @cached_property
    def summary(self) -> Summary:
        """All numbers of this run, see `summarise`."""
        return summarise(self.cases)


def summarise(cases: Sequence[CaseResult]) -> Summary:
    """Counts results by area, by level and by part. Every output prints these numbers and computes none of its own."""
    by_axis = {}
    for name in PARTS:
        members = [case for case in cases if case.part == name]
        by_axis[name] = Part(_count(members), _by_area(members), _by_level(members))
    distinct = len({case.id for case in cases})
    return Summary(distinct, _count(cases), _by_area(cases), _by_level(cases), by_axis)


def level_result(
    name: str,
    status: str,
    members: Sequence[CaseResult],
    absent: int,
    *,
    deciding: tuple[str, ...] = (),
    covers: str = "",
    reason: str = "",
) -> LevelResult:
    """A named level with its numbers: `members` are the results that count, `absent` how many were not judged."""
    count = _count(members)
    return LevelResult(name, status, count.passed, count.decided, count.total + absent, deciding, covers, reason)


def gate(cases: Sequence[CaseResult], policy: str, complete: bool, incomplete_reason: str = "", stale: int = 0) -> Gate:
    """Adds up what the judge decided per case. A deviation that was seen counts even where the run is incomplete.

    `stale` is the number of stale entries of the baseline, which gate as well.
    """
    total = _count(cases)
    reasons = []
    if total.gating:
        reasons.append(f"{total.gating} of {total.decided} decided results violate a gating clause")
    if stale:
        reasons.append(
            f"{stale} {'entry' if stale == 1 else 'entries'} of the baseline {'is' if stale == 1 else 'are'} stale"
        )
    if not complete:
        reasons.append(f"the run is incomplete: {incomplete_reason}" if incomplete_reason else "the run is incomplete")
    if not total.decided:
        reasons.append(f"none of {total.total} results could be decided")
    undecided = not complete or not total.decided
    exit_code = 1 if total.gating or stale else 2 if undecided else 0
    return Gate(exit_code == 0, exit_code, tuple(reasons), policy)


def _count(cases: Iterable[CaseResult]) -> Count:
    members = list(cases)
    outcomes = {outcome: sum(case.outcome is outcome for case in members) for outcome in Outcome}
    decided = sum(outcomes[outcome] for outcome in DECIDED)
    return Count(
        total=len(members),
        decided=decided,
        passed=outcomes[Outcome.PASS],
        failed=outcomes[Outcome.FAIL],
        ignored=outcomes[Outcome.IGNORED],
        unsupported=outcomes[Outcome.UNSUPPORTED],
        inconclusive=outcomes[Outcome.INCONCLUSIVE],
        not_applicable=outcomes[Outcome.NOT_APPLICABLE],
        not_run=outcomes[Outcome.NOT_RUN],
        deviating=sum(outcomes[outcome] for outcome in DEVIATING),
        open=len(members) - decided,
        gating=sum(case.gates for case in members),
        known=sum(case.known is not None for case in members),
    )


def _by_area(cases: Sequence[CaseResult]) -> dict[str, Count]:
    areas = dict.fromkeys(case.area for case in cases)
    return {area: _count(case for case in cases if case.area == area) for area in areas}


def _by_level(cases: Sequence[CaseResult]) -> dict[str, Count]:
    return {level.value: _count(case for case in cases if case.level is level) for level in Level}
