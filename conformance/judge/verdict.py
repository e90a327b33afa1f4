"""The verdict table: what the signals of a case add up to. Only this module decides pass, fail and the rest.

How signals are obtained is in `evaluate.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from conformance.model import DEVIATING, Case, Direction, Level, Outcome, Plane


class Completeness(StrEnum):
    """How much of the evidence is there."""

    UNSENT = "unsent"
    TROUBLE = "trouble"
    BUSY = "busy"
    TOO_LONG = "too-long"
    PARTIAL = "partial"
    FULL = "full"


class Control(StrEnum):
    """What became of the control: the same request without the thing under test."""

    NONE = "none"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    USELESS = "useless"


class CapabilityState(StrEnum):
    """What is known of the capabilities that a case needs.

    CORE: it needs none that is optional. PROBED: nothing is declared, but the probe was accepted. UNKNOWN: neither
    declared nor accepted. LACKING: the target declares not to have one, or is assumed not to, and no clause says how
    a request for it is answered. OTHER_MODEL: the claim is about models that lack something, and this one is not
    known to. OPT_IN: nobody asked for a capability that is asked for only on demand. NO_ROUTE: a route is missing,
    which another case reports. ROUTE_ABSENT: the same, of a capability that is not declared. MUST_REFUSE: the model
    lacks one, and a clause requires it to refuse the request. MAY_REFUSE: the same, by a clause that never decides.
    """

    CORE = "core"
    DECLARED = "declared"
    PROBED = "probed"
    UNKNOWN = "unknown"
    LACKING = "lacking"
    OTHER_MODEL = "other-model"
    OPT_IN = "opt-in"
    NO_ROUTE = "no-route"
    ROUTE_ABSENT = "route-absent"
    MUST_REFUSE = "must-refuse"
    MAY_REFUSE = "may-refuse"


SETTLED = (
    CapabilityState.LACKING,
    CapabilityState.OTHER_MODEL,
    CapabilityState.OPT_IN,
    CapabilityState.NO_ROUTE,
    CapabilityState.ROUTE_ABSENT,
)
"""States that decide the outcome alone, whatever was answered."""


class CheckResult(StrEnum):
    """What the checks of a case found together, worst first."""

    DECLINED = "declined"
    IGNORED = "ignored"
    ACCEPTED = "accepted"
    UNSOUND = "unsound"
    UNFOLLOWED = "unfollowed"
    DEVIATION = "deviation"
    UNSEEN = "unseen"
    ABSENT = "absent"
    FINE = "fine"


@dataclass(frozen=True)
class Signals:
    """Everything that the table looks at. `precondition` is False where `given` of the case does not hold, `protocol`
    True for a case of the protocol plane.
    """

    evidence: Completeness
    checks: CheckResult = CheckResult.UNSEEN
    control: Control = Control.NONE
    precondition: bool = True
    protocol: bool = False
    capability: CapabilityState = CapabilityState.CORE


@dataclass(frozen=True)
class Row:
    """One line of the table: None matches anything. The first line that matches decides.

    The reason is a template: `{detail}` is what happened, `{needs}` the capabilities, `{lacking}` those of them that
    the target lacks, `{clause}` the clause that requires the model to refuse, `{lacks}` what a model lacks that the
    claim is about, `{opt_in}` the options that ask, `{reported_by}` the case that reports a missing route.
    """

    outcome: Outcome
    reason: str
    evidence: Completeness | None = None
    control: Control | None = None
    precondition: bool | None = None
    protocol: bool | None = None
    capability: CapabilityState | None = None
    checks: CheckResult | None = None

    def matches(self, signals: Signals) -> bool:
        """True when every column that is not None equals the signal."""
        return all(
            wanted is None or wanted == found
            for wanted, found in (
                (self.evidence, signals.evidence),
                (self.control, signals.control),
                (self.precondition, signals.precondition),
                (self.protocol, signals.protocol),
                (self.capability, signals.capability),
                (self.checks, signals.checks),
            )
        )


NOT_FOLLOWED = "no reply of the run shows that the model follows instructions"
"""Why nothing is said of what a model would have to do."""

TABLE: tuple[Row, ...] = (
    # A capability that the target lacks, as it declares or as is assumed of it, is not asked for.
    Row(
        Outcome.NOT_APPLICABLE,
        "the target is taken to lack {lacking}; --declare says otherwise",
        capability=CapabilityState.LACKING,
    ),
    Row(
        Outcome.NOT_APPLICABLE,
        "the claim is about models without {lacks}, and this model is not known to be one",
        capability=CapabilityState.OTHER_MODEL,
    ),
    Row(Outcome.NOT_APPLICABLE, "sent only on demand: {opt_in}", capability=CapabilityState.OPT_IN),
    # A missing route is one defect, which one case reports.
    Row(
        Outcome.INCONCLUSIVE,
        "declares {needs}, but a route for it is missing: see {reported_by}",
        capability=CapabilityState.NO_ROUTE,
    ),
    Row(
        Outcome.UNSUPPORTED,
        "declines {needs}: a route for it is missing, see {reported_by}",
        capability=CapabilityState.ROUTE_ABSENT,
    ),
    # No evidence, no verdict.
    Row(Outcome.NOT_RUN, "{detail}", evidence=Completeness.UNSENT),
    Row(Outcome.INCONCLUSIVE, "no response: {detail}", evidence=Completeness.TROUBLE),
    Row(Outcome.INCONCLUSIVE, "the endpoint is overloaded or unavailable: {detail}", evidence=Completeness.BUSY),
    Row(
        Outcome.INCONCLUSIVE,
        "the request does not fit the context of the model: {detail}",
        evidence=Completeness.TOO_LONG,
    ),
    # Where the specification requires a model to refuse, the refusal conforms.
    Row(
        Outcome.PASS,
        "refused, as {clause} requires of this model",
        capability=CapabilityState.MUST_REFUSE,
        checks=CheckResult.DECLINED,
    ),
    Row(
        Outcome.NOT_APPLICABLE,
        "refused, as {clause} says of this model; the clause is uncertain and does not decide",
        capability=CapabilityState.MAY_REFUSE,
        checks=CheckResult.DECLINED,
    ),
    Row(
        Outcome.NOT_APPLICABLE,
        "the model refuses {needs} even in the valid control request",
        control=Control.DECLINED,
        capability=CapabilityState.MUST_REFUSE,
    ),
    Row(
        Outcome.NOT_APPLICABLE,
        "the model refuses {needs} even in the valid control request",
        control=Control.DECLINED,
        capability=CapabilityState.MAY_REFUSE,
    ),
    # A refusal counts only where its control was accepted.
    Row(
        Outcome.UNSUPPORTED,
        "declines {needs}: the valid control request is refused as well",
        control=Control.DECLINED,
        capability=CapabilityState.UNKNOWN,
    ),
    Row(Outcome.INCONCLUSIVE, "the valid control request was refused: {detail}", control=Control.DECLINED),
    Row(Outcome.INCONCLUSIVE, "the control request was not answered: {detail}", control=Control.USELESS),
    Row(
        Outcome.FAIL,
        "accepted, although {clause} requires this model to refuse it",
        evidence=Completeness.FULL,
        capability=CapabilityState.MUST_REFUSE,
        checks=CheckResult.ACCEPTED,
    ),
    # To decline an optional capability with a clean error is honest.
    Row(
        Outcome.UNSUPPORTED,
        "declines {needs} with a 4xx status",
        capability=CapabilityState.UNKNOWN,
        checks=CheckResult.DECLINED,
    ),
    Row(
        Outcome.FAIL,
        "the target declares {needs}, but the request is refused",
        capability=CapabilityState.DECLARED,
        checks=CheckResult.DECLINED,
    ),
    Row(
        Outcome.FAIL,
        "accepts the probe of {needs}, but refuses this request",
        capability=CapabilityState.PROBED,
        checks=CheckResult.DECLINED,
    ),
    Row(Outcome.FAIL, "", checks=CheckResult.DECLINED),
    # What a model does not do says nothing about its server.
    Row(
        Outcome.NOT_APPLICABLE,
        "no reply shows what the claim begins with: {detail}",
        precondition=False,
        protocol=True,
    ),
    Row(Outcome.INCONCLUSIVE, "not every step could be sent: {detail}", evidence=Completeness.PARTIAL),
    # The model did not do what the claim begins with.
    Row(Outcome.INCONCLUSIVE, "precondition not met: {detail}", precondition=False),
    # To accept a request and not honour it is worse than not to support it. A target that promised it has failed.
    Row(
        Outcome.FAIL,
        "declared and accepted, but not honoured",
        capability=CapabilityState.DECLARED,
        checks=CheckResult.IGNORED,
    ),
    Row(Outcome.IGNORED, "accepted, but not honoured", checks=CheckResult.IGNORED),
    # A broken answer is one defect: the Message in it decides nothing else.
    Row(
        Outcome.INCONCLUSIVE,
        "the reply is malformed, which the streaming and response areas judge; its content proves nothing",
        checks=CheckResult.UNSOUND,
    ),
    Row(Outcome.INCONCLUSIVE, NOT_FOLLOWED, checks=CheckResult.UNFOLLOWED),
    Row(Outcome.FAIL, "accepted, although the API refuses it", checks=CheckResult.ACCEPTED),
    Row(Outcome.FAIL, "", checks=CheckResult.DEVIATION),
    # A claim about something that did not occur does not apply: no thinking block, no 402, no citation.
    Row(Outcome.NOT_APPLICABLE, "the claim applies to none of the replies", checks=CheckResult.ABSENT),
    # Positive evidence is required: a case that saw nothing cannot pass.
    Row(Outcome.INCONCLUSIVE, "no evidence: {shown}", checks=CheckResult.UNSEEN),
    Row(Outcome.PASS, "", checks=CheckResult.FINE),
)


def decide(signals: Signals) -> Row:
    """The first row of the table that matches. The last rows cover every signal, so there always is one."""
    return next(row for row in TABLE if row.matches(signals))


Axis = Literal["conformance", "strictness"]


def over_attempts(passed: int, deviating: int, attempts: int, wanted: int) -> Outcome:
    """The outcome of several attempts at one claim: FAIL means deviating, in whichever way.

    A claim deviates where more than half of all attempts do, and holds where more attempts pass than deviate. Attempts
    that showed nothing count as attempts and for neither side. Where fewer attempts were possible than `wanted`, a
    deviation has to be the majority of the wanted ones; otherwise it was not confirmed.
    """
    if 2 * deviating > (attempts if attempts >= wanted else wanted):
        return Outcome.FAIL
    return Outcome.PASS if passed > deviating else Outcome.INCONCLUSIVE


def is_settled(passed: int, deviating: int, attempts: int, wanted: int) -> bool:
    """Whether further attempts, up to `wanted`, cannot change the result of `over_attempts`; a claim that held in each
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

    def __str__(self) -> str:
        extra = ((self.strict, "strict"), (self.behaviour, "behaviour"))
        return ", ".join([self.level.value, *(word for wanted, word in extra if wanted)])


def axis_of(case: Case, checks: CheckResult) -> Axis:
    """Strictness is its own axis: whether the endpoint refuses what the API refuses.

    Refusals that protect people count as conformance, and so does a refusal that is itself wrong. A model that accepts
    what the specification requires it to refuse is a matter of strictness, too.
    """
    strict = case.direction is Direction.REFUSE and checks is not CheckResult.DEVIATION
    return "strictness" if (strict or checks is CheckResult.ACCEPTED) and not case.protects else "conformance"


def gates(case: Case, outcome: Outcome, axis: Axis, policy: Policy) -> bool:
    """Whether an outcome violates the gate of the run."""
    return outcome in DEVIATING and can_gate(case, axis, policy)


def can_gate(case: Case, axis: Axis, policy: Policy) -> bool:
    """Whether a deviation would violate the gate of the run."""
    if case.informational or not case.scored:
        return False
    if case.plane is Plane.BEHAVIOUR and not policy.behaviour:
        return False
    if axis == "strictness" and not policy.strict:
        return False
    return case.level is Level.MUST or (case.level is policy.level and policy.level is Level.SHOULD)
