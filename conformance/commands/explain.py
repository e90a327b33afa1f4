"""The command `explain`: what a case or a clause says and how it is judged, or what a client sends and needs."""

from __future__ import annotations

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report import catalogue, clients


def text(name: str) -> str:
    """What a case or a clause says, or what is known of a client. Raises UsageError for an unknown name."""
    library = load_library(DEFAULT_VERSION)
    for client in library.clients.clients:
        if client.id == name:
            return clients.explain(client)
    names = [client.id for client in library.clients.clients]
    return catalogue.explain(name, library.catalogue.cases, library.ledger.clauses, names)
