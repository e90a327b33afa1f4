"""Bounds on what a piece of code may take of this process, so that a test of a bomb survives it."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_CPU_S = 2.0
MOST_BYTES = 200 * 1024 * 1024
_SLACK = 4.0
_PAGE = resource.getpagesize()


class TooMuchError(AssertionError):
    """More than the bound was taken."""


@contextmanager
def bounded(cpu_s: float = MOST_CPU_S, most: int = MOST_BYTES) -> Iterator[None]:
    """Raises TooMuchError where what is inside takes more CPU, and MemoryError where it takes more memory.

    What takes far more CPU is broken off. In the main thread only.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE

    def late(*_: object) -> None:
        raise TooMuchError(f"more than {cpu_s * _SLACK:g} s of CPU")

    handler = signal.signal(signal.SIGVTALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (size + most, before[1]))
    started = time.thread_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s * _SLACK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)
    taken = time.thread_time() - started
    if taken > cpu_s:
        raise TooMuchError(f"{taken:.1f} s of CPU")
