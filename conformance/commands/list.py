"""The command `list`: the cases of the catalogue and the clauses of the ledger, the clients, or the vendors."""

from __future__ import annotations

import json

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report import catalogue as report
from conformance.report import clients, profiles
from conformance.standard.vendors import load_vendor, vendor_ids


def text(*, as_json: bool, what: str = "cases") -> str:
    """All `cases` and clauses, all `clients`, or all `vendors`, for people or as JSON."""
    if what == "vendors":
        vendors = [load_vendor(name) for name in vendor_ids()]
        return f"{json.dumps(profiles.entries(vendors), indent=1)}\n" if as_json else profiles.text(vendors)
    library = load_library(DEFAULT_VERSION)
    if what == "clients":
        known = library.clients.clients
        return f"{json.dumps(clients.entries(known), indent=1)}\n" if as_json else clients.text(known)
    entries = report.entries(library.catalogue.cases, library.ledger.clauses.values())
    return f"{json.dumps(entries, indent=1)}\n" if as_json else report.text(entries)
