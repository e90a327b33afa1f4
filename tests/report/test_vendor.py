"""The second column: what became of the claims in a vendor's own documents, in words."""

from __future__ import annotations

from conformance.report import vendor
from support import sample

RESULTS = sample.with_claims(sample.results())


def test_a_run_without_a_vendor_says_nothing_of_documents() -> None:
    assert list(vendor.lines(sample.results())) == []


def test_claims_are_counted_by_verdict_the_broken_ones_first() -> None:
    assert vendor.counted(RESULTS) == (
        "5 claims: 1 broken, 1 deviates as documented, 1 conforms although documented otherwise, 1 kept, 1 undecided"
    )
    assert [row[0] for row in vendor.table(RESULTS)] == ["usage", "sample", "errors", "ids", "speed"]


def test_a_broken_claim_names_what_contradicts_it_and_what_decides_it() -> None:
    (line,) = [line for line in vendor.lines(RESULTS) if line.startswith("  broken")]
    assert "Streams count. (its own documents contradict it: sample)" in line
    assert "b" in line
    assert "Messages, 2026-11-22" in line
