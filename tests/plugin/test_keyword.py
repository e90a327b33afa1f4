"""`-k`: as pytest users know it."""

from __future__ import annotations

from support import standard


def test_k_selects_cases_by_a_part_of_their_id(project) -> None:
    done = project.catalogue("-k", "response_has_id or response-has-id")
    done.assert_outcomes(passed=2, deselected=len_of_catalogue() - 2)
    assert set(project.outcomes) == {("response-has-id", "json"), ("response-has-id", "stream")}


def test_k_selects_a_mode_and_a_target_by_the_name_in_brackets(project) -> None:
    done = project.catalogue("-k", "response-has-id and reference-json")
    done.assert_outcomes(passed=1, deselected=len_of_catalogue() - 1)
    assert set(project.outcomes) == {("response-has-id", "json")}


def test_k_that_selects_nothing_sends_and_writes_nothing(project) -> None:
    done = project.catalogue("-k", "no-such-thing")
    assert done.ret == 5
    assert project.wrote_nothing


def len_of_catalogue() -> int:

    return sum(len(case.modes) for case in standard.library().catalogue.cases)
