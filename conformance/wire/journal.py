"""The journal of a run as a file: NDJSON, one record a line, written as it happens and never changed.

A line number is 1-based and is what `Exchange.line` and the evidence in results refer to. Each line is written whole
and at once, so a killed process leaves at most one torn line, at the end; reading drops and reports it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from conformance.base.errors import FileError, HarnessError, UsageError
from conformance.base.files import JOURNAL, opened, size
from conformance.base.lock import Lock, LockedError, lock
from conformance.base.output import is_of_disk, reason
from conformance.base.records import EndNote, Note, ProxyHeader, RunHistory
from conformance.model import Json
from conformance.protocol.exchange import Exchange
from conformance.wire.cut import without_room
from conformance.wire.journal_format import (
    Header,
    Record,
    Unjudged,
    header_of,
    line_of,
    parse,
    parts_of,
    record_of,
    value_of,
)
from conformance.wire.redact import Redactor

HEADER_START = b'{"kind":"'
PIECE = 1 << 20
"""Bytes that are read at once where only a line end is looked for."""

RESERVE = 256 * 1024
"""Bytes of a journal that are kept for answers that no longer fit whole, and for notes."""

LONGEST_LINE = JOURNAL.bytes
"""Bytes of a line that a reader takes."""


@dataclass(frozen=True)
class Line:
    """One line of the file: its number, its offset in bytes, and its JSON object; None for a torn last line."""

    number: int
    offset: int
    data: Mapping[str, Json] | None


@dataclass(frozen=True)
class Recording:
    """A whole journal. `unjudged` are exchanges of a proxy; `torn` is the number of a torn last line; None: none."""

    header: Header
    exchanges: tuple[Exchange, ...] = ()
    notes: tuple[Note, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    torn: int | None = None

    @property
    def history(self) -> RunHistory:
        """What the journal says of its run. Raises UsageError where it is the journal of a proxy."""
        if isinstance(self.header, ProxyHeader):
            raise UsageError("this is the journal of a proxy and not of a run")
        return RunHistory(self.header, self.notes, self.torn)


class Journal:
    """A journal open for writing, by any thread and by one process. Made by `create` or `reopen`.

    What is written passes `redactor` first: header and notes here, exchanges where they were made. After a line that
    could not be written nothing else is, so that the journal has no gap that nobody sees. `most` is how many bytes the
    file may have, None for no limit.
    """

    def __init__(self, path: Path, descriptor: int, held: Lock, redactor: Redactor | None) -> None:
        self.path = path
        self._descriptor = descriptor
        self._held = held
        self._line = 0
        self._torn: int | None = None
        self._finished = False
        self._failed = ""
        self.most: int | None = None
        self._redactor = redactor if redactor is not None else Redactor(())
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, header: Header, *, redactor: Redactor | None = None) -> Journal:
        """Starts a new journal, and its folder where needed. Never overwrites what was recorded.

        Raises `HarnessError` with exit code 4 where the file holds a line, another process writes to the folder, or it
        cannot be written to; with exit code 3 where the disk is full.
        """
        with _usable(path, "created"):
            path.parent.mkdir(parents=True, exist_ok=True)
            journal = cls(path, -1, lock(path.parent), redactor)
            try:
                _check_unused(path)
                journal._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o666)
                journal._write_record(header)
            except BaseException:
                if journal._descriptor >= 0:
                    path.unlink(missing_ok=True)  # nothing was recorded
                journal.close()
                raise
        return journal

    @classmethod
    def reopen(cls, path: Path, *, redactor: Redactor | None = None) -> Journal:
        """Continues a journal behind its last whole line; a torn line is cut off once the next one is written.

        Raises `HarnessError`: what `lines` raises, and exit code 4 where another process writes to the folder or the
        file cannot be written to.
        """
        with _usable(path, "continued"):
            journal = cls(path, -1, lock(path.parent), redactor)
            try:
                for each in lines(path):
                    if each.data is None:
                        journal._torn = each.offset
                    else:
                        journal._line = each.number
                journal._descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
            except BaseException:
                journal.close()
                raise
        return journal

    def append(self, exchange: Exchange) -> Exchange:
        """Records a redacted exchange and returns it as recorded: with its line number, cut where the whole of it would
        not fit into the file. Raises `HarnessError` when it cannot.
        """
        parts = parts_of(exchange)
        with self._lock:
            written = os.fstat(self._descriptor).st_size if self._descriptor >= 0 else 0
            room = min(LONGEST_LINE, self.most - RESERVE - written if self.most is not None else LONGEST_LINE)
            length = sum(map(len, parts))
            if length > room:
                exchange = without_room(exchange, "limit-journal", self._why_full(length))
                parts = parts_of(exchange)
                length = sum(map(len, parts))
            if self.most is not None and written + length > self.most:
                raise HarnessError(f"The journal {self.path} has reached {self._limit}.", exit_code=2)
            return replace(exchange, line=self._write_line(parts))

    @property
    def _limit(self) -> str:
        return f"{(self.most or 0) / 1_000_000:,.0f} MB (--max-journal)"

    def _why_full(self, length: int) -> str:
        if length > LONGEST_LINE:
            return f"the answer takes {length:,} bytes in the journal, more than {LONGEST_LINE:,}"
        return f"the journal would be larger than {self._limit}"

    def note(self, note: Note | Unjudged) -> int:
        """Records anything else; returns its line number. Raises `HarnessError` when it cannot."""
        return self._write_record(note)

    def end(self, note: EndNote) -> None:
        """Records that the run completed. Does nothing where a line could not be written before, which was reported.

        Raises `HarnessError` when it cannot.
        """
        if not self._failed:
            self._write_record(note)

    def close(self) -> None:
        """Closes, and lets other processes write to the folder. Closing twice does no harm."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
            self._held.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write_record(self, value: Record) -> int:
        record = record_of(value)
        if not isinstance(value, Exchange | Unjudged):
            record = {name: item if name == "kind" else self._redactor.json(item) for name, item in record.items()}
        line = line_of(record)
        with self._lock:
            return self._write_line([line])

    def _write_line(self, parts: Sequence[bytes]) -> int:
        """Writes a line while the lock is held, and returns its number."""
        if self._descriptor < 0:
            raise HarnessError(f"The journal {self.path} is closed.")
        if self._failed:
            raise HarnessError(self._failed)
        try:
            self._finish_last_line()
            self._write_whole(parts)
        except OSError as problem:
            self._failed = f"The journal {self.path} cannot be written: {reason(problem)}. {self._kept}"
            raise HarnessError(self._failed) from problem
        self._line += 1
        return self._line

    @property
    def _kept(self) -> str:
        if self._line <= 1:
            return "Its first line is kept." if self._line else "Nothing was recorded."
        return f"Its {self._line} lines are kept."

    def _write_whole(self, parts: Iterable[bytes]) -> None:
        """Writes all of the parts or, where the disk refuses, none of them. Raises OSError."""
        written = 0
        try:
            for part in parts:
                left = part
                while left:
                    count = os.write(self._descriptor, left)
                    written, left = written + count, left[count:]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise

    def _finish_last_line(self) -> None:
        """Cuts off a torn line, and adds the line end that a whole last line of an earlier process may lack."""
        if self._finished:
            return
        if self._torn is not None:
            os.ftruncate(self._descriptor, self._torn)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._write_whole([b"\n"])
        self._finished = True


@contextmanager
def _usable(path: Path, what: str) -> Iterator[None]:
    """Raises HarnessError where the journal cannot be `what`: the folder is in use, or the system refuses."""
    try:
        yield
    except LockedError as problem:
        raise UsageError(f"{problem}. Wait until it has ended, or choose another folder.") from None
    except OSError as problem:
        message = f"The journal {path} cannot be {what}: {reason(problem)}."
        raise HarnessError(message, exit_code=3 if is_of_disk(problem) else 4) from problem


def _check_unused(path: Path) -> None:
    """Raises HarnessError where there is a file that holds anything.

    A process that was killed at once leaves an empty file, or a torn header: nothing was recorded in it.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        start = file.read(len(HEADER_START))
        torn = HEADER_START.startswith(start) and not any(
            b"\n" in piece for piece in iter(lambda: file.read(PIECE), b"")
        )
    if not torn:
        message = f"The journal {path} exists already, and a recorded run is never overwritten."
        raise UsageError(message)


def read(path: Path, known: Container[int] = ()) -> Recording:
    """Reads a whole journal, without the exchanges at the lines `known`, which the caller has.

    Raises FileError, naming file and line, for what is not a journal, a broken line in the middle, and a record without
    its required members.
    """
    header: Header | None = None
    values: list[Exchange | Note | Unjudged] = []
    torn: int | None = None
    for line in lines(path, known):
        if line.data is None:
            torn = line.number
            continue
        try:
            if header is None:
                header = header_of(line.data)
            elif (value := value_of(line.data, line.number)) is not None:
                values.append(value)
        except ValueError as problem:
            raise FileError(str(problem), path=path, line=line.number) from None
    assert header is not None  # `lines` has looked at the first line
    return Recording(
        header,
        tuple(value for value in values if isinstance(value, Exchange)),
        tuple(value for value in values if not isinstance(value, Exchange | Unjudged)),
        tuple(value for value in values if isinstance(value, Unjudged)),
        torn,
    )


def lines(path: Path, known: Container[int] = ()) -> Iterator[Line]:
    """The lines of a journal one by one, except those `known`, each held only while it is looked at.

    Raises FileError, naming file and line, where the file cannot be read or a line that is not the last is broken.
    """
    with opened(path) as file:
        offset = number = 0
        while line := file.readline(JOURNAL.bytes + 1):
            number += 1
            if len(line) > JOURNAL.bytes:
                raise FileError(f"The line is longer than {size(JOURNAL.bytes)}", path=path, line=number)
            if number not in known:
                yield _line(path, number, offset, line, last=not cast(BufferedReader, file).peek(1))
            offset += len(line)
        if not offset:
            raise FileError("The journal is empty", path=path, line=1)


def _line(path: Path, number: int, offset: int, line: bytes, *, last: bool) -> Line:
    """A line, or the torn last one. Raises FileError where any other line is broken."""
    try:
        data = parse(line)
        if number == 1:
            header_of(data)
    except ValueError as problem:
        if number > 1 and last:
            return Line(number, offset, None)
        raise FileError(str(problem), path=path, line=number) from None
    return Line(number, offset, data)
