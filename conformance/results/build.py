"""From judgements and the journal to the results model.

Belongs here: joining what was judged with what was recorded, cut for reading. Does not belong here: deciding outcomes,
counting (`results`), wording of reports, writing files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance import __version__
from conformance.base.spend import Prices, Spend
from conformance.config.target import INVALID_KEY
from conformance.model import Case, Clause, Event, Exchange, Finding, Judgement
from conformance.protocol.reply import Reply
from conformance.protocol.usage import billed
from conformance.results import (
    CaseResult,
    ExchangeSummary,
    FindingResult,
    Results,
    Suite,
    Target,
    Tokens,
    TraceLine,
    gate,
)
from conformance.results.commands import accept, curl, rerun

REQUEST_LIMIT = 4096
RESPONSE_LIMIT = 8192
FINDINGS_LIMIT = 5
"""How many findings of a case are kept with their place; `deviating` tells how many there were."""

EXCERPT_EVENTS = 3
EXCERPT_WIDTH = 600


@dataclass(frozen=True)
class Account:
    """What a run was, apart from its judgements: read from the journal's own header and notes.

    `complete` is False for a selection too; `unfinished` says why not all that was selected could be judged.
    """

    target: Target
    catalogue: str
    started: str
    duration_s: float
    policy: str
    complete: bool
    incomplete_reason: str = ""
    unfinished: str = ""
    prices: Prices = field(default_factory=Prices)


def build_results(
    account: Account,
    judged: Sequence[tuple[Case, Judgement, float]],
    clauses: Mapping[str, Clause],
    replies: Sequence[Reply],
) -> Results:
    """The results of one run against one target. `judged` holds case, judgement and seconds, in order of the plan."""
    by_line = {reply.exchange.line: reply for reply in replies}
    tokens = tokens_of(replies)
    cases = tuple(
        case_result(case, judgement, clauses, by_line, account.target, duration) for case, judgement, duration in judged
    )
    return Results(
        suite=Suite(version=__version__, spec_version=account.target.api_version, catalogue=account.catalogue),
        target=account.target,
        started=account.started,
        duration_s=account.duration_s,
        requests=len(replies),
        cases=cases,
        gate=gate(cases, account.policy, not account.unfinished, account.unfinished),
        tokens=tokens,
        cost=account.prices.of(Spend(len(replies), tokens.input, tokens.output)),
        complete=account.complete,
        incomplete_reason=account.incomplete_reason,
        exchanges={line: summary_of(reply.exchange) for line, reply in by_line.items()},
    )


def target_facts(public: Mapping[str, Any], root: str, auth: str) -> Target:
    """The target as results tell it: from what the journal's header says of it, and what the preflight settled."""
    url = public["url"]
    return Target(
        name=public["name"],
        url=url,
        path=f"{root.removeprefix(url.rstrip('/'))}/messages" if root else "",
        model=public["model"],
        api_version=public["api_version"],
        auth=auth or public["auth"],
        declared=tuple(public["declared"]),
        lacks=tuple(public.get("lacks", ())),
        key_env=public["key_env"],
        select=tuple(public["select"]),
    )


def case_result(
    case: Case,
    judgement: Judgement,
    clauses: Mapping[str, Clause],
    by_line: Mapping[int, Reply],
    target: Target,
    duration: float = 0.0,
) -> CaseResult:
    """One judgement with everything that a reader needs to check it."""
    governing = clauses.get(case.clauses[0]) if case.clauses else None
    findings = tuple(
        finding_result(finding, by_line.get(finding.where.line)) for finding in judgement.findings[:FINDINGS_LIMIT]
    )
    shown = judgement.findings[0].where.line if judgement.findings else next(iter(judgement.evidence), 0)
    reply = by_line.get(shown)
    return CaseResult(
        id=case.id,
        title=case.title,
        area=case.area,
        level=case.level,
        plane=case.plane,
        mode=judgement.mode,
        outcome=judgement.outcome,
        clauses=case.clauses,
        statement=governing.statement if governing else "",
        source=governing.source if governing else "",
        informational=case.informational,
        direction=case.direction,
        axis=judgement.axis,
        reason=judgement.reason,
        findings=findings,
        evidence=judgement.evidence,
        seen=judgement.seen,
        deviating=judgement.deviating,
        gates=judgement.gates,
        rerun=rerun(case.id, target.select, judgement.mode if len(case.modes) > 1 else None),
        curl=_curl(reply.exchange, target) if reply is not None else "",
        accept=accept(case.id, judgement.mode if len(case.modes) > 1 else None),
        duration=duration,
        needs=case.needs,
        scored=case.scored,
        known=judgement.known,
        attempts=judgement.attempts,
        deviating_attempts=judgement.deviating_attempts,
    )


def finding_result(finding: Finding, reply: Reply | None) -> FindingResult:
    """A finding with the lines of its exchange that show it."""
    return FindingResult(
        expected=finding.expected,
        actual=finding.actual,
        where=finding.where,
        kind=finding.kind,
        check=finding.check,
        excerpt=excerpt(reply, finding) if reply is not None else (),
    )


def excerpt(reply: Reply, finding: Finding) -> tuple[TraceLine, ...]:
    """The part of an exchange that a finding is about: events with their times, or status line and body."""
    response = reply.exchange.response
    if response is None:
        trouble = reply.exchange.trouble
        return (TraceLine(trouble.at, f"{trouble.kind}: {trouble.message}"),) if trouble else ()
    if reply.events is not None and finding.where.event is not None:
        last = min(finding.where.event, len(reply.events))
        return tuple(
            line for event in reply.events[max(0, last - EXCERPT_EVENTS) : last] for line in _event_lines(event)
        )
    head = TraceLine(response.first_byte, f"{response.http_version} {response.status}")
    kind = response.header("content-type")
    body = _text(response.body, EXCERPT_WIDTH)[0]
    return (head, TraceLine(None, f"content-type: {kind}" if kind else "no content-type"), TraceLine(None, body))


def _event_lines(event: Event) -> Iterable[TraceLine]:
    if event.name is not None:
        yield TraceLine(event.at, f"event: {event.name}")
    data = event.data if event.data is not None else "(no data)"
    yield TraceLine(None if event.name is not None else event.at, f"data: {data[:EXCERPT_WIDTH]}")


def summary_of(exchange: Exchange) -> ExchangeSummary:
    """An exchange cut for reading; the journal holds it whole."""
    sent, response = exchange.request, exchange.response
    request, request_cut = _text(sent.body, REQUEST_LIMIT)
    request = _head(f"{sent.method} {sent.url}", sent.headers) + request
    body, response_cut = "", False
    if response is not None:
        body, response_cut = _text(response.body, RESPONSE_LIMIT)
        body = _head(f"{response.http_version} {response.status}", response.headers) + body
    trouble = exchange.trouble
    return ExchangeSummary(
        line=exchange.line,
        scenario=exchange.scenario,
        mode=exchange.mode,
        step=exchange.step,
        attempt=exchange.attempt,
        method=exchange.request.method,
        url=exchange.request.url,
        status=response.status if response else None,
        started=exchange.started,
        elapsed=response.ended if response else (trouble.at if trouble else None),
        first_byte=response.first_byte if response else None,
        request_id=response.header("request-id") if response else None,
        request=request,
        request_truncated=request_cut,
        response=body,
        response_truncated=response_cut,
        trouble=f"{trouble.kind}: {trouble.message}" if trouble else None,
    )


def tokens_of(replies: Iterable[Reply]) -> Tokens:
    """Tokens of all messages as the endpoint reported them; count_tokens costs none (REQ-COUNT-006)."""
    counts = [billed(reply.usage) for reply in replies]
    return Tokens(sum(count for count, _ in counts), sum(count for _, count in counts))


def _head(start: str, headers: Sequence[tuple[str, str]]) -> str:
    return "\n".join((start, *(f"{name}: {value}" for name, value in headers))) + "\n\n"


def _text(body: bytes, limit: int) -> tuple[str, bool]:
    return body[:limit].decode("utf-8", "replace"), len(body) > limit


def _curl(exchange: Exchange, target: Target) -> str:
    request = exchange.request
    body = request.json
    stream = isinstance(body, dict) and body.get("stream") is True
    invalid = any(INVALID_KEY in value for _, value in request.headers)
    return curl(
        request.method,
        request.url,
        request.headers,
        request.body,
        key_env=target.key_env,
        auth="invalid" if invalid else "default",
        stream=stream,
        line=exchange.line,
    )
