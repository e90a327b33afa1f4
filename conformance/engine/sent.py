"""What was sent of each scenario, put together again from the replies of a run that was interrupted or has ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.base.records import RunHistory, UnsentNote
from conformance.config.target import Target
from conformance.engine.fill import FillError, fill
from conformance.judge.evidence import ScenarioReplies
from conformance.model import Scenario
from conformance.protocol.reply import Reply


@dataclass
class SentScenario:
    """The replies of one sending of a scenario: the last attempt of each step, and the attempts before."""

    steps: list[Reply] = field(default_factory=list)
    earlier: list[Reply] = field(default_factory=list)

    def add(self, reply: Reply) -> None:
        """Adds the next reply in order of the journal.

        A further attempt replaces the one before it. A step that was sent again because the run was continued replaces
        that step and all behind it.
        """
        exchange = reply.exchange
        behind = self.steps[exchange.step - 1 :]
        if behind and exchange.attempt > behind[0].exchange.attempt and behind[0].status is not None:
            self.earlier.append(behind[0])
        self.steps[exchange.step - 1 :] = [reply]

    def as_replies(self, scenario: Scenario, target: Target) -> ScenarioReplies:
        """As the replies of the scenario."""
        replies = self.steps[: len(scenario.steps)]
        stopped = why_stopped(scenario, target, replies)
        return ScenarioReplies(scenario, tuple(replies), stopped, tuple(self.earlier))


def sent_scenarios(replies: Iterable[Reply]) -> dict[tuple[str, int], SentScenario]:
    """Replies in order of the journal, by id of the scenario and number of the repetition."""
    found: dict[tuple[str, int], SentScenario] = {}
    for reply in replies:
        exchange = reply.exchange
        found.setdefault((exchange.scenario_id, exchange.repetition), SentScenario()).add(reply)
    return found


def judged_scenarios(history: RunHistory, replies: Iterable[Reply]) -> dict[tuple[str, int], SentScenario]:
    """What was sent of a run, without what a note takes back: scenarios that were not sent to their end."""
    found = sent_scenarios(replies)
    for note in history.all(UnsentNote):
        if note.sending in found and found[note.sending].steps[-1].exchange.line < note.line:
            del found[note.sending]
    return found


def why_stopped(scenario: Scenario, target: Target, replies: Sequence[Reply]) -> str:
    """Why the step behind the given replies is not sent, in words; empty where it can be, or where all are done."""
    number = len(replies)
    if number == 0 or number >= len(scenario.steps):
        return ""
    last = replies[-1]
    if not last.ok:
        none = "no response" if last.exchange.response is None else "an answer that was cut"
        came = f"status {last.status}" if last.status else none
        came += f" (journal line {last.exchange.line})" if last.exchange.response is not None else ""
        return f"step {number} got {came}"
    try:
        fill(scenario.steps[number], scenario.mode, target, last, scenario.name)
    except FillError as problem:
        return f"the request of step {number + 1} could not be built: {problem}"
    return ""
