"""The clauses that a run is about, with their sources, so that every output can link to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from conformance.model import Level, SourceLink
from conformance.standard.ledger import Ledger
from conformance.standard.source_links import SourceTable


@dataclass(frozen=True)
class ClauseResult:
    """A clause that cases of the run follow from, and where it comes from."""

    id: str
    level: Level
    statement: str
    sources: tuple[SourceLink, ...] = ()


def cited(names: Collection[str], ledger: Ledger, sources: SourceTable) -> tuple[ClauseResult, ...]:
    """The clauses with these ids, in the order of the ledger."""
    return tuple(
        ClauseResult(clause.id, clause.level, clause.statement, sources.links(clause.source))
        for clause in ledger
        if clause.id in names
    )
