"""Sends scenarios: steps in order, each request as often as transport trouble requires, within pace and budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from conformance.base.daemon import in_daemon
from conformance.base.records import PROBE, StopNote, UnsentNote
from conformance.base.spend import NO_SPEND, Spend
from conformance.config.target import Target
from conformance.engine.budget import Budget, SpendingLimits
from conformance.engine.estimate import bill, request_ceiling, seconds_left
from conformance.engine.fill import fill
from conformance.engine.pace import Clock, Turnstile, WallClock
from conformance.engine.preflight import account_trouble, fatal_reason
from conformance.engine.retry import RetryPolicy, next_attempt, requested_wait, slows_down
from conformance.engine.sent import why_stopped
from conformance.engine.vitals import Vitality, found_no_room, is_doubtful, timed_out, vitality_of, what_came
from conformance.judge.evidence import ScenarioReplies
from conformance.model import Mode, Scenario
from conformance.protocol.exchange import Exchange, SentRequest
from conformance.protocol.reply import Reply
from conformance.wire.client import LARGE, Client
from conformance.wire.cut import ORDINARY
from conformance.wire.journal import Journal

CONTROL_ATTEMPTS = 4
"""How often the control is sent before it counts as failed: a server that crashed has seconds to come back."""

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
    """What is sent with: the target, where exchanges are recorded, how much at a time and in all, and for how long.

    `failures` is how many requests in a row may fail before the control is asked, `seconds` how long the run sends.
    """

    target: Target
    client: Client
    journal: Journal
    concurrency: int
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    limits: SpendingLimits = field(default_factory=SpendingLimits)
    failures: int = 5
    seconds: float = float("inf")
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
    """Sends for one run, in one event loop. `stopped` says why nothing is sent any more, or is empty.

    `control` is what the first ordinary request showed, which is sent again where the endpoint may be dead; `alive` is
    False once a reply was no answer, until the control was answered again: how many requests a run sends does not
    depend on which of them ended last.
    """

    def __init__(self, wiring: Wiring, probe: Scenario, spent: Spend = NO_SPEND, expected: int = 0) -> None:
        self._wiring = wiring
        self._probe = probe
        self._expected = expected
        self.turnstile = Turnstile(wiring.concurrency, wiring.clock)
        self.budget = Budget(wiring.limits, spent)
        self.stopped = ""
        self.replies: dict[int, Reply] = {}
        self.control = Vitality.ANSWER
        self.alive = True
        self._retries = self._answered = self._probed = self._others = self._active = 0
        self._doubts: list[asyncio.Future[None]] = []
        self._gone = ""
        self._began = wiring.clock.now()
        self._notified = float("-inf")
        self._settled = asyncio.Event()
        self._probing = asyncio.Lock()

    async def send(self, scenario: Scenario, target: Target, ticket: int, repetition: int = 1) -> ScenarioReplies:
        """Sends the steps of a scenario until one is not accepted. Raises HarnessError where our own side fails.

        Returns once the endpoint is known to have been alive when it replied; where it was not, nothing was sent.
        """
        self._active += 1
        try:
            sent = await self._send(scenario, target, ticket, repetition)
        finally:
            self._active -= 1
        if self._doubts and len(self._doubts) == self._active:
            await self._ask_control(target)
        return sent

    async def _send(self, scenario: Scenario, target: Target, ticket: int, repetition: int) -> ScenarioReplies:
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
                others = self._others
                reply = await self.attempts(request, slot, earlier)
                replies.append(reply)
                await self._believed(reply, target, others)
                if account_trouble(reply, step):
                    await self._confirm(target)
        except Unsent as reason:
            if self._has_recorded(scenario, repetition):
                self._note_unsent(scenario, repetition, str(reason))
            return ScenarioReplies(scenario, (), str(reason))
        return ScenarioReplies(scenario, tuple(replies), stopped, tuple(earlier))

    def _has_recorded(self, scenario: Scenario, repetition: int) -> bool:
        """Whether the journal holds anything of a scenario, an attempt without a response included."""
        sent = (reply.exchange for reply in self.replies.values())
        return any(each.scenario_id == scenario.id and each.repetition == repetition for each in sent)

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
        alone = False
        while True:
            reply, entered = await self._once(request, slot, number, alone=alone)
            exchange = reply.exchange
            if not alone and self._counts_only_alone(reply, entered, policy):
                alone = True
                self._retries += 1
                self.turnstile.ease(entered)
                number += 1
                continue
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

    def _counts_only_alone(self, reply: Reply, entered: float, policy: RetryPolicy) -> bool:
        """Whether a time-out may be due to the requests that ran at the same time, and can be tried without them."""
        allowed = not self.stopped and self._retries < policy.total
        return allowed and timed_out(reply) and self.turnstile.had_company(entered)

    async def _once(
        self, request: SentRequest, slot: Slot, attempt: int, *, alone: bool = False
    ) -> tuple[Reply, float]:
        async with self.turnstile.place(slot.ticket, alone=alone) as entered:
            ceiling = request_ceiling(request)
            await self._debit(ceiling)
            exchange = await self._wiring.client.send(
                request, scenario=slot.scenario, mode=slot.mode, step=slot.step, attempt=attempt
            )
            exchange = replace(exchange, repetition=slot.repetition)
            large = exchange.response is not None and len(exchange.response.body) > LARGE
            reply, cost = await in_daemon(lambda: self._record(exchange)) if large else self._record(exchange)
            self.replies[reply.exchange.line] = reply
            self.budget.settle(ceiling, cost)
            self._stop_without_room(reply.exchange)
            settled, self._settled = self._settled, asyncio.Event()
            settled.set()
            return reply, entered

    def _record(self, exchange: Exchange) -> tuple[Reply, Spend]:
        """Records an exchange and reads it; what it cost."""
        reply = Reply(self._wiring.journal.append(exchange))
        return reply, bill(reply)

    def _stop_without_room(self, exchange: Exchange) -> None:
        """Ends the run where not even an ordinary answer fits into its budget any more."""
        response, trouble = exchange.response, exchange.trouble
        if response is None or response.cut is None or trouble is None or response.cut.length > ORDINARY:
            return
        if trouble.kind in ("limit-memory", "limit-journal"):
            self.stop(trouble.message)

    async def _debit(self, ceiling: Spend) -> None:
        """Sets aside what a request can cost; waits while running requests may still turn out cheaper."""
        while True:
            if self._wiring.clock.now() - self._began > self._wiring.seconds:
                most = f"{self._wiring.seconds:,g} s (--max-seconds)"
                self.stop(f"the run has taken longer than {most}; --resume continues it")
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
            self._settle_doubts()

    def _keep_pace(self, exchange: Exchange, entered: float) -> None:
        if slows_down(exchange):
            if not self.stopped:
                self._slow_down(exchange, entered)
        elif exchange.response is not None:
            self._answered += 1
            self.turnstile.success()

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

    async def _believed(self, reply: Reply, target: Target, others: int) -> None:
        """Returns once a reply is known to come from a living endpoint. Raises Unsent where it was given up.

        `others` is the number of replies without an answer when the request was sent: an answer to a request that is
        older than a failure does not show that the endpoint survived it.
        """
        shown = vitality_of(reply)
        if shown is Vitality.ANSWER:
            if others == self._others:
                self._settle_doubts()
            return
        self._others += 1
        self.alive = False
        if self._gone:
            raise Unsent(self._gone)
        if self.stopped or not is_doubtful(shown, self.control):
            return
        doubt: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._doubts.append(doubt)
        enough = len(self._doubts) >= min(self._wiring.failures, self._active)
        if enough or timed_out(reply):
            await self._ask_control(target)
        await doubt

    def _settle_doubts(self) -> None:
        """Decides what all who wait for it do: they believe what they got, or take it for not sent."""
        doubts, self._doubts = self._doubts, []
        for doubt in doubts:
            if doubt.done():
                continue
            if self._gone:
                doubt.set_exception(Unsent(self._gone))
            else:
                doubt.set_result(None)

    async def _ask_control(self, target: Target) -> None:
        """Finds out with a request that worked before whether the endpoint is alive; gives it up where it is not."""
        async with self._probing:
            if not self._doubts or self.stopped:
                return
            try:
                await self._give_up_unless_alive(target)
            except Unsent:  # what was to be asked may not be sent, so what was received is all there is
                pass
            except BaseException as problem:
                for doubt in self._doubts:
                    doubt.set_exception(problem)
                self._doubts.clear()
                raise
            self._settle_doubts()

    async def end(self, target: Target) -> None:
        """Finds out whether the endpoint is still alive, where any of its replies was no answer."""
        async with self._probing:
            if self.alive or self.stopped:
                return
            with suppress(Unsent):  # which has noted why
                await self._give_up_unless_alive(target)

    async def _give_up_unless_alive(self, target: Target) -> None:
        reply = await self.probe(target)
        self.alive = vitality_of(reply) >= self.control or found_no_room(reply)
        if not self.alive:
            self._gone = self.gone(reply)
            self.stop(self._gone)

    def gone(self, reply: Reply) -> str:
        """The sentence for an endpoint that does not give the answer any more that it gave at first."""
        url, came = self._wiring.target.url, what_came(reply)
        return f"{url} no longer answers an ordinary request ({came}); --resume continues the run"

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
        """Sends the first request of the plan once more, outside of the plan and of its retries. Raises Unsent."""
        request = fill(self._probe.steps[0], self._probe.mode, target, None, PROBE)
        policy = self._wiring.retry
        patient = replace(policy, attempts=max(policy.attempts, CONTROL_ATTEMPTS), total=self._retries + policy.total)
        return await self.attempts(request, Slot(PROBE, self._probe.mode, 1, FIRST_TICKET), policy=patient)
