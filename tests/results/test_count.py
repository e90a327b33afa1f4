"""Numbers and gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model import Harm, KnownDeviation, Level, Mode, Outcome, Plane
from conformance.results.conclusions.gate import gate, hidden_by_known
from conformance.results.count import PARTS, Count, summarise
from conformance.results.model import CaseResult, DefectResult

CASES = st.lists(
    st.builds(
        CaseResult,
        id=st.sampled_from("abcdef"),
        title=st.just("t"),
        area=st.sampled_from(["tools", "usage", "errors"]),
        level=st.sampled_from(Level),
        plane=st.sampled_from(Plane),
        mode=st.sampled_from(Mode),
        outcome=st.sampled_from(Outcome),
        informational=st.booleans(),
        axis=st.sampled_from(["conformance", "strictness"]),
        gates=st.booleans(),
        can_gate=st.booleans(),
        clauses=st.just(()),
        findings=st.just(()),
        evidence=st.just(()),
    ),
    max_size=40,
)


def added(counts) -> Count:
    listed = list(counts)
    return Count(*(sum(getattr(count, item.name) for count in listed) for item in fields(Count)))


@given(CASES)
def test_every_partition_adds_up_to_the_total(cases):
    summary = summarise(cases)
    for parts in (
        summary.by_area.values(),
        summary.by_level.values(),
        [part.total for part in summary.by_axis.values()],
    ):
        assert added(parts) == summary.total
    for part in summary.by_axis.values():
        assert added(part.by_area.values()) == added(part.by_level.values()) == part.total


@given(CASES)
def test_nothing_leaves_the_denominator_unseen(cases):
    total = summarise(cases).total
    assert total.total == len(cases) == total.decided + total.open
    assert total.decided == total.passed + total.failed + total.ignored
    assert total.open == total.unsupported + total.inconclusive + total.not_applicable + total.not_run
    assert total.deviating == total.failed + total.ignored


@given(CASES)
def test_all_parts_and_levels_are_there_even_where_they_are_empty(cases):
    summary = summarise(cases)
    assert tuple(summary.by_axis) == PARTS
    assert list(summary.by_level) == ["must", "should", "may"]


@given(CASES, st.booleans())
def test_the_gate_adds_up_what_was_set_per_case(cases, complete):
    decision, exit_code = gate(cases, "must", "" if complete else "the budget was used up")
    gating = any(case.gates for case in cases)
    decided = any(case.decided and case.can_gate for case in cases)
    assert exit_code == (1 if gating else 0 if complete and decided else 2)
    assert decision.holds == (exit_code == 0)
    assert bool(decision.reasons) == (not decision.holds)


def case(**changes) -> CaseResult:
    fixed = {"id": "a", "title": "t", "area": "tools", "level": Level.MUST, "plane": Plane.PROTOCOL, "mode": Mode.JSON}
    return CaseResult(**(fixed | {"outcome": Outcome.PASS, "can_gate": True} | changes))


def test_a_case_in_two_modes_counts_twice_and_is_one_case():
    summary = summarise([case(), case(mode=Mode.STREAM)])
    assert (summary.cases, summary.total.total) == (1, 2)


def test_areas_keep_the_order_of_the_cases():
    assert list(summarise([case(area="usage"), case(area="errors"), case(area="usage")]).by_area) == ["usage", "errors"]


def test_informational_cases_count_in_neither_axis():
    axes = summarise([case(informational=True, outcome=Outcome.FAIL), case(axis="strictness")]).by_axis
    assert [part.total.total for part in axes.values()] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("cases", "complete", "reasons"),
    [
        ([case()], True, ()),
        ([case(outcome=Outcome.FAIL, gates=True), case()], True, ("1 of 2 decided results violate a gating clause",)),
        ([case()], False, ("the run is incomplete: no credit",)),
        ([case(outcome=Outcome.NOT_RUN)], True, ("none of 1 results could be decided",)),
        ([], True, ("none of 0 results could be decided",)),
        ([case(can_gate=False)], True, ("no result that can violate the gate was decided",)),
    ],
)
def test_the_gate_gives_its_reasons(cases, complete, reasons):
    assert gate(cases, "must", "" if complete else "no credit")[0].reasons == reasons


def gating(
    decided: int, undecided: int, area: str = "tools", outcome: Outcome = Outcome.INCONCLUSIVE
) -> list[CaseResult]:
    passing, others = [case(area=area, can_gate=True)], [case(area=area, can_gate=True, outcome=outcome)]
    return passing * decided + others * undecided


@pytest.mark.parametrize(
    ("cases", "percent", "exit_code"),
    [
        (gating(1, 2), 90, 2),
        (gating(1, 2), 33, 0),
        (gating(1, 2), 34, 2),
        (gating(9, 1), 90, 0),
        (gating(8, 1), 90, 2),
        (gating(8, 1), 0, 0),
        (gating(0, 9), 0, 2),
        (gating(1, 9, outcome=Outcome.UNSUPPORTED), 100, 0),
        (gating(1, 9, outcome=Outcome.NOT_APPLICABLE), 100, 0),
        (gating(1, 9, outcome=Outcome.NOT_RUN), 90, 2),
        ([*gating(97, 0), *gating(2, 1, "usage")], 90, 2),
        ([*gating(97, 0), *gating(1, 1, "usage")], 90, 0),
        ([case(), *[case(outcome=Outcome.INCONCLUSIVE, can_gate=False)] * 9], 90, 0),
        ([case(can_gate=False), *gating(0, 1)], 0, 2),
        ([case(can_gate=False)] * 9, 0, 2),
        ([*[case(can_gate=False)] * 9, *gating(0, 1, outcome=Outcome.UNSUPPORTED)], 0, 2),
        ([*gating(1, 2), case(outcome=Outcome.FAIL, gates=True, can_gate=True)], 90, 1),
    ],
)
def test_a_gate_holds_only_on_evidence(cases, percent, exit_code):
    decision, found = gate(cases, "must", min_decided=percent)
    assert found == exit_code
    assert bool(decision.missing) == (exit_code == 2 or (percent == 90 and exit_code == 1))


def test_what_is_missing_for_a_gate_that_holds_is_said_for_the_run_and_for_an_area():
    decision, _ = gate([*gating(97, 0), *gating(0, 30, "usage")], "must", min_decided=90)
    assert decision.missing == (
        "only 97 of 127 gating results could be decided, a green needs 90 % (--min-decided)",
        "only 0 of 30 gating results of the area usage could be decided, a green needs 90 % (--min-decided)",
    )
    assert decision.reasons == decision.missing


@pytest.mark.parametrize(("answered", "exit_code"), [(14, 0), (13, 0), (12, 2), (1, 2), (0, 2)])
def test_a_gate_holds_only_where_the_requests_were_answered(answered, exit_code):
    decision, found = gate(gating(3, 0), "must", min_decided=90, requests=14, answered=answered)
    assert found == exit_code
    said = f"only {answered} of 14 requests were answered, a green needs 90 % (--min-decided)"
    assert decision.missing == ((said,) if exit_code else ())


KNOWN = KnownDeviation("agreed", "2099-01-01", "baseline.yaml:1")


def excused(passing: int, known: int, hidden: int) -> list[CaseResult]:
    """Results of which some pass, some are listed by the baseline, and some could not be decided."""
    listed = [case(id=f"known-{n}", outcome=Outcome.FAIL, known=KNOWN) for n in range(known)]
    return [*gating(passing, 0), *listed, *(case(id=f"h-{n}", outcome=Outcome.INCONCLUSIVE) for n in range(hidden))]


def defect(cases: Sequence[str], hides: Sequence[str]) -> DefectResult:
    return DefectResult("d", "t", Harm.BREAKS, True, Level.MUST, tuple(cases), (1,), tuple(hides))


def test_what_a_listed_defect_hides_is_explained_and_not_missing():
    cases = excused(8, 2, 5)
    hidden = [each.key for each in cases if each.id.startswith("h-")]
    explained = hidden_by_known([defect(["known-0/json", "known-1/json"], hidden)], cases)
    assert list(explained) == hidden
    assert gate(cases, "must", min_decided=90)[1] == 2
    decision, exit_code = gate(cases, "must", min_decided=90, explained=explained)
    assert (exit_code, decision.missing, decision.explained) == (0, (), tuple(hidden))


def test_a_defect_explains_nothing_where_the_baseline_lacks_one_of_its_deviations():
    new = case(id="new", outcome=Outcome.FAIL, gates=True)
    cases = [*excused(8, 1, 2), new]
    assert hidden_by_known([defect(["known-0/json", "new/json"], ["h-0/json"])], cases) == ()


def test_what_a_defect_that_is_not_listed_hides_as_well_is_missing():
    cases = [*excused(8, 1, 2), case(id="new", outcome=Outcome.FAIL, gates=True)]
    both = [defect(["known-0/json"], ["h-0/json", "h-1/json"]), defect(["new/json"], ["h-1/json"])]
    assert hidden_by_known(both, cases) == ("h-0/json",)


def test_without_a_baseline_a_defect_explains_nothing():
    cases = [*gating(8, 0), case(id="known-0", outcome=Outcome.FAIL, gates=True), *gating(0, 1)]
    assert hidden_by_known([defect(["known-0/json"], ["a/json"])], cases) == ()


@pytest.mark.parametrize(
    ("passing", "known", "hidden", "exit_code"),
    [(5, 5, 0, 0), (5, 0, 5, 0), (4, 5, 0, 2), (4, 1, 4, 2), (0, 9, 0, 2), (0, 1, 9, 2), (1, 99, 99, 2)],
)
def test_a_baseline_that_covers_nearly_everything_gives_no_green(passing, known, hidden, exit_code):
    cases = excused(passing, known, hidden)
    explained = [each.key for each in cases if each.id.startswith("h-")]
    decision, found = gate(cases, "must", min_decided=90, explained=explained)
    assert found == exit_code
    total, rest = passing + known + hidden, known + hidden
    said = f"only {passing} of {total} gating results pass, the baseline excuses {rest}; a green needs 50 % that pass"
    assert (said in decision.missing) == (exit_code == 2)


def test_an_endpoint_that_died_is_not_explained_by_a_baseline():
    cases = [*excused(8, 1, 1), *gating(0, 20, outcome=Outcome.NOT_RUN)]
    explained = hidden_by_known([defect(["known-0/json"], ["h-0/json"])], cases)
    assert gate(cases, "must", min_decided=90, explained=explained)[1] == 2
    alive = excused(8, 1, 1)
    assert gate(alive, "must", min_decided=90, explained=explained, requests=30, answered=10)[1] == 2
