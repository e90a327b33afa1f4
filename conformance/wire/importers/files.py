"""Files of recorded exchanges: what a file is, and its exchanges one at a time. Each may be gzipped.

Each format is a module with one function, `read` (`reader.FormatReader`).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from io import SEEK_END, BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, Final, cast

from conformance.base.errors import FileError
from conformance.base.files import opened
from conformance.base.strict_json import read
from conformance.model import Json
from conformance.wire.importers import cassette, har, journal, ndjson
from conformance.wire.importers.notice import noticed, opened_up
from conformance.wire.importers.platforms import as_native
from conformance.wire.importers.reader import BrokenRecordError, FormatReader, RecordedExchange
from conformance.wire.journal_format import HEADERS, Header, header_of

_GZIP = b"\x1f\x8b"
_HEAD = 1024 * 1024
_HAR = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_JSON_CASSETTE = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*+\{\s*+(?:"(?:version|recorded_with)"\s*+:\s*+[^\s,{}\[\]]++[^,{}\[\]]*+,\s*+)*+'
    rb'"(?:http_)?interactions"\s*+:'
)
_CASSETTE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:(?:---[^\n]*+|[ \t\r]*+(?:#[^\n]*+)?|(?!(?:http_)?interactions:)[a-z_]++:[^\n]*+)\n)*+"
    rb"(?:http_)?interactions:"
)
_UNPACKING = (EOFError, zlib.error, gzip.BadGzipFile)


class Form(StrEnum):
    """What a file of recordings is."""

    NDJSON = "ndjson"
    HAR = "har"
    JOURNAL = "journal"
    CASSETTE = "cassette"
    JSON_CASSETTE = "json-cassette"


READERS: Final[Mapping[Form, FormatReader]] = {
    Form.NDJSON: ndjson.read,
    Form.HAR: har.read,
    Form.JOURNAL: journal.read,
    Form.CASSETTE: cassette.read,
    Form.JSON_CASSETTE: cassette.read_json,
}


@dataclass
class Reading:
    """A file while it is read. `header` is that of a journal, `torn` the number of a torn last line.

    `packed` is True where it is gzipped.
    """

    path: Path
    form: Form
    size: int
    header: Header | None = None
    torn: int | None = None
    packed: bool = False
    _raw: IO[bytes] | None = None
    _last: int = 0

    @property
    def position(self) -> int:
        """How many bytes of the file have been read, compressed ones where it is compressed."""
        return self._raw.tell() if self._raw is not None else 0

    def exchanges(self) -> Iterator[RecordedExchange]:
        """The exchanges, each held only while it is looked at.

        Raises FileError, naming file and line, where the file cannot be read on.
        """
        with _opened(self.path) as (raw, stream):
            self._raw = raw
            try:
                self.torn = yield from self._noticed(READERS[self.form](stream))
            except BrokenRecordError as problem:
                raise unreadable(self.path, problem.line, str(problem)) from None
            finally:
                self._raw = None
            if self.torn is None and _is_cut(stream):
                self.torn = self._last + 1

    def _noticed(
        self, exchanges: Generator[RecordedExchange, None, int | None]
    ) -> Generator[RecordedExchange, None, int | None]:
        """What a foreign recorder did, as flags; a journal of ours says it itself. Returns what the reader returns."""
        while True:
            try:
                recorded = next(exchanges)
            except StopIteration as end:
                return cast("int | None", end.value)
            self._last = recorded.exchange.line
            yield recorded if self.form is Form.JOURNAL else noticed(as_native(opened_up(recorded)))


class _Unpacked(RawIOBase):
    """The bytes of gzipped ones, as far as they go. `cut` is True once they were found to end too early."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = gzip.GzipFile(fileobj=packed)
        self.cut = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes, none at the end."""
        room = memoryview(buffer).cast("B")
        try:
            data = self._packed.read1(len(room))
        except EOFError:
            self.cut = True
            return 0
        room[: len(data)] = data
        return len(data)


def open_recording(path: Path) -> Reading:
    """Looks at the head of a file and says what it is. Raises FileError where it is no recording."""
    with _opened(path) as (raw, stream):
        head, packed = stream.read(_HEAD), stream is not raw
        size = raw.seek(0, SEEK_END)
    if not head:
        raise unreadable(path, None, "The file is empty")
    first = head.split(b"\n", 1)[0]
    record = _json(first)
    if _HAR.match(head) and not (isinstance(record, dict) and "log" not in record):
        return Reading(path, Form.HAR, size, packed=packed)
    for pattern, form in ((_CASSETTE, Form.CASSETTE), (_JSON_CASSETTE, Form.JSON_CASSETTE)):
        if pattern.match(head) and not (isinstance(record, dict) and "request" in record):
            return Reading(path, form, size, packed=packed)
    if isinstance(record, dict) and str(record.get("kind")) in HEADERS:
        try:
            return Reading(path, Form.JOURNAL, size, header_of(record), packed=packed)
        except ValueError as problem:
            raise unreadable(path, 1, str(problem)) from None
    if head and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise unreadable(
            path, 1, "this is neither NDJSON with one exchange a line, nor HAR, nor a journal, nor a cassette"
        )
    return Reading(path, Form.NDJSON, size, packed=packed)


def unreadable(path: Path, line: int | None, why: str) -> FileError:
    """The error for a file that cannot be read; it names file and line."""
    return FileError(why, path=path, line=line)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file, and its bytes unpacked. Raises FileError where they cannot be read."""
    with opened(path) as raw:
        packed = cast(BufferedReader, raw).peek(2)[:2] == _GZIP
        try:
            yield raw, cast(IO[bytes], BufferedReader(_Unpacked(raw))) if packed else raw
        except _UNPACKING as problem:
            raise unreadable(path, None, f"the gzip data is broken: {problem}") from None


def _is_cut(stream: IO[bytes]) -> bool:
    raw = stream.raw if isinstance(stream, BufferedReader) else None
    return isinstance(raw, _Unpacked) and raw.cut


def _json(line: bytes) -> Json:
    return read(line).value
