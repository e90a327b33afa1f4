"""What the proxy knows of all exchanges together: how many are in progress, and how much room their copies take."""

from __future__ import annotations

import threading
import time
from typing import Final

MOST_HELD: Final = 256 * 1024 * 1024
"""Bytes of all copies that are held at the same time, on their way and waiting to be judged."""


class Traffic:
    """How many exchanges are in progress. Used by several threads."""

    def __init__(self) -> None:
        self._now = 0
        self._busy = threading.Condition()

    def begin(self) -> None:
        """An exchange has begun."""
        with self._busy:
            self._now += 1
            self._busy.notify_all()

    def end(self) -> None:
        """An exchange has ended."""
        with self._busy:
            self._now -= 1
            self._busy.notify_all()

    def wait_for_lull(self, lull_s: float, most_s: float) -> None:
        """Waits until nothing has been in progress for `lull_s`, at most `most_s`."""
        end = time.monotonic() + most_s
        with self._busy:
            while (left := end - time.monotonic()) > 0:
                if self._now:
                    self._busy.wait(left)
                elif not self._busy.wait(min(lull_s, left)):
                    return


class Room:
    """How many bytes all copies together may take. Used by several threads."""

    def __init__(self, size: int = MOST_HELD) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Takes room; False where there is not enough."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give(self, size: int) -> None:
        """Gives room back."""
        with self._lock:
            self._left += size
