"""What a check is: a named pure function from one reply, or from all replies of a case, to an observation.

The decorators here give a function its name; findings take it from there. Each family of checks is one module of
`checks/`, which `checks/__init__.py` finds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import Any, Final, Protocol

from conformance.model import Case, Finding, Json, Mode, ScenarioName, Where
from conformance.protocol.reply import Reply
from conformance.standard.document import Document


@dataclass(frozen=True)
class Observation:
    """What a check observes in the evidence it was given.

    `seen` is False where the evidence does not show what the check is about (no thinking block to look at): such
    evidence neither passes nor fails, and `note` may say what hides it. `absent` says that nothing hides it, even
    where the body cannot be read. `because` is the defect that hides it (`specs/defects.yaml`). Without
    findings, what was seen is as it should be.
    """

    seen: bool
    findings: tuple[Finding, ...] = ()
    note: str = ""
    absent: bool = False
    because: str = ""


MOST_FINDINGS: Final = 20
"""Findings of one observation that are kept; an endpoint decides how many there could be."""

NOTHING_SEEN: Final = Observation(seen=False)
"""The evidence does not show what the check is about."""

NOT_THERE: Final = Observation(seen=False, absent=True)
"""What the check is about is not there, as status or headers say; the body does not matter."""

FINE: Final = Observation(seen=True)
"""The evidence shows what the check is about, and it is as it should be."""


def found(*findings: Finding) -> Observation:
    """What was seen, with zero or more findings."""
    return Observation(seen=True, findings=findings)


class Context(Protocol):
    """What a check may look up besides the reply it judges."""

    @property
    def document(self) -> Document:
        """The OpenAPI document in the API version of the run, with its validators."""

    @property
    def case(self) -> Case:
        """The case that is judged."""

    @property
    def model(self) -> str:
        """The model that is tested."""

    def reply(self, scenario: ScenarioName | str, mode: Mode, step: int | None = None) -> Reply | None:
        """The reply of another scenario (None: of its last step), or None where it was not sent or not answered.

        Only scenarios that the case names in `control`, `on`, `beside` or `gauges` can be asked for.
        """


EachFunction = (
    Callable[[Reply], Observation] | Callable[[Reply, Any], Observation] | Callable[[Reply, Json, Context], Observation]
)
"""Judges one reply. A function takes the reply, then its argument and the `context`, where it needs them."""

AllFunction = (
    Callable[[Sequence[Reply]], Observation]
    | Callable[[Sequence[Reply], Any], Observation]
    | Callable[[Sequence[Reply], Json, Context], Observation]
)
"""Judges all replies of a case together, for claims such as uniqueness."""

Identities = Callable[[Reply, Json], Sequence[tuple[str | None, str]]]
"""The (pointer, value) pairs of one reply that no other reply may share."""

NO_ARGUMENT: Final[Mapping[str, Json]] = {"const": True}
"""The argument of a check that takes none: a case file writes `true`."""


@dataclass(frozen=True)
class Check:
    """A named check, called with a reply (`across`: with all of them), its argument and a context.

    `argument` is the JSON Schema of what a case file may write behind the name. `identities` belongs to a check across
    replies that claims nothing but that these values are unique; it can then be judged reply by reply. `counts`: the
    check takes token counts as evidence, so that its cases need the gauges of the catalogue (see `counts.py`).
    """

    name: str
    function: Callable[..., Observation]
    argument: Mapping[str, Json] = field(default_factory=lambda: NO_ARGUMENT)
    across: bool = False
    identities: Identities | None = None
    counts: bool = False

    @property
    def summary(self) -> str:
        """The first line of the function's docstring: what the check claims."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]

    @property
    def family(self) -> str:
        """The name of the module that defines the check."""
        return self.function.__module__.rpartition(".")[2]

    @cached_property
    def _takes(self) -> tuple[bool, bool]:
        """Whether the function takes the argument, and whether it takes the context."""
        _, *more = signature(self.function).parameters
        return any(name != "context" for name in more), "context" in more

    def __call__(self, subject: Reply | Sequence[Reply], argument: Json, context: Context) -> Observation:
        """The observation, whose findings carry the name of the check."""
        takes_argument, takes_context = self._takes
        if takes_context:
            observation = (
                self.function(subject, argument, context) if takes_argument else self.function(subject, context)
            )
        else:
            observation = self.function(subject, argument) if takes_argument else self.function(subject)
        if not observation.findings:
            return observation
        kept = observation.findings[:MOST_FINDINGS]
        named = (Finding(self.name, each.expected, each.actual, each.where, each.kind) for each in kept)
        return Observation(observation.seen, tuple(named), observation.note)

    def observe(self, replies: Sequence[Reply], argument: Json, context: Context) -> list[Observation]:
        """One observation for each reply, or a single one of a check across replies."""
        return [self(each, argument, context) for each in ([replies] if self.across else replies)]


def check(
    name: str, *, argument: Mapping[str, Json] = NO_ARGUMENT, counts: bool = False
) -> Callable[[EachFunction], Check]:
    """Makes a check of a function that judges one reply."""
    return lambda function: Check(name, function, argument, counts=counts)


def check_across(
    name: str, *, argument: Mapping[str, Json] = NO_ARGUMENT, identities: Identities | None = None
) -> Callable[[AllFunction], Check]:
    """Makes a check of a function that judges all replies of a case together."""
    return lambda function: Check(name, function, argument, across=True, identities=identities)


def deviation(
    reply: Reply,
    expected: str,
    actual: str,
    *,
    pointer: str | None = None,
    event: int | None = None,
    offset: int | None = None,
    kind: str = "deviation",
) -> Finding:
    """A finding in a reply: `pointer` into body or accumulated Message, `event` 1-based, `offset` in bytes.

    The check that returns it fills in its own name.
    """
    exchange = reply.exchange
    where = Where(line=exchange.line, scenario=exchange.scenario_id, pointer=pointer, event=event, offset=offset)
    return Finding(check="", expected=expected, actual=actual, where=where, kind=kind)


def deviates(
    reply: Reply, expected: str, actual: str, *, pointer: str | None = None, kind: str = "deviation"
) -> Observation:
    """What was seen, with this one finding."""
    return found(deviation(reply, expected, actual, pointer=pointer, kind=kind))
