"""What `judge --with-sdk` adds: the opinion of the official SDK on the exchanges that are judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.engine.offline import Keep
from conformance.engine.rejudge import Rejudged
from conformance.judge.audit import Noticed
from conformance.model import Case, Json, Level
from conformance.protocol.reply import Reply
from conformance.second_opinion import Opinions


def asking(opinions: Opinions | None) -> Keep:
    """Asks for an opinion on each recorded exchange that is judged; without `opinions`, nobody is asked."""

    def ask(reply: Reply, noticed: Sequence[Noticed], place: str) -> None:
        if opinions is not None:
            opinions.take(reply, _broken(item.case for item in noticed if item.findings), place)

    return ask


def opinion_on_run(past: Rejudged) -> dict[str, Json]:
    """The opinion on each exchange of a run, as JSON values. Raises UsageError where no SDK is installed."""
    opinions = Opinions()
    cases: dict[int, list[Case]] = {}
    for judgement in past.judgements:
        for finding in judgement.findings:
            cases.setdefault(finding.where.line, []).append(past.library.cases[judgement.case])
    for reply in past.replies:
        line = reply.exchange.line
        opinions.take(reply, _broken(cases.get(line, ())), f"line {line}")
    return opinions.as_json()


def _broken(cases: Iterable[Case]) -> list[str]:
    return [case.id for case in cases if case.level is Level.MUST and not case.informational]
