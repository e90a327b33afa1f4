"""The command `list`: the cases of the catalogue and the clauses of the ledger, the clients, or the vendors."""

from __future__ import annotations

import json
from dataclasses import dataclass

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.base.versions import DEFAULT_VERSION
from conformance.engine.selection import needed_by
from conformance.judge.library import load_library
from conformance.model import Case
from conformance.report import catalogue as report
from conformance.report import clients, profiles
from conformance.standard.library import Library
from conformance.standard.vendors import load_vendor, vendor_ids


@dataclass(frozen=True)
class CaseFilter:
    """Which cases are listed: those of any of the areas, tiers, clients and clauses that are named."""

    areas: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()


def text(*, as_json: bool, what: str = "cases", only: CaseFilter = CaseFilter()) -> str:
    """All `cases` and clauses, all `clients`, or all `vendors`, for people or as JSON.

    Raises UsageError where `only` names what does not exist, or something else than cases is listed.
    """
    if only != CaseFilter() and what != "cases":
        raise UsageError("--area, --tier, --client and --clause filter the list of cases.")
    if what == "vendors":
        vendors = [load_vendor(name) for name in vendor_ids()]
        return f"{json.dumps(profiles.entries(vendors), indent=1)}\n" if as_json else profiles.text(vendors)
    library = load_library(DEFAULT_VERSION)
    if what == "clients":
        known = library.clients.clients
        return f"{json.dumps(clients.entries(known), indent=1)}\n" if as_json else clients.text(known)
    cases = _filtered(library, only)
    cited = {clause for case in cases for clause in case.clauses}
    clauses = [clause for clause in library.ledger if only == CaseFilter() or clause.id in cited]
    entries = report.entries(cases, clauses)
    return f"{json.dumps(entries, indent=1)}\n" if as_json else report.text(entries, filtered=only != CaseFilter())


def _filtered(library: Library, only: CaseFilter) -> list[Case]:
    cases, clients_ = library.catalogue.cases, {client.id: client for client in library.clients.clients}
    for what, names, known in (
        ("area", only.areas, list(dict.fromkeys(case.area for case in cases))),
        ("tier", only.tiers, [tier.name for tier in library.tiers]),
        ("client", only.clients, list(clients_)),
        ("clause", only.clauses, list(library.ledger.clauses)),
    ):
        for name in names:
            if name not in known:
                raise UsageError(unknown(what, name, known))
    needed = {case for name in only.clients for case, _ in needed_by(clients_[name], library)}
    return [
        case
        for case in cases
        if (not only.areas or case.area in only.areas)
        and (not only.tiers or case.tier in only.tiers)
        and (not only.clients or case.id in needed)
        and (not only.clauses or set(case.clauses) & set(only.clauses))
    ]
