"""The results of a run: the one truth that every output reads.

Belongs here: what a results file holds, and every number that is told about a run. Does not belong here: judging,
wording for people, JSON (see `report/json_file.py`), files. Imports `model` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from conformance.model import KnownDeviation
from conformance.results.conclusion_model import (
    BaselineResult,
    CapabilityResult,
    ClaimResult,
    ClientResult,
    EntryResult,
    Gate,
    LevelResult,
)
from conformance.results.count import gate, level_result, summarise
from conformance.results.model import (
    CONFORMANCE,
    DECIDED,
    DEVIATING,
    INFORMATIONAL,
    PARTS,
    STRICTNESS,
    UNSCORED,
    CaseResult,
    Count,
    ExchangeSummary,
    FindingResult,
    Part,
    Suite,
    Summary,
    Target,
    Tokens,
    TraceLine,
)

__all__ = [
    "CONFORMANCE", "DECIDED", "DEVIATING", "INFORMATIONAL", "PARTS", "SCHEMA_VERSION", "STRICTNESS", "UNSCORED",
    "BaselineResult", "CapabilityResult", "CaseResult", "ClaimResult", "ClientResult", "Count", "EntryResult",
    "ExchangeSummary", "FindingResult", "Gate", "KnownDeviation", "LevelResult", "Part", "Results", "Suite", "Summary",
    "Target", "Tokens", "TraceLine", "gate", "level_result", "summarise",
]  # fmt: skip

SCHEMA_VERSION = "1.1"
"""Major and minor version of the results file. Minor versions only add keys; a new major may change meaning."""


@dataclass(frozen=True)
class Results:
    """One run against one target.

    `started` is an RFC 3339 time in UTC. `cost` is in US dollars, None where no prices are known. `exchanges` maps
    journal lines to their summaries. The summary is computed from `cases` and from nothing else.
    """

    suite: Suite
    target: Target
    started: str
    duration_s: float
    requests: int
    cases: tuple[CaseResult, ...]
    gate: Gate
    tokens: Tokens = field(default_factory=Tokens)
    cost: float | None = None
    complete: bool = True
    incomplete_reason: str = ""
    exchanges: Mapping[int, ExchangeSummary] = field(default_factory=dict)
    levels: tuple[LevelResult, ...] = ()
    clients: tuple[ClientResult, ...] = ()
    claims: tuple[ClaimResult, ...] = ()
    capabilities: tuple[CapabilityResult, ...] = ()
    baseline: BaselineResult | None = None
    schema_version: str = SCHEMA_VERSION

    @cached_property
    def summary(self) -> Summary:
        """All numbers of this run, see `summarise`."""
        return summarise(self.cases)
