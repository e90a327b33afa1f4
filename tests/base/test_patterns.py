import re

import pytest

from conformance.base.patterns import LONGEST_TEXT, PatternError, compiled, matches_whole, occurs_in


def test_a_pattern_matches_the_whole_text_or_a_part_of_it():
    assert matches_whole("(true|false)", "true")
    assert not matches_whole("true", "true ")
    assert occurs_in("^a+", "aab")
    assert not occurs_in("^b", "ab")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "(.*a){20}b"])
def test_what_backtracks_elsewhere_ends_at_once(pattern):
    assert not matches_whole(pattern, "a" * (LONGEST_TEXT - 1) + "!")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "missing )"), ("(?=a)", "invalid perl operator"), (r"(a)\1", "invalid escape sequence"),
        ("a{1001}", "invalid repetition size"), ("x" * 1_001, "longer than 1,000"), ("\ud800", "surrogate"),
        (r"(\pL{1,100}){9}", "pattern too large"),
    ],
)  # fmt: skip
def test_what_cannot_be_matched_in_linear_time_is_refused(pattern, problem):
    with pytest.raises(PatternError, match=re.escape(problem)):
        compiled(pattern)


def test_a_text_that_is_too_long_is_never_matched_whole_and_never_refused_in_part():
    text = "a" * (LONGEST_TEXT + 1)
    assert not matches_whole("a+", text)
    assert occurs_in("b", text)
    assert not matches_whole("b", "\ud800")
