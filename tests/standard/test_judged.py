"""The table of what is judged: rows, evidence, pairs and reasons are held together, and nothing is claimed twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.standard.judged import Table, load_table
from conformance.standard.library import Library
from conformance.standard.members import places
from conformance.standard.paths import spec_folder
from conformance.standard.rows import Section, rows
from conformance.standard.source import SourceError
from support.data import corpora, read_data, records

REASONS = "categories: {no-effect: It has no effect.}\nreasons: []\n"
UNSENT = ("no-client-sends-it", "not-a-place")
PAIRS = "pairs: {}\ntiming: {}\n"

Written = Callable[..., Table]


@pytest.fixture
def written(library: Library, tmp_path: Path) -> Written:
    """The table by the given files."""

    def load(evidence: str = "{}", pairs: str = PAIRS, reasons: str = REASONS) -> Table:
        folder = tmp_path / "judged"
        folder.mkdir(exist_ok=True)
        for name, text in (("evidence", evidence), ("pairs", pairs), ("reasons", reasons)):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_table(library.document, library.catalogue.cases, tmp_path)

    return load


def cell(table: Table, row: str, name: str):
    return next(cell for cell in table.cells if cell.row.id == row and cell.name == name)


def test_every_cell_has_cases_or_a_reason(library: Library) -> None:
    """Where this fails: `python -m mutation.regen --row PATTERN`, then a case, or a reason in specs/judged/."""
    table = load_table(library.document, library.catalogue.cases, spec_folder())
    assert table.problems == ()


@pytest.mark.parametrize("corpus", corpora())
def test_what_nobody_sends_is_in_no_captured_and_in_no_recorded_request(library: Library, corpus: Path) -> None:
    table = load_table(library.document, library.catalogue.cases, spec_folder())
    unsent = [cell.row for cell in table.cells if cell.reason and cell.reason.category in UNSENT]
    assert unsent
    sent = [capture["body"] for capture in read_data("client_requests.json") if capture["body"]]
    sent += [record["request"].get("body") for record in records(corpus)]
    bodies = [json.loads(body) if isinstance(body, str) and body.startswith("{") else body for body in sent]
    assert {row.id for row in unsent for path in row.paths for body in bodies if places(body, path)} == set()


def test_rows_have_names_of_their_own(library: Library) -> None:
    names = [row.id for row in rows(library.document)]
    assert len(names) == len(set(names))
    assert {row.section for row in rows(library.document)} == {*Section} - {Section.TIMING}


def test_a_cell_shows_its_evidence(written: Written) -> None:
    found = cell(written('"answer: id": {missing: [response-has-id]}'), "answer: id", "missing")
    assert found.cases == ("response-has-id",)
    assert found.reason is None


def test_an_empty_cell_without_a_reason_is_a_problem(written: Written) -> None:
    assert "answer: id: nothing judges 'missing', and no reason says why" in written().problems


def test_a_reason_fills_empty_cells_only(written: Written) -> None:
    reasons = REASONS.replace("[]", '[{rows: ["answer: id"], why: no-effect}]')
    table = written('"answer: id": {missing: [response-has-id]}', reasons=reasons)
    assert cell(table, "answer: id", "missing").reason is None
    reason = cell(table, "answer: id", "wrong type").reason
    assert reason is not None
    assert reason.category == "no-effect"


def test_a_reason_for_judged_cells_is_a_problem(written: Written) -> None:
    reasons = REASONS.replace("[]", '[{rows: ["answer: id"], cell: missing, why: no-effect}]')
    table = written('"answer: id": {missing: [response-has-id]}', reasons=reasons)
    assert "answer: id: a reason (no-effect) for no cell, or for cells that are judged" in table.problems


def test_brackets_in_a_pattern_are_taken_as_they_are(written: Written) -> None:
    reasons = REASONS.replace("[]", '[{rows: ["answer: content[text]*"], why: no-effect}]')
    table = written(reasons=reasons)
    assert cell(table, "answer: content[text].text", "missing").reason is not None


@pytest.mark.parametrize(
    ("evidence", "problem"),
    [
        ('"answer: id": {missing: [no-such-case]}', "answer: id: no such case: no-such-case"),
        ('"answer: idd": {missing: [response-has-id]}', "answer: idd: no such row, or no such cell: missing"),
        ('"answer: id": {lost: [response-has-id]}', "answer: id: no such row, or no such cell: lost"),
    ],
)
def test_evidence_that_fits_nothing_is_a_problem(written: Written, evidence: str, problem: str) -> None:
    assert problem in written(evidence).problems


def test_a_pair_is_judged_by_the_cases_that_name_its_faults(written: Written) -> None:
    table = written(pairs='pairs: {"header and body: length": [length-said-twice]}\ntiming: {"the end": []}\n')
    assert cell(table, "header and body: length", "broken").cases == ("transport-one-length",)
    assert "the end: nothing judges 'broken', and no reason says why" in table.problems


def test_a_pair_whose_fault_no_case_names_is_a_problem(written: Written) -> None:
    table = written(pairs='pairs: {"header and body: length": [no-such-fault]}\ntiming: {}\n')
    assert "header and body: length: no such case: (none: no-such-fault)" in table.problems


def test_an_unknown_category_is_refused_with_the_nearest_one(written: Written) -> None:
    with pytest.raises(SourceError, match="Unknown category 'no-efect'") as caught:
        written(reasons=REASONS.replace("[]", '[{rows: ["answer: id"], why: no-efect}]'))
    assert caught.value.suggestion == "no-effect"


def test_counts_are_of_cells(written: Written) -> None:
    table = written('"answer: id": {missing: [response-has-id]}')
    cells, judged = table.count(Section.REPLIES)
    assert judged == 1 < cells
