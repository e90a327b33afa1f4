"""When a tier is reached, not reached or undecided."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.model import Case, CheckCall, Direction, Judgement, Level, Mode, Outcome, Plane
from conformance.results.conclusions.tiers import counts, standings
from conformance.standard.tiers import Tier
from support import make

LEVELS = (
    Tier("core", "Core", "text", areas=("messages",)),
    Tier("agent", "Agent", "tools", areas=("tools",), requires=("tools",), optional=("parallel-tools",)),
    Tier("full", "Full", "documents", requires=("documents",)),
)


def case(name: str, tier: str = "core", *needs: str, **more: Any) -> Case:
    return make.case(CheckCall("status", 200), id=name, tier=tier, needs=needs, **{"area": "messages"} | more)


CASES = [
    case("text"),
    case("call", "agent", "tools"),
    case("pair", "agent", "parallel-tools"),
    case("pdf", "full", "documents"),
]


def judged(**outcomes: Outcome) -> list[Judgement]:
    everything = {each.id: Outcome.PASS for each in CASES} | outcomes
    return [Judgement(name, Mode.JSON, outcome) for name, outcome in everything.items()]


def stand(
    judgements: list[Judgement], *, complete: bool = True, lacking: tuple[str, ...] = (), cases: Any = None
) -> Any:
    known = {each.id: each for each in (cases or CASES)}
    return standings(LEVELS, known, judgements, complete=complete, lacking=lacking)


def statuses(*arguments: Any, **more: Any) -> list[str]:
    return [standing.status for standing in stand(*arguments, **more)]


def test_all_levels_are_reached_where_everything_passes():
    assert statuses(judged()) == ["reached", "reached", "reached"]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.IGNORED])
def test_a_deviation_keeps_its_level_and_those_above_from_being_reached(outcome):
    found = stand(judged(call=outcome))
    assert [standing.status for standing in found] == ["reached", "not-reached", "not-reached"]
    assert [standing.deciding for standing in found] == [(), ("call",), ("call",)]


def test_declining_what_a_level_requires_means_not_reached_and_what_is_optional_stands_aside():
    assert statuses(judged(call=Outcome.UNSUPPORTED)) == ["reached", "not-reached", "not-reached"]
    found = stand(judged(pair=Outcome.UNSUPPORTED))
    assert [standing.status for standing in found] == ["reached", "reached", "reached"]
    assert ("pair", Mode.JSON) not in found[2].members


def test_what_did_not_occur_stands_aside_and_what_the_target_lacks_does_not():
    both = [*CASES, case("call-2", "agent", "tools")]
    outcomes = [*judged(), Judgement("call-2", Mode.JSON, Outcome.NOT_APPLICABLE)]
    assert statuses(outcomes, cases=both) == ["reached", "reached", "reached"]
    assert statuses(judged(call=Outcome.NOT_APPLICABLE), lacking=("tools",)) == [
        "reached",
        "not-reached",
        "not-reached",
    ]


@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.NOT_RUN])
def test_an_open_result_leaves_a_level_undecided(outcome):
    found = stand(judged(call=outcome))
    assert [standing.status for standing in found] == ["reached", "undecided", "undecided"]
    assert found[1].deciding == ("call",)


def test_an_incomplete_run_reaches_none_but_what_it_saw_fail_counts():
    assert statuses(judged(), complete=False) == ["undecided", "undecided", "undecided"]
    assert statuses(judged(call=Outcome.FAIL), complete=False) == ["undecided", "not-reached", "not-reached"]


def test_results_that_are_not_there_stay_in_the_denominator():
    found = stand([judgement for judgement in judged() if judgement.case != "call"])
    assert [(standing.status, standing.absent) for standing in found] == [
        ("reached", 0),
        ("undecided", 1),
        ("undecided", 1),
    ]


def test_an_ability_that_a_level_requires_needs_a_result():
    """A level that promises documents is not reached by a catalogue, or a run, that never looked at them."""
    found = stand(judged(pdf=Outcome.NOT_APPLICABLE))
    assert [standing.status for standing in found] == ["reached", "reached", "undecided"]
    assert found[2].reason == "no result is about documents"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"tier": ""}, False),
        ({"scored": False}, False),
        ({"level": Level.SHOULD}, False),
        ({"informational": True}, False),
        ({"plane": Plane.BEHAVIOUR}, False),
        ({"direction": Direction.REFUSE}, False),
        ({"direction": Direction.REFUSE, "protects": True}, True),
    ],
)
def test_what_gates_by_default_is_what_counts(changes, expected):
    assert counts(case("text", changes.pop("tier", "core"), **changes)) is expected


def test_cases_that_do_not_count_change_nothing():
    cases = [*CASES, case("soft", level=Level.SHOULD), case("mine", ""), case("newer", scored=False)]
    failing = [Judgement(name, Mode.JSON, Outcome.FAIL) for name in ("soft", "mine", "newer")]
    assert statuses([*judged(), *failing], cases=cases) == ["reached", "reached", "reached"]
