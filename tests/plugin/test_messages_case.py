"""`--messages-case`: only these cases."""

from __future__ import annotations

from support.project import chosen


def test_only_the_named_cases_run_in_all_their_modes(project) -> None:
    assert project.catalogue(*chosen("response-has-id", "models-page-has-data")).ret == 0
    assert set(project.outcomes) == {
        ("response-has-id", "json"),
        ("response-has-id", "stream"),
        ("models-page-has-data", "json"),
    }


def test_only_what_the_case_needs_is_sent(project) -> None:
    assert project.catalogue(*chosen("models-page-has-data")).ret == 0
    assert {record["scenario"] for record in project.sent} == {"text", "models"}


def test_an_unknown_case_is_told_with_the_nearest_name_and_exit_code_4(project) -> None:
    done = project.catalogue(*chosen("response-has-idd"))
    assert done.ret == 4
    done.stderr.fnmatch_lines(["ERROR: Unknown case 'response-has-idd'. Did you mean 'response-has-id'?"])
    assert project.wrote_nothing
