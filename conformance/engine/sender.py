"""Sends scenarios: steps in order, each request as often as transport trouble requires, within pace and budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conformance.base.records import StopNote, UnsentNote
from conformance.base.spend import NO_SPEND, Spend
from conformance.config.target import Target
from conformance.engine.budget import Budget, SpendingLimits
from conformance.engine.estimate import bill, request_ceiling, seconds_left
from conformance.engine.fill import fill
from conformance.engine.pace import Clock, Turnstile, WallClock
from conformance.engine.preflight import UNREACHABLE, account_trouble, fatal_reason
from conformance.engine.retry import RetryPolicy, next_attempt, requested_wait, slows_down
from conformance.engine.sent import why_stopped
from conformance.judge.evidence import ScenarioReplies
from conformance.model import Exchange, Mode, Scenario, SentRequest
from conformance.protocol.reply import Reply
from conformance.wire.client import Client
from conformance.wire.journal import Journal

PROBE = "preflight"
"""The scenario name of requests that only find out whether the endpoint still works; no case is judged on them."""

PROBES = 3
"""How often a refused key or a lack of credit is looked into before the endpoint is believed to mean the request."""

LONGEST_BACKOFF_S = 60.0
NOTIFY_EVERY_S = 30.0
FIRST_TICKET = -1


@dataclass(frozen=True)
class Slowdown:
    """The endpoint asked to slow down: with which status, how long everything pauses, and what that means."""

    status: int
    pause_s: float
    done: int
    left: int
    seconds_left: float


@dataclass(frozen=True)
class Wiring:
    """What is sent with: the target, where exchanges are recorded, how much at a time and in all."""

    target: Target
    client: Client
    journal: Journal
    concurrency: int
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    limits: SpendingLimits = field(default_factory=SpendingLimits)
    clock: Clock = field(default_factory=WallClock)
    notify: Callable[[Slowdown], None] | None = None


@dataclass(frozen=True)
class Slot:
    """Where a request belongs. `ticket` is its place in the queue."""

    scenario: str
    mode: Mode
    step: int
    ticket: int
    repetition: int = 1


class Unsent(Exception):  # noqa: N818 - it is an answer to the question why, and no error
    """A request was not sent, or not sent again; the sentence says why."""


class Sender:
    """Sends for one run, in one event loop. `stopped` says why nothing is sent any more, or is empty."""

    def __init__(self, wiring: Wiring, probe: Scenario, spent: Spend = NO_SPEND, expected: int = 0) -> None:
        self._wiring = wiring
        self._probe = probe
        self._expected = expected
        self.turnstile = Turnstile(wiring.concurrency, wiring.clock)
        self.budget = Budget(wiring.limits, spent)
        self.stopped = ""
        self.replies: dict[int, Reply] = {}
        self._retries = self._answered = self._probed = self._unreached = 0
        self._began = wiring.clock.now()
        self._notified = float("-inf")
        self._settled = asyncio.Event()
        self._probing = asyncio.Lock()

    async def send(self, scenario: Scenario, target: Target, ticket: int, repetition: int = 1) -> ScenarioReplies:
        """Sends the steps of a scenario until one is not accepted. Raises HarnessError where our own side fails."""
        replies: list[Reply] = []
        earlier: list[Reply] = []
        stopped = ""
        try:
            for number, step in enumerate(scenario.steps, start=1):
                stopped = why_stopped(scenario, target, replies)
                if stopped:
                    break
                request = fill(step, scenario.mode, target, replies[-1] if replies else None, scenario.name)
                slot = Slot(scenario.name, scenario.mode, number, ticket, repetition)
                reply = await self.attempts(request, slot, earlier)
                if account_trouble(reply, step):
                    await self._confirm(target)
                replies.append(reply)
        except Unsent as reason:
            if replies or earlier:
                self._note_unsent(scenario, repetition, str(reason))
            return ScenarioReplies(scenario, (), str(reason), tuple(earlier))
        return ScenarioReplies(scenario, tuple(replies), stopped, tuple(earlier))

    def _note_unsent(self, scenario: Scenario, repetition: int, why: str) -> None:
        """Notes that what was recorded of a scenario is not all of it, and judges nothing."""
        self._wiring.journal.note(UnsentNote(scenario.name, scenario.mode.value, repetition, why))

    async def attempts(
        self,
        request: SentRequest,
        slot: Slot,
        earlier: list[Reply] | None = None,
        *,
        first: int = 1,
        policy: RetryPolicy | None = None,
    ) -> Reply:
        """Sends a request until no further attempt follows, and returns the last reply.

        Answers that were tried again are added to `earlier`. Attempts are numbered from `first` on. Raises Unsent where
        the run may not send it, or not again.
        """
        policy = policy or self._wiring.retry
        number = first
        while True:
            reply, entered = await self._once(request, slot, number)
            exchange = reply.exchange
            retry = next_attempt(replace(exchange, attempt=number - first + 1), policy, self._retries)
            self._keep_pace(exchange, entered)
            if retry is None:
                return reply
            if earlier is not None and exchange.response is not None:
                earlier.append(reply)
            if not slows_down(exchange):
                self._retries += 1
                await self._wiring.clock.sleep(retry.wait_s)
            number += 1

    async def _once(self, request: SentRequest, slot: Slot, attempt: int) -> tuple[Reply, float]:
        async with self.turnstile.place(slot.ticket) as entered:
            ceiling = request_ceiling(request)
            await self._debit(ceiling)
            exchange = await self._wiring.client.send(
                request, scenario=slot.scenario, mode=slot.mode, step=slot.step, attempt=attempt
            )
            recorded = self._wiring.journal.append(replace(exchange, repetition=slot.repetition))
            reply = Reply(recorded)
            self.replies[recorded.line] = reply
            self.budget.settle(ceiling, bill(reply))
            settled, self._settled = self._settled, asyncio.Event()
            settled.set()
            return reply, entered

    async def _debit(self, ceiling: Spend) -> None:
        """Sets aside what a request can cost; waits while running requests may still turn out cheaper."""
        while True:
            if self.stopped:
                raise Unsent(self.stopped)
            crossed = self.budget.debit(ceiling)
            if not crossed:
                return
            if not self.budget.set_aside.requests:
                self.stop(f"the budget does not allow another request: at most {crossed}")
            else:
                await self._settled.wait()

    def stop(self, why: str) -> None:
        """Sends nothing from now on; running requests end normally."""
        if not self.stopped:
            self.stopped = why
            self._wiring.journal.note(StopNote(why))
            self.turnstile.open()

    def _keep_pace(self, exchange: Exchange, entered: float) -> None:
        if slows_down(exchange):
            if not self.stopped:
                self._slow_down(exchange, entered)
        elif exchange.response is not None:
            self._answered += 1
            self._unreached = 0
            self.turnstile.success()
        elif exchange.trouble is not None and exchange.trouble.kind in UNREACHABLE:
            self._unreached += 1
            if self._unreached >= self._wiring.retry.patience:
                trouble = f"{exchange.trouble.kind}: {exchange.trouble.message}"
                self.stop(f"{self._wiring.target.url} can no longer be reached ({trouble}); --resume continues the run")

    def _slow_down(self, exchange: Exchange, entered: float) -> None:
        policy, url = self._wiring.retry, self._wiring.target.url
        assert exchange.response is not None
        asked = requested_wait(exchange)
        backoff = min(LONGEST_BACKOFF_S, policy.base_s * 2.0**self.turnstile.pace.strikes)
        self.turnstile.push_back(entered, min(policy.longest_s, asked) if asked is not None else backoff)
        said = f"status {exchange.response.status}"
        if asked is not None and asked > policy.longest_s:
            self.stop(
                f"{url} asks to wait {asked:,.0f} s ({said}), longer than this run waits; --resume continues the run"
            )
        elif self.turnstile.pace.strikes > policy.patience:
            times = f"{self.turnstile.pace.strikes} times in a row ({said})"
            self.stop(f"{url} pushed back {times}; --resume continues the run")
        else:
            self._notify(exchange.response.status)

    def _notify(self, status: int) -> None:
        """Says how long it will take, at most every half minute."""
        now, pause = self._wiring.clock.now(), self.turnstile.closed_for
        left = max(0, self._expected - self._answered)
        if self._wiring.notify is None or now - self._notified < NOTIFY_EVERY_S or not left:
            return
        self._notified = now
        rest = seconds_left(self._answered, now + pause - self._began, left)
        self._wiring.notify(Slowdown(status, pause, self._answered, left, rest))

    async def _confirm(self, target: Target) -> None:
        """Finds out with an ordinary request whether key and credit still work. Raises Unsent where they do not."""
        async with self._probing:
            if self.stopped:
                raise Unsent(self.stopped)
            if self._probed >= PROBES:
                return
            reason = fatal_reason(target, await self.probe(target))
            if reason:
                self.stop(reason)
                raise Unsent(reason)
            self._probed += 1

    async def probe(self, target: Target) -> Reply:
        """Sends the first request of the plan once more, outside of the plan. Raises Unsent."""
        request = fill(self._probe.steps[0], self._probe.mode, target, None, PROBE)
        return await self.attempts(request, Slot(PROBE, self._probe.mode, 1, FIRST_TICKET))
