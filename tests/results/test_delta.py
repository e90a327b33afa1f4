"""What changed between two runs: every pair of outcomes, defects, clients, and the exit code for a nightly job."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import conformance.report
from conformance.cli import command
from conformance.model import DEVIATING, Outcome
from conformance.report import delta as report
from conformance.report import json_file
from conformance.results.delta import ChangeKind, Delta, delta_of
from conformance.results.model import CaseResult, Results
from support import sample

SCHEMA = json.loads((Path(conformance.report.__file__).parent / "delta.schema.json").read_text(encoding="utf-8"))
BAD = {*DEVIATING, Outcome.UNSUPPORTED}
GOOD = {Outcome.PASS}


@pytest.fixture(scope="module")
def results() -> Results:
    return sample.results()


def changed(results: Results, outcome: Outcome, *, gates: bool = False) -> Results:
    """The results in which the first case that passes has another outcome."""
    first = passing(results)
    case = replace(first, outcome=outcome, gates=gates, can_gate=True)
    return replace(results, cases=tuple(case if each is first else each for each in results.cases))


def passing(results: Results) -> CaseResult:
    return next(case for case in results.cases if case.outcome is Outcome.PASS)


def kinds(delta: Delta, key: str) -> list[ChangeKind]:
    return [each.kind for each in delta.cases if each.id == key]


@pytest.mark.parametrize(("before", "after"), list(product(Outcome, Outcome)))
def test_every_pair_of_outcomes_has_one_meaning(results: Results, before: Outcome, after: Outcome) -> None:
    delta = delta_of(changed(results, before), changed(results, after, gates=after in BAD))
    found = kinds(delta, passing(results).key)
    if after in BAD:
        assert found == [ChangeKind.STILL if before in BAD else ChangeKind.REGRESSION]
        assert delta.exit_code == (0 if before in BAD else 1)
    elif after in GOOD:
        assert found == ([ChangeKind.FIX] if before in BAD else [])
        assert delta.exit_code == 0
    elif after is Outcome.NOT_APPLICABLE:
        assert found == []
        assert delta.exit_code == 0
    else:
        decided = before in {*DEVIATING, *GOOD}
        assert found == [ChangeKind.LOST if decided else ChangeKind.UNDECIDED]
        assert delta.exit_code == (2 if decided else 0)


def test_the_same_run_twice_is_not_worse(results: Results) -> None:
    delta = delta_of(results, results)
    assert delta.exit_code == 0
    assert {each.kind for each in delta.defects} == {ChangeKind.STILL}
    assert {each.kind for each in delta.cases} <= {ChangeKind.STILL, ChangeKind.UNDECIDED}
    assert delta.clients == ()
    assert report.verdict(delta).startswith("NOT WORSE")


def test_what_is_worse_below_the_gate_does_not_fail_the_job(results: Results) -> None:
    delta = delta_of(results, changed(results, Outcome.FAIL, gates=False))
    assert kinds(delta, passing(results).key) == [ChangeKind.REGRESSION]
    assert delta.exit_code == 0
    assert "Below the gate, 1 result got worse" in report.verdict(delta)


def test_a_case_that_only_one_run_has_is_neither_better_nor_worse(results: Results) -> None:
    key = passing(results).key
    fewer = replace(results, cases=tuple(case for case in results.cases if case.key != key))
    assert kinds(delta_of(fewer, results), key) == [ChangeKind.NEW]
    assert kinds(delta_of(results, fewer), key) == [ChangeKind.VANISHED]
    assert delta_of(fewer, results).exit_code == delta_of(results, fewer).exit_code == 0


def test_a_new_defect_is_a_regression_and_a_missing_one_is_fixed(results: Results) -> None:
    defect = next(each for each in results.defects if each.gates)
    members = set(defect.cases)
    cases = tuple(
        replace(case, outcome=Outcome.PASS, gates=False, findings=()) if case.key in members else case
        for case in results.cases
    )
    better = replace(results, cases=cases, defects=tuple(each for each in results.defects if each is not defect))
    forward, back = delta_of(results, better), delta_of(better, results)
    assert [(each.id, each.kind) for each in forward.defects if each.kind is not ChangeKind.STILL] == [
        (defect.id, ChangeKind.FIX)
    ]
    assert [(each.id, each.kind) for each in back.defects if each.kind is not ChangeKind.STILL] == [
        (defect.id, ChangeKind.REGRESSION)
    ]
    assert (forward.exit_code, back.exit_code) == (0, 1)
    assert report.verdict(back).startswith("WORSE: 1 new defect")


def test_a_defect_whose_cases_are_no_longer_decided_is_not_called_fixed(results: Results) -> None:
    defect = next(each for each in results.defects if each.cases)
    cases = tuple(
        replace(case, outcome=Outcome.INCONCLUSIVE, gates=False) if case.key in defect.cases else case
        for case in results.cases
    )
    blind = replace(results, cases=cases, defects=tuple(each for each in results.defects if each is not defect))
    found = {each.id: each.kind for each in delta_of(results, blind).defects}
    assert found[defect.id] is ChangeKind.UNDECIDED


def test_a_client_that_works_no_more_is_named_with_what_its_user_sees(results: Results) -> None:
    client = replace(sample.with_clients(results).clients[0], readiness="ready", symptoms=())
    broken = replace(client, readiness="not-ready", symptoms=("The answer never ends.",))
    delta = delta_of(replace(results, clients=(client,)), replace(results, clients=(broken,)))
    (change,) = delta.clients
    assert change.worse
    assert "ready -> not ready: The answer never ends." in report.text(delta)
    assert delta_of(replace(results, clients=(broken,)), replace(results, clients=(client,))).clients[0].worse is False


def test_runs_that_are_not_alike_are_compared_with_a_note(results: Results) -> None:
    other = replace(results, suite=replace(results.suite, edition="2027-01-01"), complete=False)
    notes = delta_of(results, other).notes
    assert any(note.startswith("The edition differs: ") for note in notes)
    assert any(note.startswith("The newer run is incomplete") for note in notes)


def test_runs_without_a_common_result_decide_nothing(results: Results) -> None:
    delta = delta_of(results, replace(results, cases=()))
    assert delta.exit_code == 2
    assert report.verdict(delta).startswith("NOT DECIDED: the runs have no result in common")


@pytest.mark.parametrize(("form", "begins"), [("", "WORSE: "), ("--markdown", "## WORSE"), ("--json", "{")])
def test_the_command_writes_each_form_and_exits_with_the_verdict(
    results: Results, tmp_path: Path, form: str, begins: str
) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json_file.render(results), encoding="utf-8")
    new.write_text(json_file.render(changed(results, Outcome.FAIL, gates=True)), encoding="utf-8")
    shown = CliRunner().invoke(command, ["diff", str(old), str(new), *([form] if form else [])])
    assert shown.exit_code == 1
    assert shown.output.startswith(begins)
    if form == "--json":
        Draft202012Validator(SCHEMA).validate(json.loads(shown.output))
