"""The page of what is judged: judged rows with their cases, all others with their reason, and the numbers."""

from __future__ import annotations

from conformance.report.judged import page
from conformance.standard.judged import Cell, Reason, Table
from conformance.standard.library import Library
from conformance.standard.rows import Section, Subject

ID = Subject("answer: id", Section.REPLIES, ("missing", "wrong type"))
SPEED = Subject("answer: usage.speed", Section.REPLIES, ("wrong type",))
REASON = Reason(("answer: usage.*",), "", "varies", "as it likes")
EMPTY = Reason(("answer: id",), "wrong type", "open")

TABLE = Table(
    (
        Cell(ID, "missing", ("response-has-id", "stream-names-model-of-json")),
        Cell(ID, "wrong type", reason=EMPTY),
        Cell(SPEED, "wrong type", reason=REASON),
    ),
    {"varies": "It may differ.", "open": "Not yet."},
    (REASON, EMPTY),
)


def test_a_judged_row_names_its_cases_and_in_brackets_what_else_is_not_judged(library: Library) -> None:
    text = page(TABLE, library.catalogue.cases)
    assert "| `answer: id` | `response-has-id`, *stream-names-model-of-json* | (open) |" in text


def test_a_row_that_no_case_judges_is_listed_by_the_pattern_of_its_reason(library: Library) -> None:
    text = page(TABLE, library.catalogue.cases)
    assert "| `answer: usage.*` | 1 | varies: as it likes |" in text
    assert "| `answer: id` (wrong type) | 1 | open |" in text
    assert "`answer: usage.speed`" not in text


def test_the_numbers_are_those_of_the_table(library: Library) -> None:
    text = page(TABLE, library.catalogue.cases)
    assert "| Members of replies | 2 | 3 | 1 | 2 |" in text
    assert "| varies | 1 | It may differ. |" in text
