"""The layout of the failure block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Mode, Outcome, SourceLink, Where
from conformance.report.block import VALUE_LIMIT, block, location
from conformance.results.model import AffectedClient, FindingResult, TraceLine
from support import sample


def test_the_block_has_the_layout_that_others_script_against(golden):
    golden("block-fail.txt", block(sample.usage_zero()) + "\n")


def test_the_block_names_who_breaks_and_where_the_clause_comes_from(golden):
    affects = [
        AffectedClient(name.lower(), name, impact, f"What users of {name} see.")
        for name, impact in (("One", "breaks"), ("Two", "breaks"), ("Three", "breaks"), ("Four", "degrades"))
    ]
    sources = [SourceLink("Streaming messages", "https://docs.example/streaming", "2026-08-22"), SourceLink("PROBE x")]
    case = replace(sample.usage_zero(), variables=("NAGA_API_KEY", "TEAM"))
    golden("block-affects.txt", block(case, affects=affects, sources=sources) + "\n")


def test_the_event_that_a_finding_is_about_is_marked_among_its_neighbours_and_cut_around_its_place():
    start = TraceLine(0.1, "event: message_start")
    long = 'data: {"type":"message_delta",' + '"filler":"' + "x" * 400 + '","usage":{"output_tokens":"12"}}'
    finding = FindingResult(
        "an integer", "a string", Where(3, "text/stream", "/usage/output_tokens", 2),
        excerpt=(start, TraceLine(0.2, "event: message_delta", marked=True), TraceLine(None, long, marked=True)),
    )  # fmt: skip
    text = block(replace(sample.usage_zero(), findings=(finding,)))
    assert "                  0.100 s  event: message_start\n                > 0.200 s  event: message_delta\n" in text
    assert '"output_tokens":"12"' in text


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
