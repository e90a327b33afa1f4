"""`--messages-strict`: gates on requests that are accepted although the API refuses them."""

from __future__ import annotations

from support.project import chosen

CASE = "messages-content-empty-string"


def test_without_it_an_accepted_invalid_request_is_told_and_does_not_gate(project, canned) -> None:
    done = project.catalogue(*canned, *chosen(CASE))
    assert done.ret == 2  # nothing that gates was judged
    assert project.outcomes == {(CASE, "json"): "fail"}
    (case,) = project.results["cases"]
    assert (case["axis"], case["gates"]) == ("strictness", False)
    done.stdout.fnmatch_lines(["*1 deviating*"])


def test_with_it_the_same_case_fails_the_run(project, canned) -> None:
    done = project.catalogue("--messages-strict", *canned, *chosen(CASE))
    assert done.ret == 1
    (case,) = project.results["cases"]
    assert (case["axis"], case["gates"]) == ("strictness", True)
    assert "strict" in project.results["gate"]["policy"]
    done.assert_outcomes(failed=1)


def test_a_refusal_that_protects_people_gates_without_it(project, canned, monkeypatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-0123456789abcdef")
    options = (*canned, "--messages-declare=authentication")
    assert project.catalogue(*options, *chosen("transport-no-credential-refused")).ret == 1
