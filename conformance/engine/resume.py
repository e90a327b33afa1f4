"""Continues an interrupted run: what it recorded, and whether it may be continued."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.base.errors import UsageError
from conformance.base.records import PreflightNote, RunHeader, StopNote
from conformance.base.spend import NO_SPEND, Spend
from conformance.config.target import Target
from conformance.engine.estimate import bill
from conformance.engine.fill import fill
from conformance.engine.retry import RetryPolicy, is_final
from conformance.engine.sent import judged_scenarios
from conformance.judge.evidence import ScenarioReplies
from conformance.model import Scenario
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.wire.journal import Journal, Recording
from conformance.wire.redact import Redactor

SAME: Final[Mapping[str, Callable[[RunHeader], str]]] = {
    "version": lambda header: header.suite,
    "catalogue": lambda header: header.catalogue,
    "base URL": lambda header: header.target.url,
    "target": lambda header: header.target.name,
    "model": lambda header: header.target.model,
    "API version": lambda header: header.target.api_version,
}
"""What has to be the same in both parts of a run, by its name for people."""

MOVING: Final = "base URL"
"""What may differ where the target is at another address in every run."""


@dataclass(frozen=True)
class Earlier:
    """What the earlier part of a run recorded.

    `done` are those that are complete, by id of the scenario and number of the repetition; everything else is
    missing. `settled` is the root and the credential style that the preflight found, `spent` what they cost. `alive` is
    whether the part ended with an endpoint that was known to be alive.
    """

    replies: tuple[Reply, ...] = ()
    done: Mapping[tuple[str, int], ScenarioReplies] = field(default_factory=dict)
    settled: tuple[str, str] | None = None
    spent: Spend = NO_SPEND
    alive: bool = False


NOTHING = Earlier()
"""The earlier part of a new run."""


def reopen(path: Path, redactor: Redactor) -> Journal:
    """The journal of the run to continue, which is unchanged until something is added.

    Raises UsageError if it does not exist, and what `Journal.reopen` raises.
    """
    if not path.is_file():
        raise UsageError(f"There is no run to resume: {path} does not exist.")
    return Journal.reopen(path, redactor=redactor)


def check_same(before: RunHeader, now: RunHeader, *, moving: bool = False) -> None:
    """Raises UsageError with one sentence where the header of a run differs from the one that would be written now.

    `moving`: the target is at another address in every run, as the embedded reference endpoint is.
    """
    for name, of in SAME.items():
        if of(before) != of(now) and not (moving and name == MOVING):
            old, new = of(before), of(now)
            raise UsageError(f"Cannot resume the run: its {name} was {old!r} and is now {new!r}. Start a new run.")


def earlier_part(
    recording: Recording, scenarios: Iterable[Scenario], target: Target, policy: RetryPolicy, redactor: Redactor
) -> Earlier:
    """What is left to build on. A scenario counts as recorded where each of its steps has an answer that can be judged,
    or an answer after which no further step is sent, and where its first request is the one that would be sent now.
    """
    replies = tuple(Reply(exchange) for exchange in recording.exchanges)
    settled = _settled(recording, target)
    if settled is None:
        return Earlier(replies=replies, spent=spent_on(replies))
    reached = target.settled(root=settled[0], auth=settled[1])
    by_id = {scenario.id: scenario for scenario in scenarios}
    done: dict[tuple[str, int], ScenarioReplies] = {}
    for (name, repetition), sent in judged_scenarios(recording.history, replies).items():
        scenario = by_id.get(name)
        if scenario is None or not all(is_final(reply.exchange, policy) for reply in sent.steps):
            continue
        mine = sent.as_replies(scenario, reached)
        whole = len(mine.replies) == len(scenario.steps) or mine.stopped
        if whole and _same_request(scenario, sent.steps[0].exchange, reached, redactor):
            done[name, repetition] = mine
    alive = recording.history.end is not None and not recording.history.latest(StopNote)
    return Earlier(replies, done, settled, spent_on(replies), alive)


def spent_on(replies: Iterable[Reply]) -> Spend:
    """What recorded exchanges have cost."""
    total = NO_SPEND
    for reply in replies:
        total += bill(reply)
    return total


def _settled(recording: Recording, target: Target) -> tuple[str, str] | None:
    """Root and credential style of the last preflight that found any; the root as it is at the target's own address."""
    history = recording.history
    for note in reversed(history.all(PreflightNote)):
        if note.root:
            return target.url + note.root.removeprefix(history.header.target.url), note.auth
    return None


def _same_request(scenario: Scenario, exchange: Exchange, target: Target, redactor: Redactor) -> bool:
    """Whether the recorded first request is the one that would be sent now; where to may differ, and the headers."""
    request = fill(scenario.steps[0], scenario.mode, target, None, scenario.name)
    again = redactor.exchange(Exchange(scenario.name, scenario.mode, 1, 1, "", request, None)).request
    sent = exchange.request
    return (sent.method, _path(sent.url), sent.body) == (again.method, _path(again.url), again.body)


def _path(url: str) -> str:
    return "/" + url.partition("//")[2].partition("/")[2]
