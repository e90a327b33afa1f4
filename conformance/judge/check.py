"""What a check is: the types that every check family shares.

Belongs here: the shape of a check, of what it may look at, and of what it says. Does not belong here: any check (see
`checks/`), the decision what an observation means for a case (see `verdict.py`), any I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from conformance.model import Case, Finding, Json, Mode, ScenarioName, Where
from conformance.protocol.reply import Reply
from conformance.standard.document import Document


@dataclass(frozen=True)
class Observation:
    """What a check says of the evidence it was given.

    `seen` is False where the evidence does not show what the check is about (no thinking block to look at): such
    evidence neither passes nor fails, and `note` may say why. Findings are deviations; none of them and `seen` True
    means: as it has to be.
    """

    seen: bool
    findings: tuple[Finding, ...] = ()
    note: str = ""


NOTHING_SEEN = Observation(seen=False)
"""The evidence does not show what the check is about."""

FINE = Observation(seen=True)
"""The evidence shows what the check is about, and it is as it has to be."""


def found(*findings: Finding) -> Observation:
    """An observation from zero or more findings: seen, and fine where there are none."""
    return Observation(seen=True, findings=findings)


class Facts(Protocol):
    """What a check may look up besides the reply it judges."""

    @property
    def document(self) -> Document:
        """The OpenAPI document in the API version of the run, with its validators."""

    @property
    def case(self) -> Case:
        """The case that is judged."""

    @property
    def model(self) -> str:
        """The model that the target was asked for."""

    def reply(self, scenario: ScenarioName | str, mode: Mode, step: int | None = None) -> Reply | None:
        """The reply of another scenario (last step unless told), or None where it was not sent or did not answer.

        Only scenarios that the case names in `control`, `on` or `beside` can be asked for.
        """


EachCheck = Callable[[Reply, Json, Facts], Observation]
"""Judges one reply."""

AllCheck = Callable[[Sequence[Reply], Json, Facts], Observation]
"""Judges all replies of the evidence together, for claims such as uniqueness."""


Identities = Callable[[Reply, Json], Sequence[tuple[str | None, str]]]
"""What has to be unlike anything in other replies: (pointer, value) pairs of one reply."""


@dataclass(frozen=True)
class Check:
    """A named check. Exactly one of `each` and `all` is set.

    `argument` is the JSON Schema of what a case file may write behind the name; `True` there means: no argument.
    `identities` belongs to a check of all replies that claims nothing but that these values are unlike each other; it
    can be judged reply by reply.
    """

    name: str
    each: EachCheck | None = None
    all: AllCheck | None = None
    argument: Mapping[str, Json] = field(default_factory=lambda: {"const": True})
    identities: Identities | None = None

    @property
    def summary(self) -> str:
        """The first line of the check's docstring: what it claims."""
        function = self.each or self.all
        return (function.__doc__ or "").strip().splitlines()[0] if function is not None else ""


def deviation(
    check: str,
    reply: Reply,
    *,
    expected: str,
    actual: str,
    pointer: str | None = None,
    event: int | None = None,
    offset: int | None = None,
    kind: str = "deviation",
) -> Finding:
    """A finding located in a reply: `pointer` into body or accumulated Message, `event` 1-based, `offset` in bytes."""
    exchange = reply.exchange
    where = Where(line=exchange.line, scenario=exchange.scenario_id, pointer=pointer, event=event, offset=offset)
    return Finding(check=check, expected=expected, actual=actual, where=where, kind=kind)
