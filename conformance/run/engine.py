"""Sends a plan: one asyncio loop in a background thread, scenarios side by side, steps of a scenario in order.

Belongs here: the loop, concurrency, order, retries, handing out transcripts. Does not belong here: what a request looks
like (`filling.py`), whether to try again (`retry.py`), the network itself (`wire/`), judging.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field

from conformance.judge.reading import Reply, read
from conformance.judge.transcripts import Transcript, Transcripts
from conformance.model import Exchange, HarnessError, Scenario, SentRequest
from conformance.run.filling import FillError, fill
from conformance.run.plan import Plan
from conformance.run.preflight import Preflight, preflight
from conformance.run.retry import RetryPolicy, delay_before_retry
from conformance.run.target import Target
from conformance.wire.client import Client
from conformance.wire.journal import Journal
from conformance.wire.sse import parse


@dataclass
class Tally:
    """What a run has spent. Only the loop writes to it."""

    retries: int = 0


@dataclass(frozen=True)
class Wiring:
    """What the engine sends with: the target, where exchanges are recorded, and how much at a time."""

    target: Target
    client: Client
    journal: Journal
    concurrency: int
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def reply_of(exchange: Exchange) -> Reply:
    """An exchange, read: the body is split into events where it is an event stream."""
    return read(exchange, parse(exchange.response.chunks) if is_stream(exchange) and exchange.response else None)


def is_stream(exchange: Exchange) -> bool:
    """True for a body that says to be an event stream, or looks like one although a stream was asked for.

    A stream with a wrong content type is still read, so that the wrong type is the only thing that is told.
    """
    response = exchange.response
    if response is None:
        return False
    if response.media_type == "text/event-stream":
        return True
    body = exchange.request.json
    asked = isinstance(body, dict) and body.get("stream") is True
    head = response.body[:64].lstrip(b"\xef\xbb\xbf\r\n ")
    return asked and response.status < 300 and head.startswith((b"event:", b"data:", b":"))


class Engine:
    """Runs one plan once. `start`, then `wait` for what is needed, then `stop`.

    `exchanges` holds what was recorded so far, by journal line.
    """

    def __init__(self, plan: Plan, wiring: Wiring) -> None:
        self._plan = plan
        self._wiring = wiring
        self._tally = Tally()
        self._futures: Mapping[str, Future[Transcript]] = {scenario.id: Future() for scenario in plan.scenarios}
        self._ready: Future[Preflight] = Future()
        self._thread = threading.Thread(target=self._run, name="messages-engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._stopped = threading.Event()
        self.exchanges: dict[int, Exchange] = {}

    def start(self) -> None:
        """Starts sending in the background."""
        self._thread.start()

    def preflight(self) -> Preflight:
        """What the first request found out; waits for it. Raises HarnessError where our own side failed."""
        return self._ready.result()

    def wait(self, scenario_ids: Iterable[str]) -> Transcripts:
        """The transcripts of the given scenarios; waits until they are done.

        Raises HarnessError where our own side failed, for example a full disk.
        """
        done: dict[str, Transcript] = {}
        unsent: dict[str, str] = {}
        for scenario_id in scenario_ids:
            future = self._futures.get(scenario_id)
            if future is None:
                unsent[scenario_id] = "it is not part of this run"
                continue
            try:
                transcript = future.result()
            except CancelledError:
                unsent[scenario_id] = "the run was stopped"
                continue
            if transcript.replies:
                done[scenario_id] = transcript
            else:
                unsent[scenario_id] = transcript.stopped
        return Transcripts(done, unsent)

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
            ours = problem if isinstance(problem, HarnessError) else HarnessError(f"the engine failed: {problem!r}")
            self._fail(ours)
        finally:
            self._ready.cancel()
            for future in self._futures.values():
                future.cancel()

    def _fail(self, problem: HarnessError) -> None:
        if not self._ready.done():
            self._ready.set_exception(problem)
        for future in self._futures.values():
            if not future.done():
                future.set_exception(problem)

    async def _send_all(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        if self._stopped.is_set():
            return
        async with self._wiring.client:
            found = await preflight(self._plan.scenarios[0], self._wiring.target, self._exchange)
            self._wiring.journal.note(
                {
                    "what": "preflight",
                    "root": "" if found.fatal else found.target.root,
                    "auth": found.target.auth,
                    "fatal": found.fatal,
                }
            )
            self._ready.set_result(found)
            if found.fatal:
                for scenario, future in zip(self._plan.scenarios, self._futures.values(), strict=True):
                    replies = (reply_of(found.exchange),) if scenario == self._plan.scenarios[0] else ()
                    future.set_result(Transcript(scenario, replies, found.fatal))
                return
            first = self._plan.scenarios[0]
            self._futures[first.id].set_result(Transcript(first, (reply_of(found.exchange),)))
            places = asyncio.Semaphore(self._wiring.concurrency)
            async with asyncio.TaskGroup() as group:
                for scenario in self._plan.scenarios[1:]:
                    group.create_task(self._send_scenario(scenario, found.target, places))

    async def _send_scenario(self, scenario: Scenario, target: Target, places: asyncio.Semaphore) -> None:
        replies: list[Reply] = []
        stopped = ""
        for number, step in enumerate(scenario.steps, start=1):
            previous = replies[-1] if replies else None
            if previous is not None and not previous.ok:
                stopped = f"step {number - 1} got {_what_came(previous)}"
                break
            try:
                request = fill(step, scenario.mode, target, previous, scenario.name)
            except FillError as problem:
                stopped = f"step {number} could not be made: {problem}"
                break
            async with places:
                exchange = await self._attempts(request, scenario, number)
            replies.append(reply_of(exchange))
        self._futures[scenario.id].set_result(Transcript(scenario, tuple(replies), stopped))

    async def _attempts(self, request: SentRequest, scenario: Scenario, step: int) -> Exchange:
        attempt = 1
        while True:
            exchange = await self._exchange(request, scenario, step, attempt)
            delay = delay_before_retry(exchange, self._tally.retries, self._wiring.retry)
            if delay is None:
                return exchange
            self._tally.retries += 1
            attempt += 1
            await asyncio.sleep(delay)

    async def _exchange(self, request: SentRequest, scenario: Scenario, step: int, attempt: int) -> Exchange:
        exchange = await self._wiring.client.send(
            request, scenario=scenario.name, mode=scenario.mode, step=step, attempt=attempt
        )
        recorded = self._wiring.journal.append(exchange)
        self.exchanges[recorded.line] = recorded
        return recorded


def _what_came(reply: Reply) -> str:
    if reply.status is None:
        return "no response"
    return f"status {reply.status} (journal line {reply.exchange.line})"
