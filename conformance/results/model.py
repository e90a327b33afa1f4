"""What was judged and what was counted: the pieces of a results file that stand on their own.

Belongs here: suite, target, cases, exchanges and counts as frozen dataclasses. Does not belong here: how counts are
made (`numbers.py`), what is concluded from them (`conclusions.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.model import Direction, KnownDeviation, Level, Mode, Outcome, Plane, Where

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
    `declared` and `lacks` are the abilities that the endpoint is said to have and to lack. `select` are the command
    line arguments that choose this target again.
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
    breaks: tuple[str, ...] = ()
    rerun: str = ""
    curl: str = ""
    accept: str = ""
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
