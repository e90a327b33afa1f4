"""How many requests go out at a time, and pauses that hold for all; with a clock of its own."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from conformance.engine.pace import Pace, Turnstile
from support.clock import FakeClock


def test_a_push_back_halves_the_number_and_successes_raise_it_one_by_one() -> None:
    pace = Pace.full(8).push_back(entered=1.0, now=2.0)
    assert pace.limit == 4
    for _ in range(4):
        pace = pace.success()
    assert pace.limit == 5
    for _ in range(5):
        pace = pace.success()
    assert pace.limit == 6


def test_requests_that_were_under_way_together_halve_it_once() -> None:
    pace = Pace.full(8)
    for now in (2.0, 2.1, 2.2):
        pace = pace.push_back(entered=1.0, now=now)
    assert (pace.limit, pace.strikes) == (4, 1)
    assert pace.push_back(entered=3.0, now=4.0).limit == 2


def test_a_success_forgets_the_strikes_and_a_push_back_the_successes() -> None:
    pace = Pace.full(2).push_back(0.0, 1.0).push_back(2.0, 3.0)
    assert pace.strikes == 2
    assert pace.success().strikes == 0
    assert Pace.full(4).success().success().push_back(0.0, 1.0).streak == 0


@given(st.integers(1, 50), st.lists(st.booleans(), max_size=200))
def test_the_number_never_leaves_its_bounds(ceiling: int, answers: list[bool]) -> None:
    pace = Pace.full(ceiling)
    for now, fine in enumerate(answers):
        pace = pace.success() if fine else pace.push_back(now, now)
        assert 1 <= pace.limit <= ceiling


def test_the_gate_lets_no_more_in_than_there_are_places_and_the_smallest_ticket_first() -> None:
    async def scene() -> tuple[int, list[int]]:
        gate, inside, most, order = Turnstile(2, FakeClock()), 0, 0, []

        async def visit(ticket: int) -> None:
            nonlocal inside, most
            async with gate.place(ticket):
                inside += 1
                most = max(most, inside)
                order.append(ticket)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(visit(ticket) for ticket in (5, 4, 3, 2, 1)))
        return most, order

    most, order = asyncio.run(scene())
    assert most == 2
    assert order == [5, 4, 1, 2, 3]  # the first two found a place each


def test_one_push_back_pauses_everybody() -> None:
    async def scene() -> list[float]:
        clock = FakeClock()
        gate = Turnstile(4, clock)
        async with gate.place(0) as entered:
            gate.push_back(entered, 30.0)

        async def visit(ticket: int) -> float:
            async with gate.place(ticket) as entered:
                return entered

        return await asyncio.gather(*(visit(ticket) for ticket in range(1, 5)))

    assert asyncio.run(scene()) == [30.0] * 4


def test_a_longer_pause_that_is_asked_for_meanwhile_counts() -> None:
    async def scene() -> float:
        clock = FakeClock()
        gate = Turnstile(4, clock)
        gate.push_back(0.0, 10.0)
        gate.push_back(0.0, 25.0)
        gate.push_back(0.0, 1.0)
        async with gate.place(0) as entered:
            return entered

    assert asyncio.run(scene()) == 25.0


def test_opening_the_gate_ends_a_pause() -> None:
    async def scene() -> float:
        clock = FakeClock()
        gate = Turnstile(1, clock)
        gate.push_back(0.0, 1000.0)
        gate.open()
        async with gate.place(0) as entered:
            return entered

    assert asyncio.run(scene()) == 0.0


def test_who_gives_up_waiting_blocks_nobody() -> None:
    async def scene() -> str:
        gate = Turnstile(1, FakeClock())
        async with gate.place(0):
            waiting = asyncio.create_task(gate.place(1).__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.sleep(0)
        async with gate.place(2):
            return "through"

    assert asyncio.run(scene()) == "through"
