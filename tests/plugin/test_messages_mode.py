"""`--messages-mode`: only this mode."""

from __future__ import annotations

import pytest

from support.project import chosen


@pytest.mark.parametrize("mode", ["json", "stream"])
def test_cases_that_exist_in_both_modes_run_in_the_one_asked_for(project, mode) -> None:
    done = project.catalogue(f"--messages-mode={mode}", *chosen("response-has-id", "messages-content-string"))
    assert done.ret == 0
    assert project.outcomes == {("response-has-id", mode): "pass", ("messages-content-string", mode): "pass"}


def test_cases_that_exist_in_the_other_mode_only_are_not_selected(project) -> None:
    done = project.catalogue("--messages-mode=stream", *chosen("models-page-has-data", "response-has-id"))
    assert done.ret == 0
    assert set(project.outcomes) == {("response-has-id", "stream")}


def test_another_mode_is_told_and_exit_code_4(project) -> None:
    done = project.catalogue("--messages-mode=xml")
    assert done.ret == 4
    assert "json, stream" in done.stderr.str() + done.stdout.str()
