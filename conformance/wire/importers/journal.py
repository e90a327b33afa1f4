"""The journal of a run or of a proxy as a recording: its exchanges, whatever they were sent for."""

from __future__ import annotations

from collections.abc import Generator
from typing import IO

from conformance.base.files import JOURNAL
from conformance.protocol.exchange import Exchange
from conformance.wire.importers.reader import BrokenRecordError, RecordedExchange, next_line
from conformance.wire.journal_format import parse, value_of


def read(stream: IO[bytes]) -> Generator[RecordedExchange, None, int | None]:
    """The exchanges of a journal. Returns the number of a torn last line, or None. Raises BrokenRecordError."""
    number = 0
    while line := next_line(stream, number + 1, JOURNAL):
        number += 1
        try:
            value = value_of(parse(line), number)
        except ValueError as problem:
            if not line.endswith(b"\n"):
                return number
            raise BrokenRecordError(str(problem), number) from None
        if isinstance(value, Exchange):
            yield RecordedExchange(value)
    return None
