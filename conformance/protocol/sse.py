"""Server-sent events from raw bytes, without I/O (WHATWG HTML, sections 9.2.5 and 9.2.6).

Belongs here: splitting bytes into events, with byte offsets and arrival times. Does not belong here: what an event
means, JSON, or any opinion about the stream. Three things differ from a browser, because a judge has to see them: an
event with a name and no data is kept (`data` is None), what stands unterminated at the end of the body is kept
(`terminated` is False), and an absent name stays None instead of becoming `message`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.model import Chunk, Event
from conformance.wire.limits import Limits

_LINE_END = re.compile(rb"\r\n?|\n")
_BOM = b"\xef\xbb\xbf"
_CR, _LF = 0x0D, 0x0A
_MAX_RETRY_DIGITS = 18


class Parser:
    """Splits one body into events, however it is cut into chunks.

    An event's `offset` is the first byte of its first field line (comments in front of it do not belong to it) and its
    `end` the byte behind the line end that completed it. Of a CRLF only the CR counts, since the line is complete with
    it and the LF may arrive later or never. Both are the same for every way to cut the body. The work is linear in the
    number of bytes; memory is bounded by `Limits.event_bytes`.

    `crossed` is None, or the `Trouble` kind of the bound that was crossed (`limit-event-size`, `limit-events`); from
    then on nothing more is parsed. `last_event_id` and `retry` (milliseconds) are the latest values of these fields.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits if limits is not None else Limits()
        self._line = bytearray()
        self._line_start = 0
        self._position = 0
        self._after_cr = False
        self._start: int | None = None
        self._name: str | None = None
        self._data: list[str] = []
        self._count = 0
        self.crossed: str | None = None
        self.last_event_id = ""
        self.retry: int | None = None

    def feed(self, data: bytes, at: float) -> tuple[Event, ...]:
        """The events that these bytes complete, which arrived `at` seconds after the request was started."""
        if self.crossed is not None or not data:
            return ()
        base = self._position
        self._position += len(data)
        start = self._skip_second_half_of_line_end(data)
        events: list[Event] = []
        for line_end in _LINE_END.finditer(data, start):
            self._line += data[start : line_end.start()]
            start = line_end.end()
            self._take_line(base + line_end.start() + 1, at, events)
            self._line_start = base + start
            if self.crossed is not None:
                return tuple(events)
        self._after_cr = data[-1] == _CR
        self._line += data[start:]
        self._measure(self._position)
        return tuple(events)

    def close(self, at: float) -> tuple[Event, ...]:
        """What stands unterminated at the end of the body, as an event with `terminated` False; often nothing."""
        if self.crossed is not None:
            return ()
        self._take_field(self._finished_line())
        return self._dispatch(self._position, at, terminated=False)

    def _skip_second_half_of_line_end(self, data: bytes) -> int:
        """1 where a CRLF was cut in two and `data` starts with its LF, otherwise 0."""
        skip = int(self._after_cr and data[0] == _LF)
        self._after_cr = False
        self._line_start += skip
        return skip

    def _take_line(self, end: int, at: float, events: list[Event]) -> None:
        self._measure(end)
        if self.crossed is not None:
            return
        line = self._finished_line()
        if line:
            self._take_field(line)
        else:
            events.extend(self._dispatch(end, at, terminated=True))

    def _finished_line(self) -> bytes:
        line = bytes(self._line)
        self._line.clear()
        return line.removeprefix(_BOM) if self._line_start == 0 else line

    def _measure(self, end: int) -> None:
        start = self._start if self._start is not None else self._line_start
        if end - start > self._limits.event_bytes:
            self._cross("limit-event-size")

    def _take_field(self, line: bytes) -> None:
        if not line or line.startswith(b":"):
            return
        if self._start is None:
            self._start = self._line_start
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value.decode("utf-8", "replace"))
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"id" and b"\0" not in value:
            self.last_event_id = value.decode("utf-8", "replace")
        elif field == b"retry" and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self.retry = int(value)

    def _dispatch(self, end: int, at: float, *, terminated: bool) -> tuple[Event, ...]:
        start, name, data = self._start, self._name, self._data
        self._start, self._name, self._data = None, None, []
        if start is None or (name is None and not data):
            return ()
        if self._count == self._limits.events:
            self._cross("limit-events")
            return ()
        self._count += 1
        return (Event(name, "\n".join(data) if data else None, start, end, at, terminated),)

    def _cross(self, kind: str) -> None:
        self.crossed = kind
        self._line.clear()
        self._start, self._name, self._data = None, None, []


def parse(chunks: Iterable[Chunk], limits: Limits | None = None) -> tuple[Event, ...]:
    """The events of a whole body, the unterminated rest included. Stops silently at the bounds of `limits`."""
    parser = Parser(limits)
    events: list[Event] = []
    at = 0.0
    for chunk in chunks:
        at = chunk.at
        events.extend(parser.feed(chunk.data, at))
    events.extend(parser.close(at))
    return tuple(events)
