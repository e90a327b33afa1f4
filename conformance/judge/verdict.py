"""The verdict table: what a case's signals add up to. The only place that decides pass, fail and the rest.

Belongs here: the signals, the table, and whether an outcome gates. Does not belong here: how signals are obtained
(`evaluate.py`), what a single check looks at (`checks/`), wording beyond one sentence of reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from conformance.model import DEVIATING, Case, Direction, Level, Outcome, Plane


class Shown(StrEnum):
    """How much of the evidence there is."""

    UNSENT = "unsent"
    TROUBLE = "trouble"
    BUSY = "busy"
    PARTIAL = "partial"
    FULL = "full"


class Control(StrEnum):
    """What became of the same request without the thing under test."""

    NONE = "none"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    USELESS = "useless"


class Ability(StrEnum):
    """What is known of the capabilities that a case needs.

    PROBED: nothing is declared, but the first request of its kind was accepted. ABSENT: the target says not to have
    one, and no clause says what becomes of a request for it. REFUSED: the model lacks one, and the specification has it
    refuse the request. DOUBTED: the same, by a clause that never decides.
    """

    CORE = "core"
    DECLARED = "declared"
    PROBED = "probed"
    UNDECLARED = "undeclared"
    ABSENT = "absent"
    REFUSED = "refused"
    DOUBTED = "doubted"


class Said(StrEnum):
    """What the checks said, worst first."""

    DECLINED = "declined"
    IGNORED = "ignored"
    ACCEPTED = "accepted"
    NO_ENVELOPE = "no-envelope"
    UNSOUND = "unsound"
    DEVIATION = "deviation"
    UNSEEN = "unseen"
    ABSENT = "absent"
    FINE = "fine"


@dataclass(frozen=True)
class Signals:
    """Everything that the table looks at."""

    shown: Shown
    said: Said = Said.UNSEEN
    control: Control = Control.NONE
    given: bool = True
    ability: Ability = Ability.CORE


@dataclass(frozen=True)
class Row:
    """One line of the table: None matches anything. The first line that matches decides."""

    outcome: Outcome
    reason: str
    shown: Shown | None = None
    control: Control | None = None
    given: bool | None = None
    ability: Ability | None = None
    said: Said | None = None

    def matches(self, signals: Signals) -> bool:
        """True when every column that is not None equals the signal."""
        return all(
            wanted is None or wanted == getattr(signals, column)
            for column, wanted in (
                ("shown", self.shown),
                ("control", self.control),
                ("given", self.given),
                ("ability", self.ability),
                ("said", self.said),
            )
        )


TABLE: tuple[Row, ...] = (
    # A capability that the target declares not to have is not asked for.
    Row(Outcome.NOT_APPLICABLE, "the target declares not to have {needs}", ability=Ability.ABSENT),
    # No evidence, no verdict.
    Row(Outcome.NOT_RUN, "{detail}", shown=Shown.UNSENT),
    Row(Outcome.INCONCLUSIVE, "no response: {detail}", shown=Shown.TROUBLE),
    Row(Outcome.INCONCLUSIVE, "the endpoint pushed back: {detail}", shown=Shown.BUSY),
    # What a model lacks, the specification has it refuse: then the refusal is what conforms.
    Row(Outcome.PASS, "refused, as {clause} says of this model", ability=Ability.REFUSED, said=Said.DECLINED),
    Row(
        Outcome.NOT_APPLICABLE,
        "refused, as {clause} says of this model, which is uncertain and does not count",
        ability=Ability.DOUBTED,
        said=Said.DECLINED,
    ),
    Row(
        Outcome.NOT_APPLICABLE,
        "the model refuses {needs}, also without the defect",
        control=Control.DECLINED,
        ability=Ability.REFUSED,
    ),
    Row(
        Outcome.NOT_APPLICABLE,
        "the model refuses {needs}, also without the defect",
        control=Control.DECLINED,
        ability=Ability.DOUBTED,
    ),
    # A refusal counts only where the same request without the defect was accepted.
    Row(
        Outcome.UNSUPPORTED,
        "{needs} is declined: the same request without the defect is refused as well",
        control=Control.DECLINED,
        ability=Ability.UNDECLARED,
    ),
    Row(
        Outcome.INCONCLUSIVE, "the same request without the defect was not accepted: {detail}", control=Control.DECLINED
    ),
    Row(
        Outcome.INCONCLUSIVE, "the same request without the defect was not answered: {detail}", control=Control.USELESS
    ),
    Row(
        Outcome.FAIL,
        "accepted, although {clause} has this model refuse it",
        shown=Shown.FULL,
        ability=Ability.REFUSED,
        said=Said.ACCEPTED,
    ),
    # An optional ability that is refused cleanly is honest.
    Row(
        Outcome.UNSUPPORTED,
        "{needs} is declined with a clean error",
        ability=Ability.UNDECLARED,
        said=Said.DECLINED,
    ),
    Row(Outcome.FAIL, "{needs} is declared and the request is refused", ability=Ability.DECLARED, said=Said.DECLINED),
    Row(
        Outcome.FAIL,
        "{needs}: the first request of its kind is accepted and this one is refused",
        ability=Ability.PROBED,
        said=Said.DECLINED,
    ),
    Row(Outcome.FAIL, "", said=Said.DECLINED),
    Row(Outcome.INCONCLUSIVE, "not every step could be sent: {detail}", shown=Shown.PARTIAL),
    # The model did not show what the claim is about.
    Row(Outcome.INCONCLUSIVE, "what the claim is about did not happen: {detail}", given=False),
    # Accepted and not honoured is worse than unsupported. A target that promised it has failed.
    Row(Outcome.FAIL, "declared, accepted and not honoured", ability=Ability.DECLARED, said=Said.IGNORED),
    Row(Outcome.IGNORED, "accepted and not honoured", said=Said.IGNORED),
    # One wrong envelope is one defect: the errors area judges it, every refusal without one stays undecided.
    Row(
        Outcome.INCONCLUSIVE,
        "refused, but without the right error envelope, which the errors area judges",
        said=Said.NO_ENVELOPE,
    ),
    # One defect of an answer is one failure: the Message in a broken answer decides nothing else.
    Row(
        Outcome.INCONCLUSIVE,
        "the answer itself is broken, which the streaming and response areas judge, so what it says proves nothing",
        said=Said.UNSOUND,
    ),
    Row(Outcome.FAIL, "accepted what the API refuses", said=Said.ACCEPTED),
    Row(Outcome.FAIL, "", said=Said.DEVIATION),
    # A claim about something that did not occur does not apply: no thinking block, no 402, no citation.
    Row(Outcome.NOT_APPLICABLE, "no exchange of this run has what the claim is about", said=Said.ABSENT),
    # Positive evidence is required: a case that saw nothing cannot pass.
    Row(Outcome.INCONCLUSIVE, "nothing of what the claim is about was seen", said=Said.UNSEEN),
    Row(Outcome.PASS, "", said=Said.FINE),
)


def decide(signals: Signals) -> Row:
    """The first row of the table that matches. The last rows cover every signal, so there always is one."""
    return next(row for row in TABLE if row.matches(signals))


Axis = Literal["conformance", "strictness"]


def over_attempts(passed: int, deviating: int, attempts: int, wanted: int) -> Outcome:
    """What several attempts at one claim add up to: FAIL stands for deviating, in whichever way.

    A claim deviates where more than half of all attempts do, and holds where more attempts pass than deviate. Attempts
    that showed nothing count as attempts and for neither side. Where fewer attempts were possible than `wanted`, a
    deviation has to be the majority of the wanted ones; otherwise it was not confirmed.
    """
    if 2 * deviating > (attempts if attempts >= wanted else wanted):
        return Outcome.FAIL
    return Outcome.PASS if passed > deviating else Outcome.INCONCLUSIVE


def is_settled(passed: int, deviating: int, attempts: int, wanted: int) -> bool:
    """Whether further attempts, up to `wanted`, cannot change what `over_attempts` says; a claim that held in each
    attempt that showed it is not attempted again.
    """
    left = wanted - attempts
    return left <= 0 or 2 * deviating > wanted or (passed > 0 and passed > deviating + (left if deviating else 0))


@dataclass(frozen=True)
class Policy:
    """What a run gates on. `level` is the weakest level that gates; behaviour and strictness gate only when asked."""

    level: Level = Level.MUST
    strict: bool = False
    behaviour: bool = False


def axis_of(case: Case, said: Said) -> Axis:
    """Strictness is its own axis: whether the endpoint refuses what the API refuses.

    Refusals that protect people count as conformance, and so does a refusal that is itself wrong. That a model accepts
    what the specification has it refuse is a matter of strictness, too.
    """
    strict = case.direction is Direction.REFUSE and said is not Said.DEVIATION
    return "strictness" if (strict or said is Said.ACCEPTED) and not case.protects else "conformance"


def gates(case: Case, outcome: Outcome, axis: Axis, policy: Policy) -> bool:
    """Whether an outcome violates the gate of the run."""
    if outcome not in DEVIATING or case.informational or not case.scored:
        return False
    if case.plane is Plane.BEHAVIOUR and not policy.behaviour:
        return False
    if axis == "strictness" and not policy.strict:
        return False
    return case.level is Level.MUST or (case.level is policy.level and policy.level is Level.SHOULD)
