import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.protocol.exchange import Chunk
from conformance.protocol.sse import Event, EventBounds, Framer, measure, parse

PIECES = [b"\r", b"\n", b"\r\n", b"\n\n", b":", b" ", b"data", b"data:", b"data: ", b"event: x", b"event:", b"id: 7"]
PIECES += [b"retry: 10", b"other: 1", b"{}", b"\xef\xbb\xbf", "é漢🎉".encode(), b"\xff", b"\xe6\xbc", b"\0", b": note"]
BODIES = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)), max_size=25).map(b"".join)


def events_of(body: bytes, cuts: list[int] | None = None, bounds: EventBounds | None = None) -> list[Event]:
    """The events of a body that is cut at `cuts`; the time of every chunk is the offset of its end."""
    places = [0, *sorted(cuts or []), len(body)]
    return list(parse([Chunk(float(end), body[start:end]) for start, end in itertools.pairwise(places)], bounds))


def untimed(events: list[Event]) -> list[tuple[object, ...]]:
    return [(e.name, e.data, e.offset, e.end, e.terminated) for e in events]


def contents(body: bytes) -> list[tuple[str | None, str | None, bool]]:
    return [(e.name, e.data, e.terminated) for e in events_of(body)]


def by_the_letter(body: bytes) -> list[tuple[str | None, str | None]]:
    """The specification's algorithm on a decoded string, with our rule for events that have a name only."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = re.split("\r\n|\r|\n", text)[:-1]
    events: list[tuple[str | None, str | None]] = []
    name: str | None = None
    data: str | None = None
    for line in lines:
        if line == "":
            if name is not None or data is not None:
                events.append((name, data))
            name = data = None
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "event":
            name = value
        elif field == "data":
            data = value if data is None else data + "\n" + value
    return events


@given(BODIES, st.data())
@settings(max_examples=150, deadline=None)
def test_every_way_to_cut_a_body_gives_the_same_events(body: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=8))
    assert untimed(events_of(body, cuts)) == untimed(events_of(body))


@given(BODIES, st.integers(1, 40), st.integers(0, 3), st.data())
@settings(max_examples=150, deadline=None)
def test_every_way_to_cut_a_body_crosses_the_same_bounds(
    body: bytes, size: int, count: int, data: st.DataObject
) -> None:
    bounds = EventBounds(event_bytes=size, events=count)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    assert untimed(events_of(body, cuts, bounds)) == untimed(events_of(body, None, bounds))
    pieces = [body[start:end] for start, end in itertools.pairwise([0, *cuts, len(body)])]
    assert measure(pieces, bounds) == measure([body], bounds)


@given(BODIES)
@settings(max_examples=150, deadline=None)
def test_the_events_are_those_of_the_algorithm_in_the_specification(body: bytes) -> None:
    assert [(e.name, e.data) for e in events_of(body) if e.terminated] == by_the_letter(body)


@given(BODIES)
@settings(max_examples=100, deadline=None)
def test_the_bytes_between_offset_and_end_give_the_event_again(body: bytes) -> None:
    for event in events_of(body):
        piece = body[event.offset : event.end]
        assert contents(piece) == [(event.name, event.data, event.terminated)]


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise(body: bytes) -> None:
    assert all(0 <= e.offset < e.end <= len(body) for e in events_of(body))


SAMPLE = (
    b'\xef\xbb\xbf: hello\r\nevent: a\r\ndata: {"x":\r\ndata: "\xe6\xbc\xa2\xf0\x9f\x8e\x89"}\r\n\r\n'
    b"data:one\rdata:  two\r\revent: b\n\ndata: rest"
)


def test_every_single_byte_boundary_gives_the_same_events() -> None:
    whole = untimed(events_of(SAMPLE))
    assert [(e[0], e[1], e[4]) for e in whole] == [
        ("a", '{"x":\n"漢🎉"}', True),
        (None, "one\n two", True),
        ("b", None, True),
        (None, "rest", False),
    ]
    for cut in range(len(SAMPLE) + 1):
        assert untimed(events_of(SAMPLE, [cut])) == whole
    assert untimed(events_of(SAMPLE, list(range(len(SAMPLE))))) == whole


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: x\n\n", [(None, "x", True)]),
        (b"data:x\n\n", [(None, "x", True)]),
        (b"data:  x\n\n", [(None, " x", True)]),
        (b"data\n\n", [(None, "", True)]),
        (b"data\ndata\n\n", [(None, "\n", True)]),
        (b"event: a\nevent: b\ndata: x\n\n", [("b", "x", True)]),
        (b"event:\ndata: x\n\n", [("", "x", True)]),
        (b"event: ping\n\n", [("ping", None, True)]),
        (b": comment\n\n", []),
        (b"id: 1\nretry: 5\n\n", []),
        (b"\n\n\r\n\r\r", []),
        (b"Data: x\n data: y\n\n", []),
        (b"data: a\n: between\ndata: b\n\n", [(None, "a\nb", True)]),
        (b"data: \xff\xc3\n\n", [(None, "\ufffd\ufffd", True)]),
        (b"\xef\xbb\xbfdata: x\n\n", [(None, "x", True)]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\n", []),
        (b"\n\xef\xbb\xbfdata: x\n\n", []),
        (b"event: a\ndata: x\n", [("a", "x", False)]),
        (b"event: a\ndata: x", [("a", "x", False)]),
        (b"data: x\n\neve", [(None, "x", True)]),
        (b": comment", []),
        (b"", []),
    ],
)
def test_fields_are_read_as_the_specification_says(
    body: bytes, expected: list[tuple[str | None, str | None, bool]]
) -> None:
    assert contents(body) == expected


def test_offsets_leave_out_comments_in_front_and_blank_lines() -> None:
    body = b": one\n\n: two\nevent: a\ndata: 1\n\n\ndata: 2\n\n"
    first, second = events_of(body)
    assert body[first.offset : first.end] == b"event: a\ndata: 1\n\n"
    assert body[second.offset : second.end] == b"data: 2\n\n"


def test_an_event_has_the_time_of_the_chunk_that_completed_it() -> None:
    chunks = [
        Chunk(0.1, b"data: a\n"),
        Chunk(0.2, b"\ndata: b\n"),
        Chunk(0.3, b"\r"),
        Chunk(0.4, b"\n"),
        Chunk(0.5, b"data"),
    ]
    assert [(e.data, e.at) for e in parse(chunks)] == [("a", 0.2), ("b", 0.3), ("", 0.5)]


@pytest.mark.parametrize(
    "body",
    [b"data: " + b"x" * 100, b"data:\n" * 20, b":" + b" " * 100, b"x" * 100 + b"\n\n"],
    ids=["line", "lines", "comment", "field"],
)
def test_an_event_beyond_the_size_limit_stops_reading(body: bytes) -> None:
    framer = Framer(EventBounds(event_bytes=64))
    (frame,) = framer.feed(b"data: a\n\n" + body + b"\n\ndata: later\n\n")
    assert frame.lines == (b"data: a",)
    assert framer.crossed == "limit-event-size"
    assert list(framer.feed(b"data: more\n\n")) == []
    assert list(framer.close()) == []


def test_an_event_of_exactly_the_size_limit_is_parsed() -> None:
    body = b"data: 12345\n\n"
    assert len(events_of(body, None, EventBounds(event_bytes=len(body)))) == 1
    assert events_of(body, None, EventBounds(event_bytes=len(body) - 1)) == []


def test_many_comments_between_events_are_not_one_large_event() -> None:
    assert measure([b": keep-alive\n" * 1000], EventBounds(event_bytes=64)) is None


def test_more_events_than_the_limit_stop_reading() -> None:
    framer = Framer(EventBounds(events=2))
    assert len(list(framer.feed(b"data: x\n\n" * 5))) == 2
    assert framer.crossed == "limit-events"


def test_the_work_grows_with_the_number_of_bytes_and_not_faster() -> None:
    def seconds(size: int) -> float:
        begin = time.process_time()
        measure(b"x" for _ in range(size))
        return time.process_time() - begin

    small, large = (min(seconds(size) for _ in range(2)) for size in (20_000, 160_000))
    assert large < small * 8 * 4


@pytest.mark.parametrize("line", [b'data: {"a":"\xff"}', b"event: \xff", b'data: {"a":"\xed\xa0\x80"}'])
def test_an_event_that_is_not_utf_8_is_no_json_and_says_where(line: bytes) -> None:
    spoiled, plain = events_of(b"event: ping\n" + line + b"\n\n" + b'data: {"a": 1}\n\n')
    assert spoiled.encoding is not None
    assert spoiled.json is None
    assert spoiled.flaws == (spoiled.encoding,)
    assert "is not UTF-8" in spoiled.encoding.what
    assert (plain.json, plain.encoding, plain.flaws) == ({"a": 1}, None, ())
