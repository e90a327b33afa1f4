"""Memory that several exchanges share: the answers of a run, or what a proxy has copied."""

from __future__ import annotations

import threading
from typing import Final

MOST_HELD: Final = 256 * 1024 * 1024
"""Bytes of all copies that a proxy holds at the same time, on their way and waiting to be judged."""


class Room:
    """How many bytes they may take together. Used by several threads."""

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
