"""Time that passes only where somebody sleeps."""

from __future__ import annotations

import asyncio


class FakeClock:
    """A clock of `conformance.engine.pace` on which nobody waits; others run while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)
