"""Several attempts at one claim: which are asked for, and what they add up to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.attempts import judge_in_attempts, together
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.judge.library import bench_of
from conformance.judge.verdict import Policy, is_settled, over_attempts
from conformance.model import (
    Case,
    CheckCall,
    Direction,
    Finding,
    Judgement,
    Mode,
    Outcome,
    Scenario,
    ScenarioName,
    Step,
)
from support import make, standard

PASS = Judgement("c", Mode.JSON, Outcome.PASS, evidence=(1,))
FAIL = Judgement("c", Mode.JSON, Outcome.FAIL, findings=(Finding("x", "a", "b"),), evidence=(2,), gates=True)
IGNORED = replace(FAIL, outcome=Outcome.IGNORED, reason="accepted, but not honoured", evidence=(3,))
OPEN = Judgement("c", Mode.JSON, Outcome.INCONCLUSIVE, "precondition not met", evidence=(4,))
LETTERS = {"P": PASS, "F": FAIL, "I": IGNORED, "?": OPEN}


@pytest.mark.parametrize(
    ("made", "outcome", "reason"),
    [
        ("P", Outcome.PASS, ""),
        ("FPP", Outcome.PASS, "deviated in 1 of 3 attempts"),
        ("?P", Outcome.PASS, ""),
        ("FF", Outcome.FAIL, "deviated in 2 of 2 attempts"),
        ("FPF", Outcome.FAIL, "deviated in 2 of 3 attempts"),
        ("II", Outcome.IGNORED, "accepted, but not honoured; deviated in 2 of 2 attempts"),
        ("F?F", Outcome.FAIL, "deviated in 2 of 3 attempts"),
        ("F?P", Outcome.INCONCLUSIVE, "deviated in 1 of 3 attempts, which is not a majority"),
        ("?F?", Outcome.INCONCLUSIVE, "deviated in 1 of 3 attempts, which is not a majority"),
        ("???", Outcome.INCONCLUSIVE, "precondition not met, in 3 attempts"),
        ("?", Outcome.INCONCLUSIVE, "precondition not met"),
        ("F", Outcome.INCONCLUSIVE, "deviated in 1 of 1 attempt (3 were wanted), which is not a majority"),
    ],
)
def test_a_claim_deviates_only_in_the_majority_of_attempts(made: str, outcome: Outcome, reason: str) -> None:
    judged = together([LETTERS[letter] for letter in made], wanted=3)
    assert (judged.outcome, judged.reason) == (outcome, reason)
    assert (judged.attempts, judged.deviating_attempts) == (len(made), made.count("F") + made.count("I"))
    assert judged.gates == (outcome in (Outcome.FAIL, Outcome.IGNORED))
    assert bool(judged.findings) == judged.gates
    assert set(judged.evidence) == {LETTERS[letter].evidence[0] for letter in made}


def test_one_wanted_attempt_decides() -> None:
    assert together([FAIL], wanted=1).outcome is Outcome.FAIL
    assert together([FAIL], wanted=1).reason == ""


counts = st.integers(0, 6)


@given(counts, counts, counts, st.integers(1, 9))
def test_no_claim_both_holds_and_deviates(passed: int, deviating: int, unseen: int, wanted: int) -> None:
    outcome = over_attempts(passed, deviating, passed + deviating + unseen, wanted)
    if outcome is Outcome.FAIL:
        assert deviating > passed
    if outcome is Outcome.PASS:
        assert passed > deviating


@given(st.integers(1, 7), st.lists(st.sampled_from("PF?"), min_size=1, max_size=7))
def test_what_is_settled_no_further_attempt_can_change(wanted: int, answers: list[str]) -> None:
    def outcome(made: list[str]) -> Outcome:
        return over_attempts(made.count("P"), made.count("F"), len(made), wanted)

    for number in range(1, min(wanted, len(answers)) + 1):
        made = answers[:number]
        if is_settled(made.count("P"), made.count("F"), number, wanted) and "F" in made:
            for rest in ("P", "F", "?"):
                assert outcome([*made, *rest * (wanted - number)]) is outcome(made)
            return


VALID = make.case(
    CheckCall("status", 200),
    steps=(Step(body={}),),
    scenario="probe",
    needs=("vision",),
    probes=(ScenarioName("probe"),),
)


def sent(*statuses: int) -> list[ScenarioReplies]:
    scenario = Scenario("probe", Mode.JSON, VALID.steps)
    body = {status: make.message("hi") if status == 200 else make.error() for status in statuses}
    replies = [make.reply(body[status], status, line=line) for line, status in enumerate(statuses, start=1)]
    return [ScenarioReplies(scenario, (reply,)) for reply in replies]


def judged(case: Case, *statuses: int, wanted: int = 3) -> tuple[Judgement, list[int]]:
    first, *others = sent(*statuses)
    asked: list[int] = []

    def again(scenario_id: str, repetition: int) -> ScenarioReplies | None:
        asked.append(repetition)
        return others[repetition - 2] if len(others) > repetition - 2 else None

    bench = bench_of(standard.library(), Policy(), model="m")
    evidence = Evidence({"probe/json": first}, {})
    return judge_in_attempts(case, Mode.JSON, evidence, bench, again, wanted), asked


def test_a_valid_request_that_is_refused_now_and_then_is_a_defect_of_its_own() -> None:
    judgement, asked = judged(VALID, 400, 200)
    assert (judgement.outcome, judgement.gates, judgement.evidence, asked) == (Outcome.FAIL, True, (1, 2), [2])
    assert judgement.findings[0].kind == "at-random"


def test_so_is_one_that_belongs_to_no_case_alone() -> None:
    shared = replace(VALID, steps=(), scenario=None, on=(ScenarioName("probe"),))
    assert judged(shared, 403, 200)[0].findings[0].kind == "at-random"
    assert judged(replace(shared, on=(ScenarioName("probe"), ScenarioName("probe"))), 400, 200)[1] == []


def test_what_is_refused_each_time_is_declined() -> None:
    judgement, asked = judged(VALID, 400, 400)
    assert (judgement.outcome, asked) == (Outcome.UNSUPPORTED, [2])


@pytest.mark.parametrize("changes", [{"probes": (ScenarioName("other"),)}, {"direction": Direction.REFUSE}])
def test_what_depends_on_a_declined_probe_is_not_asked_for_again(changes: dict[str, object]) -> None:
    assert judged(replace(VALID, **changes), 400, 200)[1] == []


def test_a_run_without_repetitions_asks_once() -> None:
    assert judged(VALID, 400, 200, wanted=1)[1] == []
