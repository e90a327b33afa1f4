"""The verdict table: every combination of signals decides, every row can be reached, and nothing passes by default."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from conformance.judge.verdict import (
    DECIDED,
    DEVIATING,
    TABLE,
    Ability,
    Control,
    Policy,
    Said,
    Shown,
    Signals,
    axis_of,
    decide,
    gates,
    is_settled,
    over_attempts,
)
from conformance.model import Case, CheckCall, Direction, Level, Mode, Outcome, Plane

EVERY = [Signals(*columns) for columns in product(Shown, Said, Control, (True, False), Ability)]
CLEAN = Signals(Shown.FULL, Said.FINE)


def case(**changes: object) -> Case:
    plain = Case(
        id="a-case",
        title="Something holds",
        area="request",
        clauses=("REQ-BODY-001",),
        level=Level.MUST,
        direction=Direction.SERVE,
        informational=False,
        plane=Plane.PROTOCOL,
        modes=(Mode.JSON,),
        expect=(CheckCall("status", 200),),
        file="a.yaml",
        line=0,
    )
    return replace(plain, **changes)


def test_every_combination_of_signals_decides() -> None:
    assert all(decide(signals) in TABLE for signals in EVERY)


@pytest.mark.parametrize("number", range(len(TABLE)))
def test_every_row_decides_something(number) -> None:
    assert any(decide(signals) is TABLE[number] for signals in EVERY)


def test_only_full_evidence_without_findings_passes() -> None:
    for signals in EVERY:
        if decide(signals).outcome is Outcome.PASS:
            assert (signals.shown, signals.said, signals.given) == (Shown.FULL, Said.FINE, True)
            assert signals.control in (Control.NONE, Control.ACCEPTED)
            assert signals.ability is not Ability.ABSENT


def test_a_deviation_needs_a_finding_and_a_control_that_was_accepted() -> None:
    told = {Said.DECLINED, Said.IGNORED, Said.ACCEPTED, Said.DEVIATION}
    for signals in EVERY:
        if decide(signals).outcome in DEVIATING:
            assert signals.said in told
            assert signals.shown in (Shown.FULL, Shown.PARTIAL)
            assert signals.control in (Control.NONE, Control.ACCEPTED)


def test_only_abilities_that_nothing_promises_can_be_unsupported() -> None:
    outcomes = {signals: decide(signals).outcome for signals in EVERY}
    assert {signals.ability for signals, outcome in outcomes.items() if outcome is Outcome.UNSUPPORTED} == {
        Ability.UNDECLARED
    }


def test_only_what_was_accepted_and_not_honoured_is_ignored() -> None:
    for signals in EVERY:
        if decide(signals).outcome is Outcome.IGNORED:
            assert signals.said is Said.IGNORED
            assert signals.ability is not Ability.DECLARED


def test_everything_that_is_not_decided_says_why() -> None:
    for row in TABLE:
        assert row.reason or row.outcome in DECIDED


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"said": Said.DEVIATION}, Outcome.FAIL),
        ({"said": Said.ACCEPTED}, Outcome.FAIL),
        ({"said": Said.IGNORED}, Outcome.IGNORED),
        ({"said": Said.IGNORED, "ability": Ability.DECLARED}, Outcome.FAIL),
        ({"said": Said.DECLINED, "ability": Ability.UNDECLARED}, Outcome.UNSUPPORTED),
        ({"said": Said.DECLINED, "ability": Ability.DECLARED}, Outcome.FAIL),
        ({"said": Said.DECLINED, "ability": Ability.PROBED}, Outcome.FAIL),
        ({"said": Said.NO_ENVELOPE}, Outcome.INCONCLUSIVE),
        ({"said": Said.UNSEEN}, Outcome.INCONCLUSIVE),
        ({"said": Said.ABSENT}, Outcome.NOT_APPLICABLE),
        ({"ability": Ability.ABSENT}, Outcome.NOT_APPLICABLE),
        ({"ability": Ability.ABSENT, "said": Said.DEVIATION}, Outcome.NOT_APPLICABLE),
        ({"shown": Shown.UNSENT}, Outcome.NOT_RUN),
        ({"shown": Shown.TROUBLE, "said": Said.UNSEEN}, Outcome.INCONCLUSIVE),
        ({"shown": Shown.BUSY, "said": Said.UNSEEN}, Outcome.INCONCLUSIVE),
        ({"shown": Shown.PARTIAL, "said": Said.UNSEEN}, Outcome.INCONCLUSIVE),
        ({"shown": Shown.PARTIAL, "said": Said.DECLINED, "ability": Ability.UNDECLARED}, Outcome.UNSUPPORTED),
        ({"given": False}, Outcome.INCONCLUSIVE),
        ({"given": False, "said": Said.DEVIATION}, Outcome.INCONCLUSIVE),
        ({"control": Control.ACCEPTED}, Outcome.PASS),
        ({"control": Control.DECLINED}, Outcome.INCONCLUSIVE),
        ({"control": Control.DECLINED, "ability": Ability.UNDECLARED}, Outcome.UNSUPPORTED),
        ({"control": Control.USELESS, "said": Said.ACCEPTED}, Outcome.INCONCLUSIVE),
    ],
)
def test_what_signals_add_up_to(changes, outcome) -> None:
    assert decide(replace(CLEAN, **changes)).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "said", "axis"),
    [
        ({}, Said.DEVIATION, "conformance"),
        ({"direction": Direction.REFUSE}, Said.ACCEPTED, "strictness"),
        ({"direction": Direction.REFUSE}, Said.FINE, "strictness"),
        ({"direction": Direction.REFUSE}, Said.DEVIATION, "conformance"),
        ({"direction": Direction.REFUSE, "protects": True}, Said.ACCEPTED, "conformance"),
    ],
)
def test_strictness_is_an_axis_of_its_own(changes, said, axis) -> None:
    assert axis_of(case(**changes), said) == axis


@pytest.mark.parametrize(
    ("changes", "axis", "policy", "gating"),
    [
        ({}, "conformance", Policy(), True),
        ({"level": Level.SHOULD}, "conformance", Policy(), False),
        ({"level": Level.SHOULD}, "conformance", Policy(level=Level.SHOULD), True),
        ({"level": Level.MAY}, "conformance", Policy(level=Level.SHOULD), False),
        ({"level": Level.MAY}, "conformance", Policy(level=Level.MAY), False),
        ({"informational": True}, "conformance", Policy(level=Level.SHOULD, strict=True, behaviour=True), False),
        ({"scored": False}, "conformance", Policy(), False),
        ({}, "strictness", Policy(), False),
        ({}, "strictness", Policy(strict=True), True),
        ({"level": Level.SHOULD}, "strictness", Policy(strict=True), False),
        ({"plane": Plane.BEHAVIOUR}, "conformance", Policy(), False),
        ({"plane": Plane.BEHAVIOUR}, "conformance", Policy(behaviour=True), True),
    ],
)
@pytest.mark.parametrize("outcome", DEVIATING)
def test_what_gates(changes, axis, policy, gating, outcome) -> None:
    assert gates(case(**changes), outcome, axis, policy) is gating


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome not in DEVIATING])
def test_what_is_no_deviation_never_gates(outcome) -> None:
    policy = Policy(level=Level.SHOULD, strict=True, behaviour=True)
    assert not gates(case(), outcome, "conformance", policy)


@pytest.mark.parametrize(
    ("passed", "deviating", "attempts", "outcome"),
    [
        (3, 0, 3, Outcome.PASS),
        (2, 1, 3, Outcome.PASS),
        (1, 2, 3, Outcome.FAIL),
        (0, 3, 3, Outcome.FAIL),
        (1, 1, 3, Outcome.INCONCLUSIVE),
        (0, 1, 3, Outcome.INCONCLUSIVE),
        (0, 0, 3, Outcome.INCONCLUSIVE),
        (0, 1, 1, Outcome.INCONCLUSIVE),
        (0, 2, 2, Outcome.FAIL),
        (1, 0, 1, Outcome.PASS),
    ],
)
def test_several_attempts_add_up(passed, deviating, attempts, outcome) -> None:
    assert over_attempts(passed, deviating, attempts, wanted=3) is outcome


def test_no_further_attempt_is_made_when_it_cannot_change_the_outcome() -> None:
    """Apart from a claim that held whenever it showed, which is the exception that `is_settled` documents."""
    for wanted, passed, deviating, silent in product(range(1, 6), range(4), range(4), range(4)):
        attempts = passed + deviating + silent
        if not 0 < attempts < wanted or (deviating == 0 and passed):
            continue
        left = wanted - attempts
        ends = {
            over_attempts(passed + more, deviating + worse, wanted, wanted)
            for more in range(left + 1)
            for worse in range(left + 1 - more)
        }
        if is_settled(passed, deviating, attempts, wanted):
            assert len(ends) == 1, (wanted, passed, deviating, silent)


def test_a_claim_that_held_is_not_attempted_again_and_one_that_never_showed_is() -> None:
    assert is_settled(passed=1, deviating=0, attempts=1, wanted=3)
    assert not is_settled(passed=0, deviating=0, attempts=1, wanted=3)
    assert not is_settled(passed=0, deviating=1, attempts=1, wanted=3)
    assert is_settled(passed=0, deviating=2, attempts=2, wanted=3)
