"""The command `explain`: what a case or a clause says and how it is judged, what clients need, what vendors claim."""

from __future__ import annotations

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report import catalogue, clients, profiles
from conformance.standard.vendors import load_vendor, vendor_ids


def text(name: str) -> str:
    """What a case or a clause says, what is known of a client, or what a vendor claims.

    Raises UsageError for an unknown name.
    """
    if name in vendor_ids():
        return profiles.explain(load_vendor(name))
    library = load_library(DEFAULT_VERSION)
    for client in library.clients.clients:
        if client.id == name:
            return clients.explain(client)
    names = [*(client.id for client in library.clients.clients), *vendor_ids()]
    return catalogue.explain(name, library.catalogue.cases, library.ledger.clauses, names)
