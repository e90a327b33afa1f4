"""The process in which what passed through the proxy is judged, so that judging never holds up the bytes of a client.

The proxy sends it exchanges and, at the end, how many found no room to wait; it sends back lines to show and the exit
code. It sees no signal: whoever interrupts the proxy gets its report.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import accumulate
from multiprocessing.connection import Connection
from typing import Final

from conformance.base.errors import HarnessError
from conformance.commands.proxy_judge import JudgedTraffic, Tell, judging
from conformance.protocol.exchange import Chunk
from conformance.wire.proxy import Passed
from conformance.wire.room import Room

WAITING: Final = 256
"""Exchanges that wait to be judged; what ends while so many wait is passed on and not judged."""

_NICE: Final = 10
_FAILED: Final = "Judging what passed ended with an error in messages-conformance"
_LOST: Final = "The process that judges has ended unexpectedly. What it had recorded is kept."


class JudgingProcess:
    """Hands exchanges over to the process. A context manager: leaving it without `end` gives up what still waits.

    Entering raises HarnessError where the process cannot record.
    """

    def __init__(self, asked: JudgedTraffic, room: Room, tell: Tell, waiting: int = WAITING) -> None:
        self._room = room
        self._tell = tell
        self._queue: queue.Queue[Passed | None] = queue.Queue(waiting)
        self._behind = 0
        self._answer: tuple[int, str] | None = None
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_work, args=(other, asked), name="judging")
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("handing over", self._hand_over), ("showing", self._show))
        ]
        with _signals_held():
            self._process.start()
        other.close()

    def __enter__(self) -> JudgingProcess:
        try:
            kind, *rest = self._connection.recv()
        except (EOFError, OSError):
            raise HarnessError(_LOST) from None
        if kind == "end":
            raise HarnessError(rest[1], exit_code=rest[0])
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid or 0

    def offer(self, passed: Passed) -> None:
        """Takes an exchange to be judged, if there is room for it. Called by the thread that passes bytes on."""
        try:
            self._queue.put_nowait(passed)
        except queue.Full:
            self._behind += 1
            self._room.give(passed.held)

    def end(self) -> int:
        """Waits until all is judged and reported; returns the exit code. Raises HarnessError for an error of ours."""
        self._queue.put(None)
        for thread in self._threads:
            thread.join()
        code, problem = self._answer or (3, _LOST)
        if problem:
            raise HarnessError(problem, exit_code=code)
        return code

    def _hand_over(self) -> None:
        gone = False
        while (passed := self._queue.get()) is not None:
            try:
                if not gone:
                    send(self._connection, passed)
            except (OSError, ValueError):
                gone = True
            finally:
                self._room.give(passed.held)
        with suppress(OSError, ValueError):
            self._connection.send(self._behind)

    def _show(self) -> None:
        try:
            while True:
                kind, *rest = self._connection.recv()
                if kind == "end":
                    self._answer = rest[0], rest[1]
                    return
                self._tell(rest[0])
        except (EOFError, OSError):
            self._tell(f"passing on goes on, judging does not: {_LOST}")


def _work(connection: Connection, asked: JudgedTraffic) -> None:
    """What the process does. Ends where the proxy is gone."""
    with suppress(OSError):
        os.nice(_NICE)
    try:
        connection.send(("end", *_judged(connection, asked)))
    except (EOFError, OSError):
        return


def _judged(connection: Connection, asked: JudgedTraffic) -> tuple[int, str]:
    """The exit code, and the sentence of an error of ours."""
    try:
        judge, end = judging(asked, lambda line: connection.send(("line", line)))
        connection.send(("ready",))
        while isinstance(passed := received(connection), Passed):
            judge.take(passed)
        judge.miss(passed)
        return end(), ""
    except HarnessError as problem:
        return problem.exit_code, str(problem)
    except (EOFError, OSError):
        raise
    except Exception as problem:  # its text may hold what a client sent
        return 3, f"{_FAILED}: {type(problem).__name__}."


def send(connection: Connection, passed: Passed) -> None:
    """Sends an exchange. Its bodies go as they are: to pickle many chunks would hold up the thread of the bytes."""
    exchange = passed.exchange
    request, response = exchange.request, exchange.response
    chunks = response.chunks if response is not None else ()
    bare = replace(
        exchange,
        request=replace(request, body=b""),
        response=replace(response, chunks=()) if response is not None else None,
    )
    places = [(chunk.at, len(chunk.data)) for chunk in chunks]
    connection.send((replace(passed, exchange=bare), places))
    connection.send_bytes(request.body)
    connection.send_bytes(b"".join(chunk.data for chunk in chunks))


def received(connection: Connection) -> Passed | int:
    """The next exchange, or at the end the number of those that were not sent."""
    got: int | tuple[Passed, list[tuple[float, int]]] = connection.recv()
    if isinstance(got, int):
        return got
    passed, places = got
    sent, body = connection.recv_bytes(), connection.recv_bytes()
    ends = list(accumulate((size for _, size in places), initial=0))
    chunks = tuple(Chunk(at, body[start : start + size]) for (at, size), start in zip(places, ends, strict=False))
    exchange = replace(passed.exchange, request=replace(passed.exchange.request, body=sent))
    if exchange.response is not None:
        exchange = replace(exchange, response=replace(exchange.response, chunks=chunks))
    return replace(passed, exchange=exchange)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Holds signals back. A process that is started meanwhile never sees them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
