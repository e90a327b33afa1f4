"""What the formats of recorded exchanges share: the exchange, the interface of a reader, and errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from conformance.base.files import RECORD, Bounds, size
from conformance.base.values import show
from conformance.model import Json
from conformance.protocol.exchange import Exchange

NOT_PROVOKED: Final = frozenset({"not-provoked"})
"""The flag of every recording that did not come from a run: nothing is known of why a request was sent."""

_LINE: Final = re.compile(r"[^\s:]++:")
"""How a header begins that is written as a line."""

MOST_STATUS: Final = 10**6
"""No status is that large; one of HTTP has three digits."""


@dataclass(frozen=True)
class RecordedExchange:
    """One exchange of a file. `flags` are what the recorder, or the form of the file, left out or changed.

    `streamed` is True where the record itself says that the body is an event stream, `foreign` where the recorder was
    none of ours. `Exchange.line` is the line.
    """

    exchange: Exchange
    flags: frozenset[str] = NOT_PROVOKED
    synthetic: bool = False
    streamed: bool = False
    foreign: bool = False


class BrokenRecordError(Exception):
    """What is not a record of the format. `line` is 1-based, or None where the file as a whole is meant.

    `torn`: the file ends inside of the record.
    """

    def __init__(self, message: str, line: int | None, *, torn: bool = False) -> None:
        super().__init__(message)
        self.line = line
        self.torn = torn


FormatReader = Callable[[IO[bytes]], Generator[RecordedExchange, None, int | None]]
"""The interface of a format: yields the exchanges of a file, each held only while it is looked at, and returns the
number of a torn last line, or None. Raises BrokenRecordError."""


def next_line(stream: IO[bytes], number: int, bounds: Bounds = RECORD) -> bytes:
    """The next line with its end, empty at the end of the file. Raises BrokenRecordError where it is too long."""
    line = stream.readline(bounds.bytes + 1)
    if len(line) > bounds.bytes:
        raise BrokenRecordError(f"this line is longer than {size(bounds.bytes)}", number)
    return line


def header_pairs(headers: Json) -> tuple[tuple[str, str], ...]:
    """Headers in the order of the record, in any form that recorders write. Raises TypeError for other forms.

    They are an object whose values are texts or lists of texts; a list of pairs, of objects with `name` and `value`, of
    objects with one header each, or of lines; a flat list of names and values; or one text with a header a line.
    Browsers list the pseudo-headers of HTTP/2 among them, which are none.
    """
    pairs = ((str(name), _text_of(value)) for name, values in _named(headers) for value in _values(values))
    return tuple((name, value) for name, value in pairs if not name.startswith(":"))


def _named(headers: Json) -> Iterator[tuple[Json, Json]]:
    if isinstance(headers, str):
        headers = [line for line in headers.splitlines() if ":" in line[1:]]
    if isinstance(headers, dict):
        yield from headers.items()
    elif isinstance(headers, list):
        words = [item for item in headers if isinstance(item, str)]
        flat = len(words) == len(headers) and not all(_LINE.match(word) for word in words)
        yield from zip(headers[::2], headers[1::2], strict=True) if flat else map(_pair, headers)
    elif headers is not None:
        raise TypeError(f"headers are neither an object nor a list: {show(headers)}")


def _pair(item: Json) -> tuple[Json, Json]:
    """One header of a list."""
    if isinstance(item, str):
        name, _, value = item.partition(":")
        return name.strip(), value.strip()
    if isinstance(item, dict):
        names = [item[key] for key in ("name", "key", "Name", "Key") if isinstance(item.get(key), str)]
        values = [item[key] for key in ("value", "values", "Value", "Values") if key in item]
        if names and values:
            return names[0], values[0]
        item = next(iter(item.items())) if len(item) == 1 else item
    if isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str | bytes):
        return _text_of(item[0]), item[1]
    raise TypeError(f"a header is neither a pair nor an object with name and value: {show(item)}")


def _values(values: Json) -> Sequence[Json]:
    if values is None:
        return ()
    return values if isinstance(values, list) else [values]


def _text_of(value: Json) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict | list):
        raise TypeError(f"the value of a header is not text: {show(value)}")
    return str(value)
