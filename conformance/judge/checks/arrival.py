"""Checks on when a stream arrives: as it is generated, and with an end when it is over.

Times count only where they cannot be chance; replies from recordings without times show nothing. Speed is no claim.
"""

from __future__ import annotations

from typing import Final

from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates, deviation, found
from conformance.protocol.reply import Reply

FEWEST_DELTAS: Final = 12
"""With fewer deltas than this, buffering cannot be distinguished from a short answer."""

SHORTEST_SECONDS: Final = 1.0
"""A stream that is over sooner can arrive in one piece without being held back."""

HELD_BACK: Final = 0.02
"""Share of the whole time in which all deltas arrive where the server held them back to the end."""

APART: Final = 4
"""Different arrival times among the deltas that show a stream to be flushed as it goes."""

LINGERING_SECONDS: Final = 5.0
"""A body that stays open for longer than this after message_stop keeps its caller waiting (REQ-SSE-010)."""


@check("flushed")
def flushed(reply: Reply) -> Observation:
    """The deltas of a long answer arrive over time and not all at once at the end."""
    if reply.events is None or reply.trace is None:
        return NOTHING_SEEN
    times = [reply.events[number - 1].at for number in reply.trace.numbers("content_block_delta")]
    if len(times) < FEWEST_DELTAS:
        return NOTHING_SEEN
    total, spread = times[-1], times[-1] - times[0]
    if total >= SHORTEST_SECONDS and spread < HELD_BACK * total:
        actual = f"all {len(times)} deltas within {spread:.3f} s, after {times[0]:.3f} s of silence"
        return deviates(reply, "deltas that arrive as they are generated", actual)
    return FINE if len(set(times)) >= APART else NOTHING_SEEN


@check("body-ends")
def body_ends(reply: Reply) -> Observation:
    """The body ends within seconds after message_stop, in the way that HTTP wants a body to end."""
    exchange, events, trace = reply.exchange, reply.events, reply.trace
    stops = trace.numbers("message_stop") if trace is not None else ()
    if exchange.response is None or events is None or not stops:
        return NOTHING_SEEN
    stop = events[stops[0] - 1]
    ended, trouble = exchange.response.ended, exchange.trouble
    if trouble is not None:
        actual = f"{trouble.kind} {max(trouble.at - stop.at, 0.0):.1f} s after message_stop: {trouble.message}"
    elif ended is not None and ended - stop.at > LINGERING_SECONDS:
        actual = f"open for {ended - stop.at:.1f} s after message_stop"
    else:
        return FINE if ended is not None else NOTHING_SEEN
    expected = "a body that ends right after message_stop"
    return found(deviation(reply, expected, actual, event=stops[0], offset=stop.offset))


@check("silent-at-most", argument={"type": "integer", "minimum": 1})
def silent_at_most(reply: Reply, argument: int) -> Observation:
    """No two arrivals of a stream are more than this many seconds apart, from the request to the end of the body."""
    longest = reply.exchange.longest_silence
    if longest is None or reply.events is None:
        return NOTHING_SEEN
    if longest <= argument:
        return FINE if reply.message is not None else NOTHING_SEEN
    return deviates(reply, f"an arrival at least every {argument} s, such as a ping", f"{longest:.0f} s of silence")
