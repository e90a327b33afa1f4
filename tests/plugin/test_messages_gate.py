"""`--messages-gate`: the weakest level that gates."""

from __future__ import annotations

from support.project import chosen

CASE = "errors-unknown-model-not-found"


def test_a_deviation_from_a_should_warns(project, canned) -> None:
    done = project.catalogue(*canned, *chosen(CASE))
    assert done.ret == 2  # nothing that gates was judged
    assert project.outcomes == {(CASE, "json"): "fail"}
    assert project.results["gate"]["policy"] == "must"


def test_gate_should_moves_the_line(project, canned) -> None:
    done = project.catalogue("--messages-gate=should", *canned, *chosen(CASE))
    assert done.ret == 1
    done.assert_outcomes(failed=1)
    assert project.results["gate"]["policy"] == "should"


def test_informational_clauses_never_gate(project, canned) -> None:
    options = ("--messages-gate=should", "--messages-strict", *canned)
    assert project.catalogue(*options, *chosen("request-unknown-field"), "-k", "json").ret == 2
    assert set(project.outcomes.values()) == {"fail"}


def test_another_level_is_told_and_exit_code_4(project) -> None:
    done = project.catalogue("--messages-gate=may")
    assert done.ret == 4
    assert "must, should" in done.stderr.str() + done.stdout.str()
