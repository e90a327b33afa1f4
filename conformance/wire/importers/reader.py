"""What the formats of recorded exchanges share: the exchange, the interface of a reader, and errors."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import IO, Final

from conformance.base.files import RECORD, Bounds, size
from conformance.protocol.exchange import Exchange

NOT_PROVOKED: Final = frozenset({"not-provoked"})
"""The flag of every recording that did not come from a run: nothing is known of why a request was sent."""

MOST_STATUS: Final = 10**6
"""No status is that large; one of HTTP has three digits."""


@dataclass(frozen=True)
class RecordedExchange:
    """One exchange of a file. `flags` are what the recorder, or the form of the file, left out or changed.

    `streamed` is True where the record itself says that the body is an event stream. `Exchange.line` is the line.
    """

    exchange: Exchange
    flags: frozenset[str] = NOT_PROVOKED
    synthetic: bool = False
    streamed: bool = False


class BrokenRecordError(Exception):
    """What is not a record of the format. `line` is 1-based, or None where the file as a whole is meant."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


FormatReader = Callable[[IO[bytes]], Generator[RecordedExchange, None, int | None]]
"""The interface of a format: yields the exchanges of a file, each held only while it is looked at, and returns the
number of a torn last line, or None. Raises BrokenRecordError."""


def next_line(stream: IO[bytes], number: int, bounds: Bounds = RECORD) -> bytes:
    """The next line with its end, empty at the end of the file. Raises BrokenRecordError where it is too long."""
    line = stream.readline(bounds.bytes + 1)
    if len(line) > bounds.bytes:
        raise BrokenRecordError(f"this line is longer than {size(bounds.bytes)}", number)
    return line
