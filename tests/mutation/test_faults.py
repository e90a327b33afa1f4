"""Every fault is caught by the cases that name it and by no other; every case is failed by a fault.

Each fault is served without sockets and judged with the whole catalogue at its strictest: should-level cases,
strictness and behaviour count as well. Cases that inform only have to deviate where they name the fault, and are free
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import filter as matching

import pytest

from conformance.judge.library import load_library
from conformance.model import DEVIATING, Outcome
from conformance.reference.faults import Fault, all_faults
from conformance.report.faults import covers

OTHER_VERSION: Mapping[str, tuple[str, str]] = {
    "version-2023-06-01-refused": ("2026-10-21", "a run in the refused version sees nothing else"),
}
"""Faults that are rehearsed in another API version than the default one, and why."""

NOT_BUILT: Mapping[str, str] = {}
"""Faults that cases name and that do not exist yet, with the reason."""

CASES = {case.id: case for case in load_library("2023-06-01").catalogue.cases}
FAULTS = all_faults()


def named_by(fault: str) -> set[str]:
    return {case.id for case in CASES.values() if fault in case.caught}


def excused(fault: Fault) -> list[str]:
    return [pattern for patterns in fault.collateral.values() for pattern in patterns]


def test_the_honest_endpoint_deviates_in_nothing(stage) -> None:
    for api_version in ("2023-06-01", "2026-10-21"):
        wrong = {key: each.reason for key, each in stage(api_version).base.items() if each.outcome in DEVIATING}
        assert wrong == {}, api_version


def test_what_no_fault_touches_is_judged_in_the_same_way(stage) -> None:
    verdicts = stage().rehearse([])
    assert verdicts.touched == frozenset()
    assert verdicts.judgements == stage().base


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_caught_by_the_cases_that_name_it_and_by_no_other(stage, fault) -> None:
    version, _ = OTHER_VERSION.get(fault.id, ("2023-06-01", ""))
    deviating = stage(version).rehearse([fault]).deviating
    gating = {case for case in deviating if not CASES[case].informational}
    named, patterns = named_by(fault.id), excused(fault)
    assert named, "no case names the fault"
    assert named - deviating == set(), "named by cases that do not catch it"
    assert {case for case in gating - named if not covers(patterns, case)} == set(), (
        "caught by cases that do not say so"
    )
    assert [pattern for pattern in patterns if not matching(deviating, pattern)] == [], "collateral that does not occur"


def test_every_case_is_failed_by_a_fault_that_exists() -> None:
    assert {case.id: case.caught for case in CASES.values() if not set(case.caught) & set(FAULTS)} == {}


def test_every_fault_that_a_case_names_exists() -> None:
    named = {fault for case in CASES.values() for fault in case.caught}
    assert named - set(FAULTS) == set(NOT_BUILT)


def test_collateral_is_never_what_a_fault_is_made_for() -> None:
    wrong = {fault.id: named_by(fault.id) for fault in FAULTS.values() if excused(fault) and not named_by(fault.id)}
    assert wrong == {}


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
