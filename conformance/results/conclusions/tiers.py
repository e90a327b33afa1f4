"""Whether a tier (Core, Agent, Full) is reached, and what decides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.model import DECIDED, DEVIATING, Case, Direction, Judgement, Level, Mode, Outcome, Plane
from conformance.results.count import count
from conformance.results.model import CaseResult, TierResult
from conformance.standard.tiers import NAMES, Tier

Status = Literal["reached", "not-reached", "undecided"]


@dataclass(frozen=True)
class TierStanding:
    """Whether a tier is reached.

    `members` are the results (case and mode) that count, `absent` how many more there would be in a complete run.
    `deciding` are the cases that keep the tier from being reached, those that violate it before those that are open.
    """

    tier: Tier
    status: Status
    members: tuple[tuple[str, Mode], ...]
    absent: int
    deciding: tuple[str, ...] = ()
    reason: str = ""


def counts(case: Case) -> bool:
    """Whether the results of a case decide a tier: scored, must, protocol, conformance; what gates by default."""
    conformance = case.direction is Direction.SERVE or case.protects
    return (
        bool(case.tier)
        and case.scored
        and case.level is Level.MUST
        and not case.informational
        and case.plane is Plane.PROTOCOL
        and conformance
    )


def standings(
    tiers: Sequence[Tier],
    cases: Mapping[str, Case],
    judgements: Sequence[Judgement],
    *,
    complete: bool,
    lacking: Collection[str] = (),
) -> list[TierStanding]:
    """Whether each tier is reached. A tier includes the ones before it, and needs a result about each capability that
    it requires. An incomplete run reaches none.
    """
    judged = {(judgement.case, judgement.mode): judgement for judgement in judgements}
    return [_standing(number, tiers, cases, judged, complete, lacking) for number in range(len(tiers))]


def _standing(
    number: int,
    tiers: Sequence[Tier],
    cases: Mapping[str, Case],
    judged: Mapping[tuple[str, Mode], Judgement],
    complete: bool,
    lacking: Collection[str],
) -> TierStanding:
    tier, names = tiers[number], NAMES[: number + 1]
    required = {need for each in tiers[: number + 1] for need in each.requires}
    own = [case for case in cases.values() if case.tier in names and counts(case)]
    members: list[tuple[str, Mode]] = []
    violating: dict[str, None] = {}
    open_: dict[str, None] = {}
    absent = 0
    for case in own:
        for mode in case.modes:
            judgement = judged.get((case.id, mode))
            if judgement is None:
                absent += 1
                continue
            weight = _weigh(case, judgement, required, lacking)
            if weight != "beside":
                members.append((case.id, mode))
            if weight == "violates":
                violating[case.id] = None
            elif weight == "open":
                open_[case.id] = None
    unseen = _unseen(required, cases, judged)
    status, deciding, reason = _status(tuple(violating), tuple(open_), complete and not absent, unseen)
    return TierStanding(tier, status, tuple(members), absent, deciding, reason)


def _unseen(required: set[str], cases: Mapping[str, Case], judged: Mapping[tuple[str, Mode], Judgement]) -> list[str]:
    """Required capabilities about which no scored result says anything."""
    seen = {
        need
        for (name, _), judgement in judged.items()
        if judgement.outcome in DECIDED and name in cases and cases[name].tier and cases[name].scored
        for need in cases[name].needs
    }
    return sorted(required - seen)


def _weigh(
    case: Case, judgement: Judgement, required: set[str], lacking: Collection[str]
) -> Literal["holds", "violates", "open", "beside"]:
    """What one result means for a tier; `beside` is what does not apply to the target."""
    outcome = judgement.outcome
    if outcome is Outcome.PASS:
        return "holds"
    if outcome in DEVIATING:
        return "violates"
    if outcome is Outcome.UNSUPPORTED:
        return "violates" if required & set(case.needs) else "beside"
    if outcome is Outcome.NOT_APPLICABLE:
        return "violates" if required & set(case.needs) & set(lacking) else "beside"
    return "open"


def _status(
    violating: tuple[str, ...], open_: tuple[str, ...], complete: bool, unseen: Sequence[str]
) -> tuple[Status, tuple[str, ...], str]:
    if violating:
        return "not-reached", violating, ""
    if not complete:
        return "undecided", open_, "the run is incomplete"
    if open_:
        return "undecided", open_, "not every result is decided"
    if unseen:
        return "undecided", (), f"no result is about {', '.join(unseen)}"
    return "reached", (), ""


def tier_results(found: Sequence[TierStanding], results: Sequence[CaseResult]) -> tuple[TierResult, ...]:
    """The tiers with the numbers of the results that count for them."""
    return tuple(_result(standing, results) for standing in found)


def _result(standing: TierStanding, results: Sequence[CaseResult]) -> TierResult:
    members = set(standing.members)
    own = count(result for result in results if (result.id, result.mode) in members)
    return TierResult(
        id=standing.tier.name,
        title=standing.tier.title,
        status=standing.status,
        passed=own.passed,
        decided=own.decided,
        total=own.total + standing.absent,
        deciding=standing.deciding,
        covers=standing.tier.covers,
        reason=standing.reason,
    )
