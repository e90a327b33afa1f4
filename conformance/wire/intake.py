"""Memory for bodies that are still arriving: a little for all of them together, and beyond that one body at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SHARED: Final = 8 * 1024 * 1024
"""Bytes that all unfinished bodies may take together before they wait for each other."""


class Intake:
    """The memory itself. For one event loop."""

    def __init__(self, shared: int = SHARED) -> None:
        self.left = shared
        self.lane = asyncio.Lock()

    @contextmanager
    def share(self) -> Iterator[Share]:
        """The share of one body, given back when the block ends."""
        share = Share(self)
        try:
            yield share
        finally:
            share.give_back()


class Share:
    """What one body takes of the memory."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._taken = 0
        self._alone = False

    def take(self, size: int) -> bool:
        """Takes memory for more bytes; False where the body has to wait for its turn first."""
        if self._alone:
            return True
        if size > self._intake.left:
            return False
        self._intake.left -= size
        self._taken += size
        return True

    async def wait(self) -> None:
        """Waits until this body is the one that may grow alone."""
        await self._intake.lane.acquire()
        self.give_back()
        self._alone = True

    def give_back(self) -> None:
        """Gives everything back."""
        self._intake.left += self._taken
        self._taken = 0
        if self._alone:
            self._alone = False
            self._intake.lane.release()
