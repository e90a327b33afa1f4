"""Time-outs that other requests may have caused, and the seconds that a run may take. With a clock of its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.base.records import ProxyHeader, StopNote
from conformance.config.target import Target
from conformance.engine.sender import Sender, Wiring
from conformance.engine.vitals import TIMED_OUT
from conformance.judge.evidence import ScenarioReplies
from conformance.model import Mode, Scenario, Step
from conformance.protocol.exchange import Exchange, SentRequest, Trouble
from conformance.wire.client import Client
from conformance.wire.journal import Journal, Recording, read
from support import make
from support.clock import FakeClock

TARGET = Target("t", make.URL.removesuffix("/v1/messages"), "m", root=make.URL.removesuffix("/messages"))


class CrowdedClient:
    """An endpoint that answers in time only where a request is alone with it, or (`dead`) never."""

    def __init__(self, clock: FakeClock, kind: str, *, dead: bool = False) -> None:
        self.clock, self.kind, self.dead = clock, kind, dead
        self.inside = 0
        self.crowd: dict[tuple[str, int], int] = {}

    async def send(self, request: SentRequest, *, scenario: str, mode: Mode, step: int, attempt: int) -> Exchange:
        self.inside += 1
        most = self.inside
        for _ in range(5):
            await self.clock.sleep(1.0)
            most = max(most, self.inside)
        self.inside -= 1
        self.crowd[scenario, attempt] = most
        late = Trouble(self.kind, "nothing came", 5.0) if most > 1 or self.dead else None
        answer = make.exchange(make.message("ok"), None if late else 200, sent=request, scenario=scenario, trouble=late)
        return replace(answer, mode=mode, step=step, attempt=attempt)


class Rehearsed:
    """Some scenarios that were sent side by side, and what is left of that."""

    def __init__(self, path: Path, client: CrowdedClient, count: int, **rest: Any) -> None:
        self.client = client
        scenarios = [Scenario(f"s{number}", Mode.JSON, (Step(body={}),)) for number in range(count)]

        async def send() -> list[ScenarioReplies]:
            with Journal.create(path, ProxyHeader("", "", make.NOW, "")) as journal:
                wiring = Wiring(TARGET, cast(Client, client), journal, 4, clock=client.clock, **rest)
                self.sender = Sender(wiring, scenarios[0])
                sending = (self.sender.send(each, TARGET, ticket) for ticket, each in enumerate(scenarios))
                return list(await asyncio.gather(*sending))

        self.sent = asyncio.run(send())
        self.recording: Recording = read(path)


@pytest.mark.parametrize("kind", TIMED_OUT)
def test_a_time_out_in_company_is_tried_once_more_alone_before_it_counts(tmp_path: Path, kind: str) -> None:
    done = Rehearsed(tmp_path / "j", CrowdedClient(FakeClock(), kind), 6)
    assert [sent.replies[-1].status for sent in done.sent] == [200] * 6
    again = {place: crowd for place, crowd in done.client.crowd.items() if place[1] > 1}
    assert again
    assert set(again.values()) == {1}
    assert done.sender.turnstile.pace.limit < 4


def test_a_time_out_that_stays_counts_after_one_more_attempt(tmp_path: Path) -> None:
    client = CrowdedClient(FakeClock(), "timeout-first-byte", dead=True)
    done = Rehearsed(tmp_path / "j", client, 2)
    assert {attempt for _, attempt in client.crowd} <= {1, 2}
    assert ("s0", 2) in client.crowd
    assert not done.sender.turnstile.pace.strikes


def test_a_time_out_of_a_request_that_was_alone_counts_at_once(tmp_path: Path) -> None:
    client = CrowdedClient(FakeClock(), "timeout-gap", dead=True)
    Rehearsed(tmp_path / "j", client, 1)
    assert ("s0", 1) in client.crowd
    assert ("s0", 2) not in client.crowd


def test_a_run_sends_nothing_more_once_its_seconds_are_over(tmp_path: Path) -> None:
    done = Rehearsed(tmp_path / "j", CrowdedClient(FakeClock(), "timeout-gap"), 40, seconds=60.0)
    (stop,) = (note for note in done.recording.notes if isinstance(note, StopNote))
    assert stop.why == "the run has taken longer than 60 s (--max-seconds); --resume continues it"
    assert done.sent[0].replies
    assert done.sent[-1].stopped == stop.why
    assert len(done.recording.exchanges) < 40
