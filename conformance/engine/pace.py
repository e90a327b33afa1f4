"""How fast requests go out: how many at a time, and pauses that hold for all of them."""

from __future__ import annotations

import asyncio
import bisect
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol


class Clock(Protocol):
    """Time, so that tests need none."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Returns when the seconds are over."""


class WallClock:
    """The time of this machine."""

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleeps in the running event loop."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Pace:
    """How many requests may run concurrently: additive increase, multiplicative decrease, between 1 and `ceiling`.

    `limit` rises by one after as many successes in a row as there are places. It is halved by a push-back, once for all
    requests that were already running when it was halved last (`since`). `strikes` counts the halvings since the last
    success.
    """

    ceiling: int
    limit: int
    streak: int = 0
    since: float = float("-inf")
    strikes: int = 0

    @staticmethod
    def full(ceiling: int) -> Pace:
        """The pace of a run that starts: everything that is allowed."""
        return Pace(ceiling, ceiling)

    def success(self) -> Pace:
        """The pace after an answer that is no push-back."""
        if self.streak + 1 < self.limit:
            return replace(self, streak=self.streak + 1, strikes=0)
        return replace(self, limit=min(self.ceiling, self.limit + 1), streak=0, strikes=0)

    def eased(self, entered: float, now: float) -> Pace:
        """The pace after a time-out at `now` of a request that was sent at `entered`, together with others."""
        return replace(self.push_back(entered, now), strikes=self.strikes)

    def push_back(self, entered: float, now: float) -> Pace:
        """The pace after a push-back at `now` of a request that was sent at `entered`."""
        if entered < self.since:
            return replace(self, streak=0)
        return replace(self, limit=max(1, self.limit // 2), streak=0, since=now, strikes=self.strikes + 1)


class Turnstile:
    """Where all senders of a run wait: for a place, and for the end of a pause.

    Tickets decide who is next: the smallest goes first, so that a request that was pushed back is not overtaken for
    ever. For one event loop.
    """

    def __init__(self, ceiling: int, clock: Clock) -> None:
        self.pace = Pace.full(ceiling)
        self._clock = clock
        self._inside = 0
        self._shared = float("-inf")
        self._alone = False
        self._waiting: list[int] = []
        self._closed_until = float("-inf")
        self._opener: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def closed_for(self) -> float:
        """Seconds until the pause ends; 0 without one."""
        return max(0.0, self._closed_until - self._clock.now())

    @asynccontextmanager
    async def place(self, ticket: int, *, alone: bool = False) -> AsyncIterator[float]:
        """A place among the concurrent requests, held until the block ends; gives the moment of entry.

        `alone`: no other request runs at the same time.
        """
        bisect.insort(self._waiting, ticket)
        try:
            while self._must_wait(ticket, alone=alone):
                await self._changed.wait()
        finally:
            self._waiting.remove(ticket)
            self._notify()
        self._inside += 1
        self._alone = alone
        self._note_company()
        try:
            yield self._clock.now()
        finally:
            self._note_company()
            self._inside -= 1
            self._alone = False
            self._notify()

    def _must_wait(self, ticket: int, *, alone: bool) -> bool:
        full = self._inside >= (1 if alone or self._alone else self.pace.limit)
        return self.closed_for > 0 or self._waiting[0] != ticket or full

    def _note_company(self) -> None:
        if self._inside > 1:
            self._shared = self._clock.now()

    def had_company(self, entered: float) -> bool:
        """Whether other requests ran at some moment since a request entered."""
        return self._shared >= entered

    def ease(self, entered: float) -> None:
        """Notes a time-out of a request that had company: fewer run at a time afterwards."""
        self.pace = self.pace.eased(entered, self._clock.now())

    def success(self) -> None:
        """Notes an answer that is not a push-back."""
        self.pace = self.pace.success()
        self._notify()

    def push_back(self, entered: float, wait_s: float) -> None:
        """Notes a push-back: nobody enters for so many seconds, and fewer at a time afterwards."""
        now = self._clock.now()
        self.pace = self.pace.push_back(entered, now)
        self._closed_until = max(self._closed_until, now + wait_s)
        if self._opener is None or self._opener.done():
            self._opener = asyncio.create_task(self._reopen())

    def open(self) -> None:
        """Ends a pause early."""
        self._closed_until = float("-inf")
        self._notify()

    async def _reopen(self) -> None:
        while self.closed_for > 0:
            await self._clock.sleep(self.closed_for)
        self._notify()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
