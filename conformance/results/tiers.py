"""Whether a named level (Core, Agent, Full) is reached.

Belongs here: which results count for a level, and what decides it. Does not belong here: counting (see `results`),
which cases belong to a level (see `standard/levels.py`), wording beyond one sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.model import DECIDED, DEVIATING, Case, Direction, Judgement, Level, Mode, Outcome, Plane
from conformance.standard.tiers import NAMES, Tier

Status = Literal["reached", "not-reached", "undecided"]


@dataclass(frozen=True)
class LevelStanding:
    """Whether a level is reached.

    `members` are the results (case and mode) that count, `absent` how many more there would be in a complete run.
    `deciding` are the cases that keep the level from being reached, those that violate it before those that are open.
    """

    level: Tier
    status: Status
    members: tuple[tuple[str, Mode], ...]
    absent: int
    deciding: tuple[str, ...] = ()
    reason: str = ""


def counts(case: Case) -> bool:
    """Whether the results of a case decide a level: scored, must, protocol, conformance; what gates by default."""
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
    levels: Sequence[Tier],
    cases: Mapping[str, Case],
    judgements: Sequence[Judgement],
    *,
    complete: bool,
    lacking: Collection[str] = (),
) -> list[LevelStanding]:
    """How each level stands. A level includes the ones before it, and needs a result about each ability it requires.

    An incomplete run reaches none.
    """
    judged = {(judgement.case, judgement.mode): judgement for judgement in judgements}
    return [_standing(number, levels, cases, judged, complete, lacking) for number in range(len(levels))]


def _standing(
    number: int,
    levels: Sequence[Tier],
    cases: Mapping[str, Case],
    judged: Mapping[tuple[str, Mode], Judgement],
    complete: bool,
    lacking: Collection[str],
) -> LevelStanding:
    level, names = levels[number], NAMES[: number + 1]
    required = {need for each in levels[: number + 1] for need in each.requires}
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
    return LevelStanding(level, status, tuple(members), absent, deciding, reason)


def _unseen(required: set[str], cases: Mapping[str, Case], judged: Mapping[tuple[str, Mode], Judgement]) -> list[str]:
    """Required abilities about which no scored result says anything."""
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
    """What one result means for a level; `beside` is what does not apply to the target."""
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
