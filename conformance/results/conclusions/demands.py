"""What the tier of a run demands and the endpoint declines: each such capability violates the gate, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from conformance.model import Harm, Level, Outcome
from conformance.results.model import CaseResult, DefectResult, ExchangeSummary
from conformance.standard.capabilities import CapabilityFacts
from conformance.standard.tiers import NAMES, Tier

_LEVELS: Final = list(Level)


def declined_demands(
    tier: str,
    tiers: Sequence[Tier],
    capabilities: Sequence[CapabilityFacts],
    results: Sequence[CaseResult],
    exchanges: Mapping[int, ExchangeSummary],
    known: Mapping[str, bool],
) -> tuple[DefectResult, ...]:
    """The capabilities that `tier`, or a tier that it includes, requires and that the endpoint declines, as defects.

    However cleanly it declines them. A capability that the target declares to lack is exempt, and one that it
    declares to have is a failure of the cases that need it. One that is only asked for together with another one
    that is declined, or that the target lacks, is reported with that: nothing shows whether it alone is declined.
    `known` is what the specification says of the model, empty for a model that it does not name: of another, only
    what it is known to have is demanded.
    """
    demanded = {name: each for each in tiers[: NAMES.index(tier) + 1] for name in each.requires}
    declined = [
        facts
        for facts in capabilities
        if facts.capability.name in demanded
        and facts.probed == "declined"
        and facts.declared is None
        and (not known or known.get(facts.capability.name) is True)
    ]
    missing = [facts for facts in capabilities if facts.probed == "declined" or facts.declared is False]
    needing = {
        facts.capability.name: {result.key for result in results if facts.capability.name in result.needs}
        for facts in missing
    }
    return tuple(
        _defect(demanded[facts.capability.name], facts, results, exchanges)
        for facts in declined
        if not any(needing[facts.capability.name] < others for others in needing.values())
    )


def _defect(
    tier: Tier, facts: CapabilityFacts, results: Sequence[CaseResult], exchanges: Mapping[int, ExchangeSummary]
) -> DefectResult:
    name = facts.capability.name
    lines = [line for line in facts.lines if line in exchanges]
    status = next((exchanges[line].status for line in lines), None)
    answer = f"declined with status {status}" if status is not None else "declined"
    return DefectResult(
        id=f"tier-needs-{name}",
        title=f"{tier.title} needs {facts.capability.title}: {answer}",
        harm=Harm.BREAKS,
        gates=True,
        level=Level.MUST,
        cases=tuple(result.key for result in sorted(_unsupported(name, results), key=partial(_witness_first, lines))),
        exchanges=tuple(lines),
    )


def _unsupported(name: str, results: Sequence[CaseResult]) -> Iterator[CaseResult]:
    for result in results:
        if result.outcome is Outcome.UNSUPPORTED and name in result.needs:
            yield result


def _witness_first(lines: Sequence[int], result: CaseResult) -> tuple[bool, int]:
    """Results that the probe itself shows come first, then by level."""
    return not set(lines) & set(result.evidence), _LEVELS.index(result.level)
