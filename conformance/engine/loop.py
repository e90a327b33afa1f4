"""Runs a plan in a background thread: one asyncio loop, scenarios side by side, replies as soon as they arrive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import replace

from conformance.base.records import PreflightNote
from conformance.base.spend import Spend
from conformance.engine.plan import MOST_ON_DEMAND, Plan, most_repeated, why_not_asked, why_not_repeated
from conformance.engine.preflight import Preflight, fatal_reason, preflight
from conformance.engine.resume import NOTHING, Earlier
from conformance.engine.sender import FIRST_TICKET, Sender, Slot, Unsent, Wiring
from conformance.engine.sent import sent_scenarios
from conformance.engine.vitals import Vitality, vitality_of
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.model import Scenario
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply

__all__ = ["Engine", "Wiring"]

PREFLIGHT_TROUBLES = ("closed", "protocol")
"""Trouble for which the first request is sent again. A wrong host, port or certificate ends the run at once."""


class Engine:
    """Runs one plan once. `start`, then `wait` for what is needed, `again` for repetitions, then `stop`.

    `attempts` are those of a case in all, which bounds how many requests are repeated.
    `replies` holds what was recorded so far, by journal line; that of an earlier part of the run as well.
    """

    def __init__(self, plan: Plan, wiring: Wiring, earlier: Earlier = NOTHING, attempts: int = 3) -> None:
        self._plan = plan
        self._most_repeated = most_repeated(attempts)
        self._wiring = wiring
        self._earlier = earlier
        self._scenarios = {scenario.id: scenario for scenario in plan.scenarios}
        self._on_demand = {scenario.id: scenario for scenario in plan.on_demand}
        self._futures: Mapping[str, Future[ScenarioReplies]] = {name: Future() for name in self._scenarios}
        self._repeated: dict[tuple[str, int], ScenarioReplies] = dict(earlier.done)
        self._ready: Future[Preflight] = Future()
        self._thread = threading.Thread(target=self._run, name="messages-engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._stopped = threading.Event()
        self._sender: Sender | None = None
        self._all_sent: asyncio.Event | None = None
        self._left = 0
        self.replies: dict[int, Reply] = {reply.exchange.line: reply for reply in earlier.replies}

    def start(self) -> None:
        """Starts sending in the background."""
        self._thread.start()

    def preflight(self) -> Preflight:
        """What the first request found out; waits for it. Raises HarnessError where our own side failed."""
        return self._ready.result()

    def wait(self, scenario_ids: Iterable[str]) -> Evidence:
        """The replies to the given scenarios; waits until they are done.

        Raises HarnessError where our own side failed, for example a full disk.
        """
        done: dict[str, ScenarioReplies] = {}
        unsent: dict[str, str] = {}
        for scenario_id in scenario_ids:
            future = self._futures.get(scenario_id)
            if future is None:
                unsent[scenario_id] = "it is not part of this run"
                continue
            try:
                sent = future.result()
            except CancelledError:
                unsent[scenario_id] = "the run was stopped"
                continue
            if sent.replies:
                done[scenario_id] = sent
            else:
                unsent[scenario_id] = sent.stopped
        return Evidence(done, unsent)

    def again(self, scenario_id: str, repetition: int) -> ScenarioReplies:
        """The replies to a further repetition (2, 3, ...) of a scenario, or to what is sent on demand (1), sent when
        nothing else is in progress.

        Each repetition is sent once, whoever asks for it. One without replies says why it was not sent. Raises
        HarnessError where our own side failed.
        """
        known = self._repeated.get((scenario_id, repetition))
        if known is not None:
            return known
        scenario = self._scenarios.get(scenario_id) or self._on_demand[scenario_id]
        if self._loop is None or self._stopped.is_set():
            return ScenarioReplies(scenario, (), "the run was stopped")
        sent_on_demand = self._on_demand.keys() & {name for name, number in self._repeated if number == 1}
        if repetition == 1 and len(sent_on_demand) >= MOST_ON_DEMAND:
            return ScenarioReplies(scenario, (), why_not_asked())
        repeated = sum(len(each.scenario.steps) for (_, number), each in self._repeated.items() if number > 1)
        if repetition > 1 and repeated + len(scenario.steps) > self._most_repeated:
            return ScenarioReplies(scenario, (), why_not_repeated(self._most_repeated))
        sending = self._send_again(scenario, repetition)
        try:
            sent = asyncio.run_coroutine_threadsafe(sending, self._loop).result()
        except (CancelledError, RuntimeError):
            sending.close()
            return ScenarioReplies(scenario, (), "the run was stopped")
        self._repeated[scenario_id, repetition] = sent
        return sent

    @property
    def finished(self) -> bool:
        """Whether everything that was planned has been answered, or it is known why not."""
        futures = self._futures.values()
        return all(each.done() and not each.cancelled() and each.exception() is None for each in futures)

    @property
    def spent(self) -> Spend:
        """What the exchanges so far have cost, those of an earlier part of the run included."""
        return self._sender.budget.spent if self._sender is not None else self._earlier.spent

    def stop(self) -> None:
        """Stops sending; what was recorded stays. Returns when the loop has ended."""
        self._stopped.set()
        loop, main = self._loop, self._main
        if loop is not None and main is not None and not loop.is_closed():
            with suppress(RuntimeError):  # the loop has closed in between
                loop.call_soon_threadsafe(main.cancel)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._send_all())
        except asyncio.CancelledError:
            pass
        except BaseException as problem:
            self._fail(_first(problem))
        finally:
            self._ready.cancel()
            for future in self._futures.values():
                future.cancel()

    def _fail(self, problem: BaseException) -> None:
        """Hands what went wrong on our side to all who wait."""
        if not self._ready.done():
            self._ready.set_exception(problem)
        for future in self._futures.values():
            if not future.done():
                future.set_exception(problem)

    async def _send_all(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        self._all_sent = asyncio.Event()
        if self._stopped.is_set():
            return
        missing = [scenario for scenario in self._plan.scenarios if (scenario.id, 1) not in self._earlier.done]
        expected = sum(len(scenario.steps) for scenario in missing)
        sender = Sender(self._wiring, self._plan.scenarios[0], self._earlier.spent, expected)
        sender.replies = self.replies
        self._sender = sender
        async with self._wiring.client:
            found = await self._find_out(sender, missing)
            self._note(found)
            self._hand_out(found)
            self._left = sum(not future.done() for future in self._futures.values())
            if not self._left and not found.fatal:
                await sender.end(found.target)
            self._ready.set_result(found)
            async with asyncio.TaskGroup() as group:
                for ticket, scenario in enumerate(self._plan.scenarios):
                    if not self._futures[scenario.id].done():
                        group.create_task(self._send(sender, scenario, found, ticket))
            self._all_sent.set()
            if not found.fatal:
                await asyncio.Event().wait()  # for repetitions, until `stop` cancels it

    def _hand_out(self, found: Preflight) -> None:
        """Hands out what needs no sending: everything where the run cannot go on, otherwise what was recorded."""
        for name, scenario in self._scenarios.items():
            sent = self._earlier.done.get((name, 1))
            if found.fatal:
                sent = ScenarioReplies(scenario, (), found.fatal)
            if sent is not None and not self._futures[name].done():
                self._futures[name].set_result(sent)

    async def _send(self, sender: Sender, scenario: Scenario, found: Preflight, ticket: int) -> None:
        """Sends a scenario. The last one is handed out once it is known that the endpoint has survived it."""
        sent = await sender.send(scenario, found.target, ticket)
        self._left -= 1
        if not self._left:
            await sender.end(found.target)
        self._futures[scenario.id].set_result(sent)

    async def _send_again(self, scenario: Scenario, repetition: int) -> ScenarioReplies:
        assert self._all_sent is not None
        assert self._sender is not None
        await self._all_sent.wait()
        target = self._ready.result().target
        sent = await self._sender.send(scenario, target, FIRST_TICKET, repetition)
        await self._sender.end(target)
        return sent

    async def _find_out(self, sender: Sender, missing: list[Scenario]) -> Preflight:
        """The preflight: none where nothing is missing, one request where its findings were recorded."""
        first, settled = self._plan.scenarios[0], self._earlier.settled
        if settled is not None and first not in missing:
            target = self._wiring.target.settled(root=settled[0], auth=settled[1])
            before = self._earlier.done[first.id, 1].replies[0]
            sender.control = vitality_of(before)
            if not missing:
                sender.alive = self._earlier.alive
                return Preflight(target, before)
            try:
                reply = await sender.probe(target)
            except Unsent as reason:
                return Preflight(target, None, str(reason))
            dead = sender.gone(reply) if vitality_of(reply) < sender.control else ""
            return Preflight(target, reply, fatal_reason(target, reply) or dead)
        policy = replace(self._wiring.retry, troubles=PREFLIGHT_TROUBLES)

        async def send(request: SentRequest, number: int) -> Reply:
            slot = Slot(first.name, first.mode, 1, FIRST_TICKET)
            return await sender.attempts(request, slot, first=number, policy=policy)

        try:
            found = await preflight(first, self._wiring.target, send)
        except Unsent as reason:
            return Preflight(self._wiring.target, None, str(reason))
        sent = sent_scenarios(self.replies.values())[first.id, 1]
        self._futures[first.id].set_result(sent.as_replies(first, found.target))
        sender.control = vitality_of(found.reply) if found.reply is not None else Vitality.NOTHING
        return found

    def _note(self, found: Preflight) -> None:
        root = "" if found.fatal else found.target.root
        self._wiring.journal.note(PreflightNote(root, found.target.auth, found.fatal))


def _first(problem: BaseException) -> BaseException:
    """What went wrong on our side, taken out of the groups that asyncio makes."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem
