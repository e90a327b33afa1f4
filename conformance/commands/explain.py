"""The command `explain`: what a case or a clause says, and how it is judged."""

from __future__ import annotations

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report import catalogue as report


def text(name: str) -> str:
    """What a case or a clause says. Raises UsageError for an unknown name."""
    library = load_library(DEFAULT_VERSION)
    return report.explain(name, library.catalogue.cases, library.ledger.clauses)
