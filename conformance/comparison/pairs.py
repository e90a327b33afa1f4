"""The words of a comparison: pairs of replies, findings, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from conformance.model import Json
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply

HARMLESS: Final = frozenset(
    {
        "delay-added", "deltas-merged", "deltas-split", "header-added", "id-form-changed", "refusal-by-gateway",
        "request-header-added", "request-header-changed", "request-header-lost", "request-part-respelled",
        "stream-slowed",
    }
)  # fmt: skip
"""Kinds that inform: they take nothing away from a client, and any gateway may do so."""

RENAMED: Final = frozenset({"model", "message_start.message.model"})
"""Places that say the name of the model, which a gateway may translate on purpose."""

READ_BY_CLIENTS: Final = frozenset(
    {"allow", "content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry"}
)
"""Headers of answers that clients read, beside those whose names begin with `anthropic-`."""

OF_THE_API: Final = frozenset({"anthropic-beta", "anthropic-version"})
"""Request headers that mean something to the API. The others are the client's own."""


@dataclass(frozen=True, eq=False)
class Pair:
    """The replies to one step of a scenario, of the upstream and through the gateway. A pair equals nothing but itself.

    `arrived` is what reached the upstream of the gateway's request, where somebody stood there to read it.
    """

    scenario: str
    step: int
    direct: Reply
    through: Reply
    arrived: tuple[SentRequest, ...] | None = None


@dataclass(frozen=True)
class Seen:
    """One difference in one pair: its kind, its place without indices, and the values on both sides (None: none)."""

    kind: str
    where: str
    direct: Json = None
    through: Json = None

    @property
    def place(self) -> tuple[str, str]:
        """What it is about and where, whatever happened to it: an upstream that adds here today loses tomorrow."""
        return self.kind.rpartition("-")[0], self.where


@dataclass(frozen=True)
class GatewayFinding:
    """A difference of one kind in one place, and the pairs that show it; the values are those of the first.

    `informs` is True for what is no defect on its own.
    """

    seen: Seen
    pairs: tuple[Pair, ...]
    informs: bool


@dataclass(frozen=True)
class NotCompared:
    """What was left out of the comparison, and why, in words."""

    what: str
    why: str


@dataclass(frozen=True)
class Timing:
    """Milliseconds at the median over all pairs until the first byte, and how many pairs that is."""

    direct_ms: float
    through_ms: float
    pairs: int


@dataclass(frozen=True)
class GatewayComparison:
    """All findings, the gravest first; how many pairs were compared, and what was not."""

    findings: tuple[GatewayFinding, ...]
    compared: int
    not_compared: tuple[NotCompared, ...]
    timing: Timing | None

    @property
    def defects(self) -> tuple[GatewayFinding, ...]:
        """The findings that are more than information."""
        return tuple(finding for finding in self.findings if not finding.informs)


def informs(seen: Seen) -> bool:
    """Whether a difference is no defect on its own."""
    if seen.kind.startswith("request-header-"):
        return seen.where not in OF_THE_API
    if seen.kind.startswith("header-") and not seen.where.startswith("anthropic-"):
        return seen.kind == "header-added" or seen.where not in READ_BY_CLIENTS
    if seen.kind.endswith("-changed") and seen.where in RENAMED:
        return True
    # What the API assumes without them: null, no stream, and betas by their header alone.
    if seen.kind == "request-part-lost":
        return seen.direct is None
    if (seen.kind, seen.where) in (("request-part-added", "stream"), ("request-query-lost", "beta")):
        return not seen.through
    return seen.kind in HARMLESS


MOST_FINDINGS: Final = 2_000
"""Findings of a comparison that are kept. A gateway can make up any number of places."""


def grouped(found: Iterable[tuple[Seen, Pair]]) -> tuple[GatewayFinding, ...]:
    """One finding for each kind and place, defects first, then what most pairs show."""
    groups: dict[tuple[str, str], list[tuple[Seen, Pair]]] = {}
    for seen, pair in found:
        if (seen.kind, seen.where) in groups or len(groups) < MOST_FINDINGS:
            groups.setdefault((seen.kind, seen.where), []).append((seen, pair))
    findings = [
        GatewayFinding(first, tuple(dict.fromkeys(pair for _, pair in members)), informs(first))
        for members in groups.values()
        for first, _ in [min(members, key=lambda member: informs(member[0]))]
    ]
    return tuple(sorted(findings, key=lambda each: (each.informs, -len(each.pairs), each.seen.kind, each.seen.where)))
