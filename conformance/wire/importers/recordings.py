"""Recorded exchanges from files of three forms: NDJSON, HAR and the journal of a run. NDJSON and HAR may be gzipped.

Belongs here: telling the forms apart and turning each record into an Exchange, one at a time. Does not belong here:
judging, and what a flag of recorder damage means (`specs/recorders.yaml`).

NDJSON has one exchange a line, as a JSON object with these keys; others are passed over:

- `request`: `method`, `url`, `headers`, and `body` as JSON (`null`: none) or `body_text` as text.
- `response`: `status`, `headers`, and `body` as JSON, as text where it is a string, `body_text`, or `sse`, the text of
  an event stream. `null` where no response came.
- `headers` are an object (values are strings or lists of strings) or a list of pairs.
- `fidelity`: what the recorder did to the exchange, a list of flags. `synthetic`: true for what no server ever sent.
- `started`: when the request was sent, in RFC 3339.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol, cast

from conformance.model import Chunk, Exchange, HarnessError, Json, Mode, Response, SentRequest
from conformance.wire.importers import har
from conformance.wire.journal import VERSION, decode_exchange

LONGEST_LINE = 256 * 1024 * 1024
"""Bytes of one line; a longer one is not read."""

UNREADABLE = 4
"""Exit code for a file that cannot be read."""

ALWAYS = frozenset({"not-provoked"})
"""What is true of every recording that did not come from a run: nothing is known of why a request was sent."""

_GZIP = b"\x1f\x8b"
_HAR = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_UNPACKING = (EOFError, zlib.error, gzip.BadGzipFile)


class Form(StrEnum):
    """What a file of recordings is."""

    NDJSON = "ndjson"
    HAR = "har"
    JOURNAL = "journal"


@dataclass(frozen=True)
class Recorded:
    """One exchange of a file. `flags` are what the recorder, or the form of the file, left out or changed.

    `streamed` is True where the record itself says that the body is an event stream. `Exchange.line` is the line.
    """

    exchange: Exchange
    flags: frozenset[str] = frozenset()
    synthetic: bool = False
    streamed: bool = False


class Bytes(Protocol):
    """A file that is read, and how far."""

    def tell(self) -> int:
        """How many bytes were read."""


@dataclass
class Reading:
    """A file while it is read. `header` is the first record of a journal, `torn` the number of a torn last line."""

    path: Path
    form: Form
    size: int
    header: Mapping[str, Json]
    torn: int | None = None
    _raw: Bytes | None = None

    @property
    def position(self) -> int:
        """How many bytes of the file have been read, compressed ones where it is compressed."""
        return self._raw.tell() if self._raw is not None else 0

    def exchanges(self) -> Iterator[Recorded]:
        """The exchanges, each held only while it is looked at.

        Raises HarnessError (exit code 4), naming file and line, where the file cannot be read on.
        """
        with _opened(self.path) as (raw, stream):
            self._raw = raw
            try:
                yield from self._har(stream) if self.form is Form.HAR else self._lines(stream)
            finally:
                self._raw = None

    def _har(self, stream: IO[bytes]) -> Iterator[Recorded]:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            for line, entry in har.entries(text):
                exchange, flags = har.exchange_of(entry, line)
                yield Recorded(exchange, flags | ALWAYS, streamed=_says_stream(exchange))
        except har.HarError as problem:
            raise unreadable(self.path, problem.line, str(problem)) from None
        except UnicodeDecodeError as problem:
            raise unreadable(self.path, None, f"this is not UTF-8: {problem.reason}") from None

    def _lines(self, stream: IO[bytes]) -> Iterator[Recorded]:
        number = 0
        while line := _line(stream, self.path, number + 1):
            number += 1
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as problem:
                if self.form is Form.JOURNAL and not line.endswith(b"\n"):
                    self.torn = number
                    return
                raise unreadable(self.path, number, f"this line is not JSON: {problem}") from None
            recorded = self._recorded(record, number)
            if recorded is not None:
                yield recorded

    def _recorded(self, record: Json, number: int) -> Recorded | None:
        try:
            if self.form is Form.JOURNAL:
                is_exchange = isinstance(record, dict) and record.get("kind") == "exchange"
                return Recorded(decode_exchange(record, number), ALWAYS) if is_exchange else None
            return _from_ndjson(record, number)
        except KeyError as problem:
            raise unreadable(self.path, number, f"an exchange lacks {problem}") from None
        except (TypeError, AttributeError, ValueError) as problem:
            raise unreadable(self.path, number, f"this is not an exchange: {problem}") from None


def open_recording(path: Path) -> Reading:
    """Looks at the head of a file and says what it is. Raises HarnessError (exit code 4) where it is no recording."""
    with _opened(path) as (_, stream):
        head = stream.read(64 * 1024)
    size = path.stat().st_size
    first = head.split(b"\n", 1)[0]
    if _HAR.match(head) and not _is_record(first):
        return Reading(path, Form.HAR, size, {})
    record = _json(first)
    if isinstance(record, dict) and record.get("kind") == "run":
        version = record.get("journal")
        if not isinstance(version, int) or version > VERSION:
            raise unreadable(path, 1, f"the journal has format {version}, and this version reads up to {VERSION}")
        return Reading(path, Form.JOURNAL, size, record)
    if head and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise unreadable(path, 1, "this is neither NDJSON with one exchange a line, nor HAR, nor a journal")
    return Reading(path, Form.NDJSON, size, {})


def unreadable(path: Path, line: int | None, why: str) -> HarnessError:
    """The error for a file that cannot be read; it names file and line and ends the command with exit code 4."""
    place = f"{path}:{line}" if line is not None else str(path)
    return HarnessError(f"{place}: {why}", exit_code=UNREADABLE)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Bytes, IO[bytes]]]:
    """The file, and its bytes unpacked. Raises HarnessError (exit code 4) where they cannot be read."""
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
            yield raw, stream
    except _UNPACKING as problem:
        raise unreadable(path, None, f"the gzip data is broken: {problem}") from None
    except OSError as problem:
        raise unreadable(path, None, f"the file cannot be read: {problem.strerror or problem}") from None


def _line(stream: IO[bytes], path: Path, number: int) -> bytes:
    try:
        line = stream.readline(LONGEST_LINE + 1)
    except _UNPACKING as problem:
        raise unreadable(path, number, f"the gzip data is broken here: {problem}") from None
    if len(line) > LONGEST_LINE:
        raise unreadable(path, number, f"this line is longer than {LONGEST_LINE:,} bytes")
    return line


def _is_record(line: bytes) -> bool:
    record = _json(line)
    return isinstance(record, dict) and "log" not in record


def _json(line: bytes) -> Json:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _from_ndjson(record: Json, line: int) -> Recorded:
    """The exchange of one line. Raises KeyError, TypeError, AttributeError or ValueError where it is none."""
    sent, got = record["request"], record["response"]
    flags = {_string(flag) for flag in _list(record.get("fidelity"))}
    body = _bytes(sent)
    request = SentRequest(_string(sent["method"]), _string(sent["url"]), _headers(sent.get("headers")), body or b"")
    if body is None and request.method == "POST":
        flags.add("no-request-body")
    response, streamed = None, False
    if got is not None:
        streamed = isinstance(got.get("sse"), str)
        received = _text(got["sse"]) if streamed else _bytes(got)
        headers = _headers(got.get("headers"))
        flags |= {"no-response-headers"} if not headers else set()
        flags |= {"no-response-body"} if received is None and _expects_body(got) else set()
        flags |= {"body-as-text"} if received else set()
        chunks = (Chunk(0.0, received),) if received else ()
        response = Response(_status(got["status"]), headers, chunks)
    mode = Mode.STREAM if _asks_stream(request) or (body is None and streamed) else Mode.JSON
    exchange = Exchange("recording", mode, 1, 1, str(record.get("started") or ""), request, response, line=line)
    return Recorded(
        exchange,
        ALWAYS.union(flags),
        synthetic=record.get("synthetic") is True,
        streamed=streamed or _says_stream(exchange),
    )


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _list(value: Json) -> list[Json]:
    if value is not None and not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value or []


def _status(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"status {value!r} is no number")
    return value


def _expects_body(got: Mapping[str, Json]) -> bool:
    """False for the statuses that have no body (RFC 9110, section 6.4.1)."""
    return got["status"] not in (204, 304)


def _bytes(message: Mapping[str, Json]) -> bytes | None:
    """The body of a request or response, or None where the record holds none."""
    if isinstance(message.get("body_text"), str):
        return _text(message["body_text"])
    body = message.get("body")
    if body is None or isinstance(body, str):
        return _text(body) if body is not None else None
    return json.dumps(body).encode()


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _headers(headers: Json) -> tuple[tuple[str, str], ...]:
    pairs = headers.items() if isinstance(headers, dict) else headers or ()
    return tuple(
        (str(name), str(value))
        for name, values in pairs
        for value in (values if isinstance(values, list) else [values])
    )


def _asks_stream(request: SentRequest) -> bool:
    body = request.json
    return isinstance(body, dict) and body.get("stream") is True


def _says_stream(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.media_type == "text/event-stream"
