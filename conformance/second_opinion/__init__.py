"""The second opinion: what the official Python SDK makes of recorded bytes, compared with our own reading.

`Sdk` feeds the bytes of a reply to the public client of the installed `anthropic` package, over a transport that
connects to nothing; `compare` finds where the two readings differ. The result is plain data, which
`report/second_opinion.py` puts into words. It never changes a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.second_opinion.compare import Disagreement, compare
from conformance.second_opinion.sdk import Sdk

MOST_KEPT = 200
"""Exchanges with a disagreement that are kept; more are counted."""

_DIFFERENCES_KEPT = 20
"""Disagreements of one exchange that are kept; more are counted."""


@dataclass(frozen=True)
class Opinion:
    """An exchange that the SDK reads in another way than we do.

    `place` says where it is recorded, `broken` names the must-level cases that have a finding for it.
    """

    place: str
    disagreements: tuple[Disagreement, ...]
    broken: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """The opinion as JSON values."""
        return {
            "place": self.place,
            "must_findings": list(self.broken),
            "differences": [each.as_json() for each in self.disagreements[:_DIFFERENCES_KEPT]],
            "more_differences": max(0, len(self.disagreements) - _DIFFERENCES_KEPT),
        }


class Opinions:
    """Collects what the SDK says of replies: `take` each, then `as_json`.

    Raises UsageError where no SDK is installed.
    """

    def __init__(self) -> None:
        self._sdk = Sdk()
        self._read = self._streams = self._disagreed = 0
        self._kept: list[Opinion] = []

    def take(self, reply: Reply, broken: Iterable[str], place: str) -> None:
        """Reads a reply with the SDK. `broken` are the must-level cases that have a finding for it."""
        if not is_readable(reply):
            return
        self._read += 1
        self._streams += reply.events is not None
        found = compare(reply, self._sdk.read(reply))
        self._disagreed += bool(found)
        if found and len(self._kept) < MOST_KEPT:
            self._kept.append(Opinion(place, found, tuple(sorted(set(broken)))))

    def as_json(self) -> dict[str, Json]:
        """What was taken so far, as JSON values."""
        return {
            "sdk": self._sdk.release,
            "read": self._read,
            "streams": self._streams,
            "agreed": self._read - self._disagreed,
            "disagreed": self._disagreed,
            "exchanges": [opinion.as_json() for opinion in self._kept],
        }


def is_readable(reply: Reply) -> bool:
    """Whether a reply is what the SDK gives its caller: a Message or a stream that arrived whole, and no error."""
    path = reply.exchange.request.url.partition("?")[0].rstrip("/")
    return reply.ok and reply.cut_off is None and path.endswith("/messages")
