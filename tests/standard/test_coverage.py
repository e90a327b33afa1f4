"""The coverage page in docs/ is what the ledger and the catalogue say today."""

import os
from pathlib import Path

import pytest

from conformance.judge.library import load_library
from conformance.report.coverage import page

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


@pytest.fixture(scope="module")
def library():
    return load_library("2023-06-01")


def test_the_coverage_page_is_current(library):
    """With MESSAGES_WRITE_COVERAGE set, the page is written."""
    text = page(library.catalogue.cases, library.ledger)
    if os.environ.get("MESSAGES_WRITE_COVERAGE"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text


def test_the_page_names_every_clause_and_every_case(library):
    text = page(library.catalogue.cases, library.ledger)
    assert [clause.id for clause in library.ledger if f"**{clause.id}**" not in text] == []
    assert [case.id for case in library.catalogue.cases if f"`{case.id}`" not in text] == []
