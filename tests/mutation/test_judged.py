"""The evidence of what is judged holds: a sample of it is broken again, and the cases that it names still deviate."""

from __future__ import annotations

import pytest

from conformance.standard.judged import load_evidence
from conformance.standard.paths import spec_folder
from conformance.standard.rows import Section, rows
from mutation.judged import Breaker, narrowed
from support import standard

EVIDENCE = load_evidence(spec_folder())
ROWS = {row.id: row for row in rows(standard.library().document)}
OF_REPLIES = [row for row in ROWS.values() if row.section in (Section.REPLIES, Section.EVENTS)]
EVERY = 40
"""One row in so many is broken again."""

SAMPLE = [*list(EVIDENCE)[::EVERY], "answer: stop_reason", "request: stop_sequences", "header: request-id"]


@pytest.fixture(scope="session")
def breakers(stage):
    """What breaks the rows of replies, and what breaks all others."""
    whole = stage()
    return Breaker(narrowed(whole, OF_REPLIES)), Breaker(whole)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_cases_that_the_evidence_names_deviate(breakers, name: str) -> None:
    """Where this fails: `python -m mutation.regen --row PATTERN`, and read the difference."""
    of_replies, of_all = breakers
    row = ROWS[name]
    found = (of_replies if row in OF_REPLIES else of_all).found(row)
    assert {cell: set(cases) - found[cell] for cell, cases in EVIDENCE[name].items()} == {
        cell: set() for cell in EVIDENCE[name]
    }


def test_what_no_answer_holds_is_planted_before_it_is_broken(breakers) -> None:
    found = breakers[0].found(ROWS["answer: content[web_fetch_tool_result].tool_use_id"])
    assert "server-tools-results-well-formed" in found["missing"] & found["wrong type"]


def test_a_feature_that_no_request_holds_is_not_rehearsed(breakers) -> None:
    assert breakers[1].found(ROWS["request: container.skills"]) == {}
