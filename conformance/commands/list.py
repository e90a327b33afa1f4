"""The command `list`: the cases of the catalogue and the clauses of the ledger."""

from __future__ import annotations

import json

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report import catalogue as report


def text(*, as_json: bool) -> str:
    """All cases and clauses, for people or as JSON."""
    library = load_library(DEFAULT_VERSION)
    entries = report.entries(library.catalogue.cases, library.ledger.clauses.values())
    return f"{json.dumps(entries, indent=1)}\n" if as_json else report.text(entries)
