"""The bounds of every read from an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.protocol.sse import EventBounds


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange: times in seconds, sizes in bytes, the rest are counts.

    Crossing a bound ends the exchange; what arrived until then is kept, cut at the bound, and the `Trouble` kind named
    behind each bound says which one it was. Of a body that crossed one, the beginning is kept (`cut.py`).
    """

    connect: float = 10.0
    """For name and TCP connection, and once more for TLS: `timeout-connect`."""

    first_byte: float = 120.0
    """From the sent request to the first byte of the body; many servers send headers at once and think afterwards:
    `timeout-first-byte`."""

    gap: float = 60.0
    """Between two arrivals of body bytes, and from the last one to the end of the body: `timeout-gap`."""

    total: float = 300.0
    """From the start to the end of the body: `timeout-total`."""

    header_bytes: int = 64 * 1024
    """Names and values of the response headers together: `limit-bytes`."""

    body_bytes: int = 4 * 1024 * 1024
    """The body after content decoding, and about as much before it, where it is no event stream: `limit-bytes`."""

    stream_bytes: int = 24 * 1024 * 1024
    """The body of an event stream, likewise: `limit-bytes`."""

    pieces: int = 400_000
    """Arrivals of one body: `limit-pieces`. Each costs CPU, however small it is."""

    event_bytes: int = EventBounds.event_bytes
    """One server-sent event, from its first field to its blank line: `limit-event-size`."""

    events: int = EventBounds.events
    """Events in one stream: `limit-events`."""

    weight: int = 12_000_000
    """Memory that the JSON of a body takes which is no event stream (`strict_json.weight`): `limit-values`."""

    chunks: int = 50_000
    """Separately timed chunks of one body. Bytes beyond it are added to the last chunk, which takes the time of the
    latest of them: no trouble, only coarser times."""

    memory: int = 280_000_000
    """All answers of a run together, as they are kept and read: `limit-memory`."""

    cpu: float = 60.0
    """Seconds of CPU to redact and read one answer: `limit-cpu`."""

    @property
    def event_bounds(self) -> EventBounds:
        """The bounds of a stream."""
        return EventBounds(self.event_bytes, self.events)
