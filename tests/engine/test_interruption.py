"""Ctrl-C while a huge answer is read: nobody waits for the reading, and no step of it holds the interrupt off."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.base.interrupt import interruptible
from conformance.model import Mode
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.wire.client import LARGE
from conformance.wire.journal import Journal, read
from conformance.wire.redact import Redactor
from support.make import exchange

pytestmark = pytest.mark.slow

STUCK_S: Final = 120.0
"""How long a reading is stuck that somebody waits for, so that this fails and does not hang."""

SIZE: Final = 16 * 1024 * 1024
LONG_EVENT: Final = b'data: {"text":"' + b"x" * 900_000 + b'"}\n\n'


@pytest.mark.parametrize("step", [(Redactor, "exchange"), (Journal, "append")], ids=["redacting", "recording"])
def test_an_interrupt_ends_the_run_while_a_large_answer_is_read(
    serve: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str]
) -> None:
    whole = getattr(*step)
    go, ended = threading.Event(), threading.Event()

    def stuck(self: Any, recorded: Exchange) -> Any:
        if recorded.response is not None:
            os.kill(os.getpid(), signal.SIGINT)
            go.wait(STUCK_S)
            ended.set()
        return whole(self, recorded)

    monkeypatch.setattr(*step, stuck)
    endpoint = serve(lambda call, number: (200, b'{"text":"' + b"x" * LARGE + b'"}', {}))
    with interruptible(), pytest.raises(KeyboardInterrupt):
        run(endpoint, area=["messages"])
    assert not ended.is_set()
    go.set()
    assert len(endpoint.calls) == 1
    (journal,) = tmp_path.rglob("journal.ndjson")
    assert read(journal).exchanges == ()


@pytest.mark.parametrize("piece", [b": x\n" * 16_384, LONG_EVENT], ids=["short-lines", "long-events"])
def test_an_interrupt_waits_for_no_step_that_is_most_of_reading_an_answer(piece: bytes) -> None:
    headers = {"content-type": "text/event-stream"}
    recorded = exchange(piece * (SIZE // len(piece)), cut=len(piece), headers=headers, mode=Mode.STREAM)
    redactor = Redactor(["a-long-key-0123456789", "short-1"])
    reading = threading.Thread(target=lambda: Reply(redactor.exchange(recorded)).message)
    longest, begun = 0.0, _of_others()
    before = begun
    reading.start()
    while reading.is_alive():
        time.sleep(0.001)
        now = _of_others()
        longest, before = max(longest, now - before), now
    assert longest < (before - begun) / 2


def _of_others() -> float:
    """Seconds of CPU of all threads but this one, which is where an interrupt is handled."""
    return time.process_time() - time.thread_time()
