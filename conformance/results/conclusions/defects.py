"""Defects: the findings of a run by cause, so that one mistake of an endpoint is read once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from conformance.base.urls import split_url
from conformance.model import Case, Finding, Harm, Judgement, Level, Outcome
from conformance.protocol.statuses import NOT_SERVED, is_success
from conformance.results.conclusions.affected import affected, harm_of
from conformance.results.model import CaseResult, ClientResult, DefectResult, ExchangeSummary
from conformance.standard.defects import CLAIM, DefectRule, rule_for
from conformance.standard.library import Library
from conformance.standard.tiers import NAMES

_NUMBER: Final = re.compile(r"/\d+(?=/|\Z)")
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_HARMS: Final = list(Harm)
_LEVELS: Final = list(Level)


@dataclass
class _Gathered:
    rule: DefectRule
    title: str
    members: dict[str, CaseResult] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)


def defects(
    judged: Sequence[tuple[Judgement, CaseResult]],
    exchanges: Mapping[int, ExchangeSummary],
    library: Library,
    clients: Sequence[ClientResult] = (),
) -> tuple[DefectResult, ...]:
    """The defects behind the deviations, worst first: what gates, then by harm, level, tier and number of exchanges.

    A defect that breaks one of the `clients` has the harm of that, whatever its rule says.

    Deviations that the baseline lists take part and do not gate. A case whose findings have several causes belongs to
    several defects.
    """
    features = _Features(exchanges, library)
    found: dict[str, _Gathered] = {}
    for judgement, result in judged:
        if result.deviates:
            for finding in judgement.findings or (Finding("", "", judgement.reason),):
                _gather(found, result, finding, features.of(finding, result), library.defect_rules)
    listed = [
        _affecting(_result(name, gathered, judged, exchanges), clients, library) for name, gathered in found.items()
    ]
    return tuple(sorted(listed, key=lambda each: _rank(each, found[each.id], library.cases)))


def _gather(
    found: dict[str, _Gathered],
    result: CaseResult,
    finding: Finding,
    features: Mapping[str, str],
    rules: Sequence[DefectRule],
) -> None:
    rule = rule_for(features, rules)
    values = {name: features[name] for name in rule.by}
    slugs = (_SLUG.sub("-", value.lower()).strip("-") for value in values.values())
    name = "-".join([rule.id, *filter(None, slugs)])
    gathered = found.setdefault(name, _Gathered(rule, rule.title.format_map({**values, CLAIM: result.title})))
    gathered.members[result.key] = result
    gathered.lines.update({finding.where.line} if finding.where.line else result.evidence)


class _Features:
    """What the rules of `specs/defects.yaml` look at."""

    def __init__(self, exchanges: Mapping[int, ExchangeSummary], library: Library) -> None:
        longest_first = sorted(library.document.tree["paths"], key=len, reverse=True)
        self._routes = [(path, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path) + r"\Z")) for path in longest_first]
        self._exchanges = exchanges
        self._library = library
        self._cases = library.cases
        statuses: dict[str, Counter[int]] = defaultdict(Counter)
        for exchange in exchanges.values():
            if exchange.status is not None:
                statuses[self._route(exchange)][exchange.status] += 1
        self._missing = {route for route, seen in statuses.items() if _is_missing(seen)}

    def of(self, finding: Finding, result: CaseResult) -> dict[str, str]:
        """The features of a finding, by name."""
        case, exchange = self._cases[result.id], self._exchanges.get(finding.where.line)
        route = self._route(exchange) if exchange is not None else ""
        needed = self._library.capabilities.get(result.needs[0]) if result.needs else None
        return {
            "area": result.area,
            "argument": _argument(case, finding.check),
            "breaks": case.derived,
            "check": finding.check,
            "clause": result.clauses[0] if result.clauses else "",
            "direction": result.direction,
            "kind": finding.kind,
            "missing-route": route if route in self._missing else "",
            "need": needed.title if needed is not None else "",
            "pointer": _NUMBER.sub("/*", (finding.where.pointer or "").removeprefix("/message")),
            "route": route,
            "status": str(exchange.status) if exchange is not None and exchange.status is not None else "",
        }

    def _route(self, exchange: ExchangeSummary) -> str:
        """The path of the OpenAPI document that a request was sent to, or an empty text."""
        try:
            path = split_url(exchange.url).path.rstrip("/")
        except ValueError:
            return ""
        return next((template for template, pattern in self._routes if pattern.search(path)), "")


def _argument(case: Case, check: str) -> str:
    """What the case's check looks for, where that is a text."""
    argument = next((call.argument for call in case.expect if call.name == check), None)
    return argument if isinstance(argument, str) else ""


def _is_missing(seen: Counter[int]) -> bool:
    """Whether nothing was answered on a route, and most requests were answered as if it were not there."""
    answered = any(map(is_success, seen))
    return not answered and 2 * sum(seen[status] for status in NOT_SERVED) > seen.total()


def _result(
    name: str,
    gathered: _Gathered,
    judged: Iterable[tuple[Judgement, CaseResult]],
    exchanges: Mapping[int, ExchangeSummary],
) -> DefectResult:
    members = sorted(
        gathered.members.values(),
        key=lambda each: (not each.gates, _LEVELS.index(each.level), _smallest(each, exchanges)),
    )
    gates = any(member.gates for member in members)
    return DefectResult(
        id=name,
        title=gathered.title,
        harm=gathered.rule.harm,
        gates=gates,
        level=members[0].level,
        cases=tuple(member.key for member in members),
        exchanges=tuple(sorted(gathered.lines)),
        hides=tuple(_hidden(name, gathered, judged, exchanges)),
    )


def _affecting(defect: DefectResult, clients: Sequence[ClientResult], library: Library) -> DefectResult:
    hit = affected({*defect.cases, *defect.hides}, clients, library.clients.most_used)
    return replace(defect, affects=hit, harm=harm_of(defect.harm, hit))


def _smallest(case: CaseResult, exchanges: Mapping[int, ExchangeSummary]) -> int:
    """The size of the smallest exchange that shows the deviation of a case, as far as it is kept."""
    lines = [finding.where.line for finding in case.findings if finding.where.line] or case.evidence
    sizes = [len(exchanges[line].request) + len(exchanges[line].response) for line in lines if line in exchanges]
    return min(sizes, default=0)


def _hidden(
    name: str,
    gathered: _Gathered,
    judged: Iterable[tuple[Judgement, CaseResult]],
    exchanges: Mapping[int, ExchangeSummary],
) -> Iterator[str]:
    """What could not be decided because of the defect: the judge says so, or everything that was to show it has the
    defect.

    Findings of what is not decided are those in a reply that proves nothing. A request that was sent again, because a
    model may answer differently, has the defects of its first reply.
    """
    defective = {_sending(line, exchanges) for line in gathered.lines} if gathered.rule.hides else set()
    for judgement, result in judged:
        rests_on = {finding.where.line for finding in judgement.findings if finding.where.line} or set(result.evidence)
        hidden = bool(rests_on) and all(_sending(line, exchanges) in defective for line in rests_on)
        if result.outcome is Outcome.INCONCLUSIVE and (hidden or judgement.because in (gathered.rule.id, name)):
            yield result.key


def _sending(line: int, exchanges: Mapping[int, ExchangeSummary]) -> tuple[str, str, int]:
    """What is the same for an exchange and its repetitions."""
    exchange = exchanges.get(line)
    if exchange is None or exchange.place:
        return "", "", line
    return exchange.scenario, exchange.mode, exchange.step


def _rank(
    defect: DefectResult, gathered: _Gathered, cases: Mapping[str, Case]
) -> tuple[bool, bool, int, int, int, int]:
    members = gathered.members.values()
    tiers = [NAMES.index(tier) for member in members if (tier := cases[member.id].tier) in NAMES]
    return (
        not defect.gates,
        all(member.informational or member.axis != "conformance" for member in members),
        _HARMS.index(defect.harm),
        _LEVELS.index(defect.level),
        min(tiers, default=len(NAMES)),
        -len(defect.exchanges),
    )
