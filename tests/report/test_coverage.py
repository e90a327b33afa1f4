"""The coverage page leaves nothing out."""

from conformance.report.coverage import page


def test_the_page_names_every_clause_and_every_case(library):
    text = page(library.catalogue.cases, library.ledger)
    assert [clause.id for clause in library.ledger if f"**{clause.id}**" not in text] == []
    assert [case.id for case in library.catalogue.cases if f"`{case.id}`" not in text] == []
