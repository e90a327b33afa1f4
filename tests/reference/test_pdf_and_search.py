"""PDF files are read and cited by page; a web search runs where it is declared and asked for."""

from conformance.reference.pdf import pages_of
from conformance.standard.large_values import pdf


def test_the_pages_of_a_pdf_are_read_in_order():
    assert pages_of(pdf(["first page", "second (2)"])) == ["first page", "second (2)"]
    assert pages_of(b"%PDF-1.4 nothing") == []
