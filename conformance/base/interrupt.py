"""SIGINT and SIGTERM: both end the work in the same orderly way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], object]


@contextmanager
def interruptible() -> Iterator[None]:
    """Either signal raises KeyboardInterrupt in the main thread. The second, which often follows at once, does not.

    A third one raises it again, for the case that the first was lost in code that swallows exceptions.
    """
    seen = 0

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        seen += 1
        if seen != 2:
            raise KeyboardInterrupt

    with _handled(note, but_not=signal.SIG_IGN):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Neither signal does anything: what is being written is written to the end."""
    with _handled(lambda *_: None):
        yield


@contextmanager
def interruption() -> Iterator[Callable[[], object]]:
    """Yields what waits for the first signal; further ones do nothing, while what was recorded is written."""
    asked = threading.Event()
    with _handled(lambda *_: asked.set()):
        yield asked.wait


@contextmanager
def _handled(handler: Handler, *, but_not: object = None) -> Iterator[None]:
    """Handles both signals, but not one whose handling is `but_not`, as that of SIGINT is for a job in the background.

    Does nothing in another than the main thread, which cannot.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in SIGNALS if signal.getsignal(number) is not but_not}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier if earlier is not None else signal.SIG_DFL)
