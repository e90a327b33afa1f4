"""The layout of the failure block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Mode, Outcome, Where
from conformance.report.block import VALUE_LIMIT, block, location
from conformance.results.model import FindingResult
from support import sample


def test_the_block_has_the_layout_that_others_script_against(golden):
    golden("block-fail.txt", block(sample.usage_zero()) + "\n")


def test_two_modes_of_one_case_are_told_in_one_block(results, golden):
    cases = [case for case in results.cases if case.id == "tools-any-forces-a-call"]
    golden("block-ignored-in-two-modes.txt", block(cases[0], cases[1:]) + "\n")


def test_a_deviation_without_findings_shows_its_reason(golden):
    case = replace(
        sample.usage_zero(),
        outcome=Outcome.IGNORED,
        findings=(),
        reason="the answer is the same without the tool",
        seen=1,
    )
    golden("block-without-findings.txt", block(case) + "\n")


def test_further_findings_are_told_once_per_kind_and_the_rest_is_counted(golden):
    first = sample.usage_zero().findings[0]
    others = [
        FindingResult("an integer", text, Where(30 + n, "weather/stream", event=n + 1))
        for n, text in enumerate("aabcd")
    ]
    golden("block-several-findings.txt", block(replace(sample.usage_zero(), findings=(first, *others))) + "\n")


def test_an_informational_case_says_so_beside_its_level():
    assert "   MUST, informational   " in block(replace(sample.usage_zero(), informational=True)).splitlines()[0]


def test_long_values_are_cut_with_their_length():
    finding = FindingResult("x", "y" * 5000)
    text = block(replace(sample.usage_zero(), findings=(finding,), seen=1))
    assert f"actual    {'y' * VALUE_LIMIT} … (5,000 characters)" in text


def test_the_block_never_has_a_control_character(hostile):
    for case in hostile.cases:
        assert all(line.isprintable() for line in block(case).split("\n"))


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Where(), ""),
        (Where(line=3), "journal line 3"),
        (Where(scenario="text/json"), "scenario text/json"),
        (Where(12, "text", event=1), "event 1 of scenario text (journal line 12)"),
        (Where(12, "text", "/usage", 2, 1400), "event 2, /usage, byte 1,400 of scenario text (journal line 12)"),
    ],
)
def test_a_place_is_told_in_words(where, words):
    assert location(where) == words


def test_reach_counts_streams_in_stream_mode_and_answers_in_json_mode():
    assert "actual    0, in 37 of 37 streams" in block(sample.usage_zero())
    assert "actual    0, in 37 of 37 answers" in block(replace(sample.usage_zero(), mode=Mode.JSON))
