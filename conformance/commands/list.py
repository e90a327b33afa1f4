"""The commands `list` and `explain`: what the catalogue and the ledger hold."""

from __future__ import annotations

import json

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report import catalogue as report


def listed(*, as_json: bool) -> str:
    """All cases and clauses, for people or as JSON."""
    library = load_library(DEFAULT_VERSION)
    entries = report.entries(library.catalogue.cases, library.ledger.clauses.values())
    return f"{json.dumps(entries, indent=1)}\n" if as_json else report.text(entries)


def explained(name: str) -> str:
    """What a case or a clause says. Raises UsageError for an unknown name."""
    library = load_library(DEFAULT_VERSION)
    return report.explain(name, library.catalogue.cases, library.ledger.clauses)
