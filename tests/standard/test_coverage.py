"""The coverage page leaves nothing out."""

import pytest

from conformance.judge.library import load_library
from conformance.report.coverage import page


@pytest.fixture(scope="module")
def library():
    return load_library("2023-06-01")


def test_the_page_names_every_clause_and_every_case(library):
    text = page(library.catalogue.cases, library.ledger)
    assert [clause.id for clause in library.ledger if f"**{clause.id}**" not in text] == []
    assert [case.id for case in library.catalogue.cases if f"`{case.id}`" not in text] == []
