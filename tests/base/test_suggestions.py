"""Mistyped names get the name that was probably meant."""

import pytest

from conformance.base.suggestions import did_you_mean, nearest, unknown

NAMES = ["max-tokens", "tool_choice", "streaming"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("max-token", "max-tokens"), ("TOOLCHOICE", "tool_choice"), ("steaming", "streaming"), ("x", None), ("", None)],
)
def test_the_nearest_name_is_found_whatever_its_case_and_hyphens(name: str, meant: str | None) -> None:
    assert nearest(name, NAMES) == meant
    assert did_you_mean(name, NAMES) == (f"; did you mean {meant!r}?" if meant else "")
    assert unknown("option", name, NAMES) == f"Unknown option {name!r}.{f' Did you mean {meant!r}?' if meant else ''}"


def test_without_a_near_name_the_sentence_can_list_all_of_them() -> None:
    assert unknown("option", "x", NAMES, "options") == (
        "Unknown option 'x'. Known options: max-tokens, tool_choice, streaming."
    )
    assert unknown("option", "x", [], "options") == "Unknown option 'x'. Known options: none."
    assert unknown("option", "max-token", NAMES, "options") == "Unknown option 'max-token'. Did you mean 'max-tokens'?"


def test_without_names_there_is_no_suggestion() -> None:
    assert nearest("x", ()) is None
