"""Server-sent events from raw bytes, without I/O (WHATWG HTML, sections 9.2.5 and 9.2.6).

Three things differ from a browser, because a judge has to see them: an event with a name and no data is kept (`data` is
None), what is unterminated at the end of the body is kept (`terminated` is False), and an absent name stays None
instead of becoming `message`.

A recorder measures a stream with `Framer`; only a `Reply` parses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from conformance.base.strict_json import Flaw, JsonReading, read, weight
from conformance.model import Json
from conformance.protocol.exchange import Chunk

_LINE_END = re.compile(rb"\r\n?|\n")
_BOM = b"\xef\xbb\xbf"
_CR, _LF = 0x0D, 0x0A


NO_JSON = JsonReading()

EVENT_WEIGHT = 200
"""Bytes of memory that an event takes beside its data."""

SHARED_LENGTH = 256
"""Characters of data up to which equal events share what was read of them: most of a long stream says little."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event as parsed (WHATWG HTML, section 9.2.6).

    `name` is None where no `event` field was sent. `data` is None where no `data` field was sent. `offset` and `end`
    are byte positions in the response body, `at` the arrival time of the chunk that completed it. `terminated` is
    False for what comes at the end of the body without a blank line. `reading` is what the data says as JSON: nothing
    where the event is not UTF-8, in whose texts U+FFFD takes the place of what is wrong.
    """

    name: str | None
    data: str | None
    offset: int
    end: int
    at: float
    terminated: bool = True
    reading: JsonReading = field(default=NO_JSON, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Reads the data, where the caller has not."""
        if self.data is not None and self.reading is NO_JSON:
            object.__setattr__(self, "reading", read(self.data))

    @property
    def json(self) -> Json:
        """The data as JSON, or None where it is missing or not JSON."""
        return self.reading.value

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What is wrong with the data as JSON."""
        return self.reading.flaws

    @property
    def type(self) -> str | None:
        """The `type` inside the data, or None."""
        value = self.json
        kind = value.get("type") if isinstance(value, dict) else None
        return kind if isinstance(kind, str) else None

    @property
    def encoding(self) -> Flaw | None:
        """What is wrong with an event that is not UTF-8, or None."""
        return next((flaw for flaw in self.flaws if flaw.kind == "encoding"), None)


@dataclass(frozen=True)
class EventBounds:
    """Bounds of one stream: bytes of an event from its first field to its blank line, the number of events and of all
    lines, and the memory that their JSON takes once it is read (`strict_json.weight`).

    The defaults hold 128,000 tokens sent one by one, about 130 bytes and 1,250 of memory each, and a fifth more.
    """

    event_bytes: int = 1024 * 1024
    events: int = 160_000
    lines: int = 1_000_000
    weight: int = 240_000_000


@dataclass(frozen=True)
class Frame:
    """The field lines of one event, not decoded. `start` and `end` are byte offsets in the body."""

    lines: tuple[bytes, ...]
    start: int
    end: int
    terminated: bool


class Framer:
    """Splits one body into the frames of its events, however it is cut into chunks.

    A frame's `start` is the first byte of its first field line (comments in front of it do not belong to it) and its
    `end` the byte behind the line end that completed it. Of a CRLF only the CR counts, since the line is complete with
    it and the LF may arrive later or never. Both are the same for every way to cut the body. The work is linear in the
    number of bytes; memory is bounded by `EventBounds.event_bytes`.

    `crossed` is None, or the `Trouble` kind of the bound that was crossed (`limit-event-size`, `limit-events`,
    `limit-lines`, `limit-values`); from then on nothing more is read. `weight` says about how many bytes of memory the
    events so far take once they are read.
    """

    def __init__(self, bounds: EventBounds | None = None) -> None:
        self._bounds = bounds if bounds is not None else EventBounds()
        self._line = bytearray()
        self._line_start = 0
        self._position = 0
        self._after_cr = False
        self._start: int | None = None
        self._fields: list[bytes] = []
        self._is_event = False
        self._count = self._lines = 0
        self.weight = 0
        self.crossed: str | None = None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete. The bytes are read while the iterator is."""
        if self.crossed is not None or not data:
            return
        base = self._position
        self._position += len(data)
        start = self._skip_second_half_of_line_end(data)
        for line_end in _LINE_END.finditer(data, start):
            self._line += data[start : line_end.start()]
            start = line_end.end()
            yield from self._take_line(base + line_end.start() + 1)
            self._line_start = base + start
            if self.crossed is not None:
                return
        self._after_cr = data[-1] == _CR
        self._line += data[start:]
        self._measure(self._position)

    def close(self) -> Iterator[Frame]:
        """What is unterminated at the end of the body, as a frame; often nothing."""
        if self.crossed is None:
            self._take_field(self._finished_line())
            yield from self._dispatch(self._position, terminated=False)

    def _skip_second_half_of_line_end(self, data: bytes) -> int:
        """1 where a CRLF was cut in two and `data` starts with its LF, otherwise 0."""
        skip = int(self._after_cr and data[0] == _LF)
        self._after_cr = False
        self._line_start += skip
        return skip

    def _take_line(self, end: int) -> Iterator[Frame]:
        self._measure(end)
        self._lines += 1
        if self._lines > self._bounds.lines:
            self._cross("limit-lines")
        if self.crossed is not None:
            return
        line = self._finished_line()
        if line:
            self._take_field(line)
        else:
            yield from self._dispatch(end, terminated=True)

    def _finished_line(self) -> bytes:
        line = bytes(self._line)
        self._line.clear()
        return line.removeprefix(_BOM) if self._line_start == 0 else line

    def _measure(self, end: int) -> None:
        start = self._start if self._start is not None else self._line_start
        if end - start > self._bounds.event_bytes:
            self._cross("limit-event-size")

    def _take_field(self, line: bytes) -> None:
        if not line or line.startswith(b":"):
            return
        if self._start is None:
            self._start = self._line_start
        self._fields.append(line)
        self._is_event = self._is_event or line.partition(b":")[0] in (b"data", b"event")

    def _dispatch(self, end: int, *, terminated: bool) -> Iterator[Frame]:
        start, fields, is_event = self._start, self._fields, self._is_event
        self._forget()
        if start is None or not is_event:
            return
        if self._count == self._bounds.events:
            self._cross("limit-events")
            return
        self._count += 1
        self.weight += EVENT_WEIGHT + sum(map(weight, fields))
        if self.weight > self._bounds.weight:
            self._cross("limit-values")
            return
        yield Frame(tuple(fields), start, end, terminated)

    def _cross(self, kind: str) -> None:
        self.crossed = kind
        self._line.clear()
        self._forget()

    def _forget(self) -> None:
        self._start, self._fields, self._is_event = None, [], False


def measure(chunks: Iterable[bytes], bounds: EventBounds | None = None) -> str | None:
    """The `Trouble` kind of the first bound that the events of a body cross, or None. Nothing is decoded."""
    framer = Framer(bounds)
    for data in chunks:
        for _ in framer.feed(data):
            pass
    return framer.crossed


def parse(chunks: Iterable[Chunk], bounds: EventBounds | None = None) -> tuple[Event, ...]:
    """The events of a whole body, the unterminated rest included, each with the time of the chunk that completed it.

    Stops silently at the bounds.
    """
    framer = Framer(bounds)
    events: list[Event] = []
    known: dict[str, Event] = {}
    at = 0.0
    for chunk in chunks:
        at = chunk.at
        events.extend(_event(frame, at, known) for frame in framer.feed(chunk.data))
    events.extend(_event(frame, at, known) for frame in framer.close())
    return tuple(events)


def looks_like_events(body: bytes) -> bool:
    """Whether a body begins as an event stream does."""
    return body[:64].removeprefix(_BOM).lstrip(b"\r\n ").startswith((b"event:", b"data:", b":"))


def _event(frame: Frame, at: float, known: dict[str, Event]) -> Event:
    """The event of a frame. It shares name, data and reading with an equal one in `known`, to which it is added."""
    name: str | None = None
    data: list[str] = []
    flaw: Flaw | None = None
    for line in frame.lines:
        field, _, value = line.partition(b":")
        if field not in (b"data", b"event"):
            continue
        text, problem = _text(value.removeprefix(b" "))
        flaw = flaw or problem
        if field == b"data":
            data.append(text)
        else:
            name = text
    joined = "\n".join(data) if data else None
    if flaw is not None:
        unread = JsonReading(flaws=(flaw,), problem=flaw.what)
        return Event(name, joined, frame.start, frame.end, at, frame.terminated, unread)
    alike = known.get(joined) if joined is not None else None
    if alike is None:
        event = Event(name, joined, frame.start, frame.end, at, frame.terminated)
        if joined is not None and len(joined) <= SHARED_LENGTH:
            known[joined] = event
        return event
    name = alike.name if name == alike.name else name
    return Event(name, alike.data, frame.start, frame.end, at, frame.terminated, alike.reading)


def _text(value: bytes) -> tuple[str, Flaw | None]:
    """The text, and what is wrong with it where it is not UTF-8."""
    try:
        return value.decode("utf-8"), None
    except UnicodeDecodeError as problem:
        what = f"byte 0x{value[problem.start]:02x} is not UTF-8: {problem.reason}"
        return value.decode("utf-8", "replace"), Flaw("encoding", what)
