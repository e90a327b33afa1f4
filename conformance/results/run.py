"""What was run, apart from its judgements, as the journal of a run records it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from conformance.base.spend import Prices
from conformance.model import Exchange, Judgement, Outcome
from conformance.protocol.reply import Reply
from conformance.protocol.usage import billed
from conformance.results.model import TargetSummary, Tokens


@dataclass(frozen=True)
class RunFacts:
    """What was run.

    `policy` names what gates. `complete` is False for a selection too; `unfinished` says why not all that was selected
    could be judged, or is empty. `sent_by_us` is False for traffic recorded elsewhere: nobody can send it again, and it
    reaches no tier. `failed` is the exit code of an error of ours during the run, otherwise 0.
    """

    target: TargetSummary
    catalogue: str
    started: str
    duration_s: float
    requests: int
    policy: str
    tokens: Tokens = field(default_factory=Tokens)
    prices: Prices = field(default_factory=Prices)
    complete: bool = True
    incomplete_reason: str = ""
    unfinished: str = ""
    sent_by_us: bool = True
    failed: int = 0


class Note(Protocol):
    """A note in a journal, with its line."""

    @property
    def line(self) -> int:
        """Its line number."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What was noted."""


class Journalled(Protocol):
    """The journal of a run, read."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The first record."""

    @property
    def notes(self) -> Sequence[Note]:
        """All notes."""

    @property
    def footer(self) -> Mapping[str, Any] | None:
        """The last record of a run that was not interrupted."""


def facts_of_run(
    recording: Journalled, replies: Sequence[Reply], judgements: Sequence[Judgement], policy: str, failed: int = 0
) -> RunFacts:
    """What the journal of a run says, in all its parts; `replies` are all of its exchanges."""
    header = recording.header
    parts = [note for note in recording.notes if note.data.get("what") == "resume"]
    last = {**header, **(parts[-1].data if parts else {})}
    own = [note.data for note in recording.notes if not parts or note.line > parts[-1].line]
    settled = [note for note in own if note.get("what") == "preflight"]
    preflight: Mapping[str, Any] = settled[-1] if settled else {}
    stops = [str(note.get("why")) for note in own if note.get("what") == "stopped"]
    unfinished = _unfinished(last, preflight, judgements, stops)
    whole = bool(last.get("whole"))
    prices = last.get("prices") or {}
    return RunFacts(
        target=target_summary(last["target"], preflight.get("root", ""), preflight.get("auth", "")),
        catalogue=last["catalogue"],
        started=header["started"],
        duration_s=_seconds(recording, parts, [reply.exchange for reply in replies]),
        requests=len(replies),
        policy=policy,
        tokens=tokens_of(replies),
        prices=Prices(prices.get("input"), prices.get("output")),
        complete=whole and not unfinished,
        incomplete_reason=unfinished or ("" if whole else f"a selection of {len(judgements)} results"),
        unfinished=unfinished,
        failed=failed,
    )


def target_summary(public: Mapping[str, Any], root: str, auth: str) -> TargetSummary:
    """The target as results show it: what the journal's header says of it, and what the preflight settled."""
    url = public["url"]
    return TargetSummary(
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


def tokens_of(replies: Iterable[Reply]) -> Tokens:
    """Tokens of all messages as the endpoint reported them; count_tokens costs none (REQ-COUNT-006)."""
    counts = [billed(reply.usage) for reply in replies]
    return Tokens(sum(count for count, _ in counts), sum(count for _, count in counts))


def _unfinished(
    header: Mapping[str, Any], preflight: Mapping[str, Any], judgements: Sequence[Judgement], stops: Sequence[str]
) -> str:
    """Why not all that was selected could be judged, or an empty string."""
    if preflight.get("fatal"):
        return str(preflight["fatal"])
    if len(judgements) < header["items"]:
        return f"{len(judgements)} of {header['items']} results were judged before the run was stopped"
    unrun = sum(judgement.outcome is Outcome.NOT_RUN for judgement in judgements)
    why = f": {stops[-1]}" if stops else ""
    return f"{unrun} of {len(judgements)} results were not run{why}" if unrun else ""


def _seconds(recording: Journalled, parts: Sequence[Note], exchanges: Sequence[Exchange]) -> float:
    """How long a run took: all its parts together, without the time between them. An interrupted part ended with the
    last exchange that it recorded.
    """
    starts = [(0, recording.header["started"]), *((note.line, note.data["started"]) for note in parts)]
    ends = [*(line for line, _ in starts[1:]), None]
    total = 0.0
    for (line, start), end in zip(starts, ends, strict=True):
        own = [each for each in exchanges if each.line > line and (end is None or each.line < end)]
        footer = (recording.footer or {}).get("ended") if end is None else None
        moments = [_moment(footer)] if footer else [_ended(each) for each in own]
        total += max([moment - _moment(start) for moment in moments], default=0.0)
    return round(max(0.0, total), 3)


def _ended(exchange: Exchange) -> float:
    response, trouble = exchange.response, exchange.trouble
    lasted = trouble.at if trouble is not None else (response.ended if response is not None else None)
    return _moment(exchange.started) + (lasted or 0.0)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
