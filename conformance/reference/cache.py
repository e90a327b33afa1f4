"""Prompt caching as far as a client can observe it: the counters. The rules for breakpoints are in `rules`."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.model import Json
from conformance.reference.answer import dump
from conformance.reference.tokens import Unit

_SECONDS = {"5m": 300.0, "1h": 3600.0}
_LOOKBACK = 20
_MOST_ENTRIES = 10_000


@dataclass(frozen=True)
class CacheUse:
    """How the input tokens of a request are divided (REQ-CACHE-005, REQ-CACHE-006)."""

    uncached: int
    read: int = 0
    created_5m: int = 0
    created_1h: int = 0


class PromptCache:
    """Remembers prefixes by their digest until their time to live is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, model: str, minimum: int, units: Sequence[Unit], automatic: Json) -> CacheUse:
        """Reads and writes the prefixes that a request marks, and returns how its tokens are divided.

        Prefixes with fewer tokens than `minimum` are not cached (REQ-CACHE-002). `automatic` is the request's own
        `cache_control`, which marks the last cacheable part (REQ-BODY-025).
        """
        total = sum(unit.tokens for unit in units)
        marks = _marks(units, automatic)
        lengths = _lengths(units)
        marks = {position: seconds for position, seconds in marks.items() if lengths[position] >= minimum}
        if not marks:
            return CacheUse(total)
        digests = _digests(model, units)
        with self._lock:
            hit = self._longest_hit(marks, digests, lengths, minimum)
            created = self._write(marks, digests, lengths, hit)
        read = lengths[hit] if hit is not None else 0
        return CacheUse(total - read - sum(created), read, created[0], created[1])

    def _longest_hit(self, marks: dict[int, float], digests: list[str], lengths: list[int], minimum: int) -> int | None:
        now = self._clock()
        reachable = {p for mark in marks for p in range(max(0, mark - _LOOKBACK), mark + 1)}
        for position in sorted(reachable, reverse=True):
            if lengths[position] >= minimum and self._until.get(digests[position], 0.0) > now:
                return position
        return None

    def _write(
        self, marks: dict[int, float], digests: list[str], lengths: list[int], hit: int | None
    ) -> tuple[int, int]:
        done = lengths[hit] if hit is not None else 0
        created = {300.0: 0, 3600.0: 0}
        for position in sorted(marks):
            seconds = marks[position]
            self._until[digests[position]] = self._clock() + seconds
            self._until.move_to_end(digests[position])
            created[seconds] += max(0, lengths[position] - done)
            done = max(done, lengths[position])
        while len(self._until) > _MOST_ENTRIES:
            self._until.popitem(last=False)
        return created[300.0], created[3600.0]


def _marks(units: Sequence[Unit], automatic: Json) -> dict[int, float]:
    marks = {p: _ttl(unit.cache_control) for p, unit in enumerate(units) if unit.cache_control is not None}
    if automatic is not None:
        last = max((p for p, unit in enumerate(units) if unit.cacheable), default=None)
        if last is not None:
            marks.setdefault(last, _ttl(automatic))
    return marks


def _ttl(control: Json) -> float:
    name = control.get("ttl") if isinstance(control, dict) else None
    return _SECONDS.get(name or "5m", _SECONDS["5m"])


def _lengths(units: Sequence[Unit]) -> list[int]:
    total, lengths = 0, []
    for unit in units:
        total += unit.tokens
        lengths.append(total)
    return lengths


def _digests(model: str, units: Sequence[Unit]) -> list[str]:
    running = hashlib.sha256(model.encode())
    digests = []
    for unit in units:
        running.update(dump(unit.value).encode("utf-8", "surrogatepass"))
        digests.append(running.hexdigest())
    return digests
