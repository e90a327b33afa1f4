"""What a gateway adds in time, and streams that it holds back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from conformance.comparison.pairs import Pair, Seen, Timing
from conformance.protocol.reply import Reply

SPREAD_S: Final = 0.05
"""Seconds between first and last byte from which on a stream of the upstream shows whether it is held back."""

_SHARE: Final = 0.2
"""Share of that time below which the gateway has held a stream back."""

_TIMES: Final = 2.0
_SLOWER_S: Final = 0.1
"""A stream is slowed down where it takes that many times as long and that many seconds more."""

SLOW_MS: Final = 100.0
"""Milliseconds that a gateway may add to the first byte at the median."""


def timing_of(pairs: Sequence[Pair]) -> Timing | None:
    """The time to the first byte at the median, on both sides; None where no pair has both."""
    both = [
        (direct.first_byte * 1_000, through.first_byte * 1_000)
        for direct, through in ((pair.direct.exchange.response, pair.through.exchange.response) for pair in pairs)
        if direct is not None and through is not None and direct.first_byte is not None is not through.first_byte
    ]
    if not both:
        return None
    return Timing(median(ours for ours, _ in both), median(theirs for _, theirs in both), len(both))


def timing_differences(pairs: Sequence[Pair]) -> Iterator[tuple[Seen, Pair]]:
    """Streams that the gateway holds back or slows down, and time that it adds everywhere."""
    spreads = [(pair, _spread(pair.direct), _spread(pair.through)) for pair in pairs]
    telling = [each for each in spreads if each[1] >= SPREAD_S and _whole_stream(each[0].through)]
    held = [each for each in telling if each[2] < each[1] * _SHARE]
    slow = [each for each in telling if each[2] > max(each[1] * _TIMES, each[1] + _SLOWER_S)]
    for kind, shown in (("stream-buffered", held), ("stream-slowed", slow)):
        if len(shown) * 2 > len(telling):
            for pair, ours, theirs in shown:
                yield Seen(kind, "events", f"over {ours * 1_000:.0f} ms", f"over {theirs * 1_000:.0f} ms"), pair
    timing = timing_of(pairs)
    if timing is not None and timing.through_ms - timing.direct_ms > SLOW_MS:
        values = (f"{timing.direct_ms:.0f} ms", f"{timing.through_ms:.0f} ms")
        for pair in pairs:
            yield Seen("delay-added", "first byte", *values), pair


def _whole_stream(reply: Reply) -> bool:
    return reply.events is not None and reply.cut_off is None


def _spread(reply: Reply) -> float:
    """Seconds between the first and the last chunk of a stream that is all there; 0 for anything else."""
    response = reply.exchange.response
    if reply.events is None or reply.cut_off is not None or response is None or len(response.chunks) < 1:
        return 0.0
    return response.chunks[-1].at - response.chunks[0].at
