"""The words that every layer shares, as frozen dataclasses: clause, case, scenario, exchange, finding, judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.base.values import shortened

Json = Any
"""A value that `json.loads` can return. Typed loosely on purpose: what an endpoint sends has no promised shape."""


def worst(codes: Sequence[int]) -> int:
    """The exit code of several: bad input before an error of ours before a violated gate before one that could not be
    decided.
    """
    return next((code for code in (4, 3, 1, 2) if code in codes), 0)


class Level(StrEnum):
    """How strongly a clause binds."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Direction(StrEnum):
    """What a clause is about: what a valid request gets (serve) or what an invalid one gets (refuse)."""

    SERVE = "serve"
    REFUSE = "refuse"


class Plane(StrEnum):
    """Who decides the outcome: the server alone (protocol) or the model as well (behaviour)."""

    PROTOCOL = "protocol"
    BEHAVIOUR = "behaviour"


class Mode(StrEnum):
    """How a message is asked for: one JSON body, or an event stream."""

    JSON = "json"
    STREAM = "stream"


class Selector(StrEnum):
    """A kind of reply that a case judges wherever it occurs in a run (`on: every-stream`)."""

    EVERY_STREAM = "every-stream"
    EVERY_STREAM_REQUEST = "every-stream-request"
    EVERY_ANSWER = "every-answer"
    EVERY_ERROR = "every-error"
    EVERY_RESPONSE = "every-response"
    EVERY_COUNT = "every-count"

    @property
    def streams(self) -> bool:
        """True where only answers to requests for a stream are meant."""
        return self in (Selector.EVERY_STREAM, Selector.EVERY_STREAM_REQUEST)


@dataclass(frozen=True)
class ScenarioName:
    """The name of a scenario as a case writes it. `mode` None: the mode in which the case is judged (`text`);
    otherwise this mode alone (`text/stream`).
    """

    name: str
    mode: Mode | None = None

    @classmethod
    def parse(cls, text: str) -> ScenarioName:
        """Reads `name` or `name/mode`. Raises ValueError for an unknown mode."""
        name, slash, mode = text.partition("/")
        return cls(name, Mode(mode) if slash else None)

    def __str__(self) -> str:
        return f"{self.name}/{self.mode}" if self.mode is not None else self.name


class Outcome(StrEnum):
    """What can be said of a case after judging."""

    PASS = "pass"
    FAIL = "fail"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"
    NOT_RUN = "not-run"


DEVIATING = (Outcome.FAIL, Outcome.IGNORED)
"""Outcomes that report a deviation."""

DECIDED = (Outcome.PASS, *DEVIATING)
"""Outcomes that say something about the endpoint; the denominators of every number."""


class Harm(StrEnum):
    """What a defect does to clients, worst first.

    `breaks`: a client stops or cannot be used. `loses`: what was sent or answered is lost in silence. `misleads`: a
    client shows or does something wrong. `degrades`: something works less well. `tolerates`: a mistake of a client is
    noticed later than with the API.
    """

    BREAKS = "breaks"
    LOSES = "loses"
    MISLEADS = "misleads"
    DEGRADES = "degrades"
    TOLERATES = "tolerates"


@dataclass(frozen=True)
class SourceLink:
    """A source of a clause: what it is, its address, and the date of the state in which it was read. Address and date
    may be empty.
    """

    text: str
    url: str = ""
    date: str = ""


@dataclass(frozen=True)
class Clause:
    """One normative statement about the API. The ledger under `specs/clauses/` holds all of them.

    `uncertain` says why the statement itself is not sure; such a clause informs and never decides. `caveat` is a
    remark that does not weaken the statement. `corrected` is the date on which the clause was corrected, and what
    changed. `uncovered` is the reason why no case tests the clause yet.
    """

    id: str
    area: str
    level: Level
    direction: Direction
    grade: str
    depends: str
    statement: str
    observe: str
    source: str
    uncertain: str | None = None
    caveat: str | None = None
    corrected: str | None = None
    uncovered: str | None = None

    @property
    def informational(self) -> bool:
        """True when a violation of this clause is reported but never decides: level may, grade D, or uncertain."""
        return self.level is Level.MAY or self.grade == "D" or self.uncertain is not None


@dataclass(frozen=True)
class CheckCall:
    """One line of `expect` or `given`: a check by name, its argument, the step it looks at (1-based, None: last)."""

    name: str
    argument: Json = None
    step: int | None = None


INVALID_KEY = "invalid-key-0000000000"
"""Sent by the cases that use a wrong key. Not a secret."""


@dataclass(frozen=True)
class Step:
    """One request to send, before the target's base URL, model, key and version are filled in.

    `body` is a JSON value, in which `{"$reply": ...}` is replaced by a part of the previous reply, or None.
    `raw` replaces the body by these exact bytes. A header with value None is left out, one with several values is
    sent as several lines. `auth` is `default`, `none`,
    `invalid`, `x-api-key`, `bearer` or `both`. `fill_model` False leaves `model` out where the body does not name one.
    """

    method: str = "POST"
    path: str = "/v1/messages"
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str | Sequence[str] | None] = field(default_factory=dict)
    body: Json = None
    raw: bytes | None = None
    auth: str = "default"
    fill_model: bool = True

    @property
    def makes_message(self) -> bool:
        """True for requests that create a message, which exist in both modes."""
        return self.method == "POST" and self.path == "/v1/messages"


@dataclass(frozen=True)
class Scenario:
    """What is sent, once per run: one or a few steps in one mode. `name` is shared by its two modes."""

    name: str
    mode: Mode
    steps: tuple[Step, ...]

    @property
    def id(self) -> str:
        """The scenario's key in plan and journal, as in `weather/stream`."""
        return f"{self.name}/{self.mode}"


@dataclass(frozen=True)
class Part:
    """A part of the request of a case: the same request without the other parts, sent only where the whole is refused.

    `name` is how findings call it, `scenario` the name of what is sent. `is_case` is True where a case of that name
    judges the part.
    """

    name: str
    scenario: str
    steps: tuple[Step, ...]
    is_case: bool = False


@dataclass(frozen=True)
class Case:
    """One claim that follows from clauses and is judged on replies by checks.

    Exactly one of `steps` (the case's own scenario, named `scenario`) and `on` (other scenarios, or kinds of
    replies) is set. `lacks` are capabilities without which a model has to be known for the claim to be about it;
    `opt_in` are those in `needs` that nothing asks for unless they are declared, `reported_by` is the case that
    reports a missing route. `control` names the scenario that is the same request without the thing under test,
    `beside` further scenarios that checks may look up, and `gauges` those that show in both modes whether token
    counts are evidence. The first of `clauses` governs the level. A case that expects a refusal has direction
    refuse. `protects` marks refusals that gate although strictness does not. `probes` are the scenarios that show
    the capabilities in `needs`, in the same order, None without a probe. `parts` are what `steps` is put together
    from, for a case whose refusal is looked into. `within` names a scenario whose request holds `steps` and more: where
    its reply meets the claim, `steps` are not sent. `derived` says how a case that follows from the OpenAPI document
    breaks its request (`missing`, `type`, `bound`, `unknown`), and is empty for others. `tier` is the tier that
    counts the case (core, agent, full), empty for a user's own case. `scored` is False for a case that the edition
    of the run does not hold.
    """

    id: str
    title: str
    area: str
    clauses: tuple[str, ...]
    level: Level
    direction: Direction
    informational: bool
    plane: Plane
    modes: tuple[Mode, ...]
    expect: tuple[CheckCall, ...]
    file: str
    line: int
    steps: tuple[Step, ...] = ()
    parts: tuple[Part, ...] = ()
    within: ScenarioName | None = None
    scenario: str | None = None
    on: tuple[ScenarioName | Selector, ...] = ()
    control: ScenarioName | None = None
    beside: tuple[ScenarioName, ...] = ()
    gauges: tuple[ScenarioName, ...] = ()
    given: tuple[CheckCall, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    opt_in: tuple[str, ...] = ()
    reported_by: str = ""
    protects: bool = False
    caught: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    derived: str = ""
    probes: tuple[ScenarioName | None, ...] = ()
    tier: str = ""
    scored: bool = True

    @property
    def judged(self) -> tuple[ScenarioName, ...]:
        """The scenarios that the case judges by name: its own, or those among `on`."""
        if not self.on:
            return (ScenarioName(self.scenario or self.id),)
        return tuple(name for name in self.on if isinstance(name, ScenarioName))

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """The kinds of replies that the case judges."""
        return tuple(name for name in self.on if isinstance(name, Selector))


@dataclass(frozen=True)
class Where:
    """Where a finding was made: a journal line, and in it a JSON pointer, an event (1-based) or a byte offset.

    `file` is set for what was recorded elsewhere, as in `access.ndjson:12`; `line` then counts exchanges.
    """

    line: int = 0
    scenario: str = ""
    pointer: str | None = None
    event: int | None = None
    offset: int | None = None
    file: str = ""

    def __post_init__(self) -> None:
        """Cuts the pointer, which holds names that an endpoint chose."""
        if self.pointer is not None:
            object.__setattr__(self, "pointer", shortened(self.pointer))


@dataclass(frozen=True)
class Finding:
    """One observed deviation. `kind` groups findings of one cause, for example `accepted` for a missing refusal.

    `expected` and `actual` may quote an endpoint and are cut, however they were made (`base.values.LONGEST`).
    """

    check: str
    expected: str
    actual: str
    where: Where = Where()
    kind: str = "deviation"

    def __post_init__(self) -> None:
        """Cuts the texts."""
        object.__setattr__(self, "expected", shortened(self.expected))
        object.__setattr__(self, "actual", shortened(self.actual))


@dataclass(frozen=True)
class KnownDeviation:
    """What the baseline says of a known deviation. `entry` is the place of the entry, as in `known.yaml:12`."""

    reason: str
    expires: str
    entry: str
    link: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Judgement:
    """The outcome of one case in one mode.

    `reason` is a sentence for outcomes other than pass, cut like the texts of a finding. `seen` counts the exchanges
    that showed what the case is about, `deviating` those with findings. `evidence` are journal lines. `gates` is True
    where the outcome violates the gate of the run, `can_gate` where a deviation would. `axis` is `conformance` or
    `strictness`. `known` is set where the baseline lists the deviation, which then does not gate. `attempts` counts how
    often the scenario was sent to judge the case, `deviating_attempts` how often it deviated. `because` is the
    defect, or the rule of `specs/defects.yaml`, that keeps the case from being decided, where the judge knows it.
    """

    case: str
    mode: Mode
    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    evidence: tuple[int, ...] = ()
    seen: int = 0
    deviating: int = 0
    gates: bool = False
    axis: str = "conformance"
    can_gate: bool = False
    known: KnownDeviation | None = None
    attempts: int = 1
    deviating_attempts: int = 0
    because: str = ""

    def __post_init__(self) -> None:
        """Cuts the reason."""
        object.__setattr__(self, "reason", shortened(self.reason))


@dataclass(frozen=True)
class Caller:
    """A client that sends requests: its name, its `user-agent` up to a parenthesis, and how many requests it sent."""

    client: str
    agent: str
    requests: int


@dataclass(frozen=True)
class Experience:
    """What happened to a client: its name, a sentence without its subject, how often, and where (the first places)."""

    client: str
    what: str
    count: int
    places: tuple[str, ...]
