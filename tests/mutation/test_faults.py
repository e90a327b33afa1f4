"""Every fault fails the cases that name it, and exactly the others that are computed; every case is failed by a fault.

Each fault is served without sockets and judged with the whole catalogue at its strictest: should-level cases,
strictness and behaviour count as well.
"""

from __future__ import annotations

import pytest

from conformance.model import DEVIATING, Outcome
from conformance.reference.faults import all_faults, load_collateral
from mutation.collateral import collateral, terms_of
from mutation.regen import NOT_SHOWN, not_shown
from support import standard

CASES = {case.id: case for case in standard.library().catalogue.cases}
FAULTS = all_faults()
COMPUTED = load_collateral()


def named_by(fault: str) -> set[str]:
    return {case.id for case in CASES.values() if fault in case.caught}


def test_the_honest_endpoint_deviates_in_nothing(stage) -> None:
    terms = ("2023-06-01",), ("2026-10-21",), ("2023-06-01", "reference-2-strict")
    for each in terms:
        wrong = {key: found.reason for key, found in stage(*each).base.items() if found.outcome in DEVIATING}
        assert wrong == {}, each


def test_every_honest_refusal_names_a_clause_of_the_ledger(stage) -> None:
    refusals = [answer for answer, _ in stage().honest.answered.values() if answer.status >= 400]
    assert refusals
    clauses = stage().library.ledger.clauses
    assert [each.body for each in refusals if each.cause is None or each.cause.clause not in clauses] == []


def test_what_no_fault_touches_is_judged_in_the_same_way(stage) -> None:
    verdicts = stage().rehearse([])
    assert verdicts.touched == frozenset()
    assert verdicts.judgements == stage().base


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_fails_the_cases_that_name_it_and_exactly_the_computed_others(stage, fault) -> None:
    """Where the second part fails: run `tox -e regen`, and read the difference."""
    deviating = stage(*terms_of(fault)).rehearse([fault]).deviating
    assert named_by(fault.id), "no case names the fault"
    assert named_by(fault.id) - deviating == set(), "named by cases that do not catch it"
    assert collateral(deviating, fault, CASES.values()) == COMPUTED.get(fault.id, ())


def test_what_the_reference_cannot_show_is_listed(stage) -> None:
    """Statuses that a healthy endpoint does not send, and blocks that no request asks for. See `tox -e regen`."""
    assert sorted(not_shown(stage())) == NOT_SHOWN.read_text(encoding="utf-8").split()


def test_every_case_is_failed_by_a_fault_that_exists() -> None:
    assert {case.id: case.caught for case in CASES.values() if not set(case.caught) & set(FAULTS)} == {}


def test_every_fault_that_a_case_names_exists() -> None:
    named = {fault for case in CASES.values() for fault in case.caught}
    assert named - set(FAULTS) == set()


def test_collateral_is_about_faults_and_cases_that_exist() -> None:
    assert set(COMPUTED) - set(FAULTS) == set()
    assert {case for cases in COMPUTED.values() for case in cases} - set(CASES) == set()


def test_a_fault_that_breaks_streams_leaves_json_answers_alone(stage) -> None:
    """An example of what is touched: the bytes of all other answers are the same."""
    verdicts = stage().rehearse([FAULTS["message-stop-missing"]])
    assert verdicts.touched
    assert {name.rpartition("/")[2] for name in verdicts.touched} == {"stream"}


def test_two_faults_at_once_are_both_caught(stage) -> None:
    pair = [FAULTS["message-stop-missing"], FAULTS["error-request-id-missing"]]
    verdicts = stage().rehearse(pair)
    outcomes = {case: each.outcome for (case, _), each in verdicts.judgements.items()}
    assert outcomes["stream-ends-with-message-stop"] is Outcome.FAIL
    assert outcomes["errors-request-id-key"] is Outcome.FAIL
