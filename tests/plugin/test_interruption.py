"""Ctrl-C: what was judged is kept, and results.json names the exit code of the process."""

from __future__ import annotations

import pytest

from support.project import CATALOGUE, QUICK, chosen

PLUGIN = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.when == "call":
        raise KeyboardInterrupt
"""


@pytest.mark.parametrize(
    ("first", "exit_code"),
    [
        ("transport-no-credential-refused", 1),  # a proven violation stays one
        ("response-has-id", 2),
    ],
)
def test_an_interrupted_run_writes_its_results_with_the_exit_code_of_the_process(
    project, canned, monkeypatch, first: str, exit_code: int
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-0123456789abcdef")
    project.write("interrupting.py", PLUGIN)
    project.pytester.syspathinsert()
    options = ("-p", "interrupting", "--messages-out=out", "--messages-declare=authentication", *canned)
    options = (*options, *chosen(first, "usage-input-tokens-integer"))
    done = project.pytester.runpytest(*QUICK, *CATALOGUE, *options, no_reraise_ctrlc=True)
    assert done.ret == exit_code
    results = project.results
    assert results["exit_code"] == exit_code
    assert [case["id"] for case in results["cases"]] == [first]
    assert "before the run was stopped" in results["incomplete_reason"]
