"""Texts that quote an endpoint are cut where they are made."""

from __future__ import annotations

from conformance.base.values import LONGEST
from conformance.model import Finding, Judgement, Mode, Outcome, Where

LONG = "x" * 1_000_000


def test_what_quotes_an_endpoint_is_cut_wherever_it_is_made() -> None:
    finding = Finding("status", LONG, LONG, Where(pointer=f"/{LONG}"))
    judgement = Judgement("case", Mode.JSON, Outcome.FAIL, LONG, (finding,))
    for text in (finding.expected, finding.actual, finding.where.pointer or "", judgement.reason):
        assert len(text) == LONGEST
        assert text.endswith("x\u2026")


def test_a_text_that_fits_stays_as_it_is() -> None:
    text = "x" * LONGEST
    assert Finding("status", text, "", Where(pointer=None)).expected == text
    assert Where(pointer=text).pointer == text
