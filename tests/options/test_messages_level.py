"""`--messages-level`: only the cases of these levels."""

from __future__ import annotations


def test_only_the_named_level_runs(project) -> None:
    assert project.catalogue("--messages-level=may").ret == 0
    assert {case["level"] for case in project.results["cases"]} == {"may"}


def test_an_unknown_level_is_told_and_exit_code_4(project) -> None:
    done = project.catalogue("--messages-level=shall")
    assert done.ret == 4
    assert "--level" in done.stderr.str() + done.stdout.str()
    assert "must, should, may" in done.stderr.str() + done.stdout.str()
    assert project.wrote_nothing


def test_a_named_level_selects_its_cases_and_those_of_the_levels_below_it(project) -> None:
    def selected(*levels: str) -> set[str]:
        options = [f"--messages-level={level}" for level in levels]
        done = project.catalogue("--collect-only", "-q", "--messages-area=tools", "--messages-area=transport", *options)
        return {line.rpartition("::")[2].partition("[")[0] for line in done.outlines if "::" in line}

    core, agent, both = selected("core"), selected("agent"), selected("agent", "should")
    assert "transport-message-created" in core
    assert "tools-read" not in core
    assert core < agent
    assert "tools-read" in agent
    assert "transport-sibling-endpoints" not in agent
    assert both < agent
    assert "tools-loop-with-real-call" in both
