"""What was run, apart from its judgements, as the journal of a run records it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conformance.base.records import PROBE, PreflightNote, ResumeNote, RunHistory, StopNote, TargetRecord
from conformance.base.spend import Prices
from conformance.model import Judgement, Outcome
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import PUSHED_BACK, is_client_error
from conformance.protocol.usage import billed
from conformance.results.model import TargetSummary, Tokens
from conformance.standard.catalogue import Catalogue

MIN_DECIDED = 90
"""The percentage of results that a green needs decided where a run does not say."""

STOPPED = "before the run was stopped"
"""How the reason of a run ends that somebody stopped."""

TIER = "agent"
"""The tier whose capabilities have to be there where a run does not say."""


@dataclass(frozen=True)
class RunFacts:
    """What was run.

    `policy` names what gates. `complete` is False for a selection too; `unfinished` says why not all that was
    selected could be judged, or is empty. `min_decided` is the percentage of results that a green needs decided,
    `tier` the one whose capabilities have to be there, `clients` those that the run is about, `smoke` whether it is
    a smoke test. `sent_by_us` is False for traffic recorded elsewhere: nobody can send it again, it reaches no
    tier, and nothing is missing from it. `failed` is the exit code of an error of ours during the run, otherwise 0.
    `asked` counts the requests that were to be answered, `answered` those that were; retries count as one.
    """

    target: TargetSummary
    catalogue: str
    started: str
    duration_s: float
    requests: int
    policy: str
    min_decided: int = MIN_DECIDED
    tier: str = TIER
    clients: tuple[str, ...] = ()
    smoke: bool = False
    tokens: Tokens = field(default_factory=Tokens)
    prices: Prices = field(default_factory=Prices)
    complete: bool = True
    incomplete_reason: str = ""
    unfinished: str = ""
    sent_by_us: bool = True
    failed: int = 0
    asked: int = 0
    answered: int = 0


def facts_of_run(
    history: RunHistory,
    replies: Sequence[Reply],
    judgements: Sequence[Judgement],
    policy: str,
    *,
    catalogue: Catalogue,
    failed: int = 0,
) -> RunFacts:
    """What the journal of a run says, in all its parts; `replies` are all of its exchanges."""
    asked = history.current
    settled = history.latest(PreflightNote)[-1:]
    preflight = settled[0] if settled else PreflightNote("", "")
    last = _last_attempts(replies)
    unfinished = _unfinished(asked.items, preflight, judgements, history.latest(StopNote))
    return RunFacts(
        target=target_summary(asked.target, preflight.root, preflight.auth),
        catalogue=asked.catalogue,
        started=history.header.started,
        duration_s=_seconds(history, [reply.exchange for reply in replies]),
        requests=len(replies),
        policy=policy,
        min_decided=asked.option("min-decided", MIN_DECIDED),
        tier=asked.option("tier", TIER),
        clients=tuple(asked.option("client", [])),
        smoke=asked.option("smoke", False),
        tokens=tokens_of(replies),
        prices=asked.prices,
        complete=asked.whole and not unfinished,
        incomplete_reason=unfinished or ("" if asked.whole else f"a selection of {len(judgements)} results"),
        unfinished=unfinished,
        failed=failed,
        asked=len(last),
        answered=sum(_is_answered(reply, catalogue) for reply in last),
    )


def target_summary(record: TargetRecord, root: str, auth: str) -> TargetSummary:
    """The target as results show it: what the journal's header says of it, and what the preflight settled."""
    return TargetSummary(
        name=record.name,
        url=record.url,
        path=f"{root.removeprefix(record.url.rstrip('/'))}/messages" if root else "",
        model=record.model,
        api_version=record.api_version,
        auth=auth or record.auth,
        declared=record.declared,
        lacks=record.lacks,
        key_env=record.key_env,
        select=record.select,
        headers=record.headers,
    )


def tokens_of(replies: Iterable[Reply]) -> Tokens:
    """Tokens of all messages as the endpoint reported them; count_tokens costs none (REQ-COUNT-006)."""
    counts = [billed(reply.usage) for reply in replies]
    return Tokens(sum(count for count, _ in counts), sum(count for _, count in counts))


def _last_attempts(replies: Iterable[Reply]) -> list[Reply]:
    """The last reply to each request of the cases."""
    found: dict[tuple[str, int, int], Reply] = {}
    for reply in replies:
        exchange = reply.exchange
        if exchange.scenario != PROBE:
            found[exchange.scenario_id, exchange.repetition, exchange.step] = reply
    return list(found.values())


def _is_answered(reply: Reply, catalogue: Catalogue) -> bool:
    """Whether a request got what it asked for, or was refused where that is an answer: where it is invalid, or cleanly
    where it asks for what is optional.
    """
    if reply.answers:
        return True
    if reply.cut_off is not None or not is_client_error(reply.status) or reply.status in PUSHED_BACK:
        return False
    name = reply.exchange.scenario
    return name in catalogue.invalid or (name in catalogue.optional and reply.error is not None)


def _unfinished(
    items: int, preflight: PreflightNote, judgements: Sequence[Judgement], stops: Sequence[StopNote]
) -> str:
    """Why not all that was selected could be judged, or an empty string."""
    if preflight.fatal:
        return preflight.fatal
    if len(judgements) < items:
        return f"{len(judgements)} of {items} results were judged {STOPPED}"
    unrun = sum(judgement.outcome is Outcome.NOT_RUN for judgement in judgements)
    why = stops[-1].why if stops else ""
    if not unrun:
        return why
    return f"{unrun} of {len(judgements)} results were not run{f': {why}' if why else ''}"


def _seconds(history: RunHistory, exchanges: Sequence[Exchange]) -> float:
    """How long a run took: all its parts together, without the time between them. An interrupted part ended with the
    last exchange that it recorded.
    """
    starts = [(0, history.header.started), *((note.line, note.started) for note in history.all(ResumeNote))]
    ends = [*(line for line, _ in starts[1:]), None]
    total = 0.0
    for (line, start), end in zip(starts, ends, strict=True):
        own = [each for each in exchanges if each.line > line and (end is None or each.line < end)]
        last = history.end if end is None else None
        moments = [_moment(last.ended)] if last is not None else [_ended(each) for each in own]
        total += max([moment - _moment(start) for moment in moments], default=0.0)
    return round(max(0.0, total), 3)


def _ended(exchange: Exchange) -> float:
    response, trouble = exchange.response, exchange.trouble
    lasted = trouble.at if trouble is not None else (response.ended if response is not None else None)
    return _moment(exchange.started) + (lasted or 0.0)


def _moment(text: str) -> float:
    """Seconds since the epoch; 0 for a moment of a journal that is none, so that a run with one took no time."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
