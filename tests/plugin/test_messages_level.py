"""`--messages-level`: only the cases of these levels."""

from __future__ import annotations


def test_only_the_named_level_runs(project) -> None:
    assert project.catalogue("--messages-level=may").ret == 2  # none of them can violate the gate
    assert {case["level"] for case in project.results["cases"]} == {"may"}


def test_an_unknown_level_is_told_and_exit_code_4(project) -> None:
    done = project.catalogue("--messages-level=shall")
    assert done.ret == 4
    assert "--level" in done.stderr.str() + done.stdout.str()
    assert "must, should, may" in done.stderr.str() + done.stdout.str()
    assert project.wrote_nothing
