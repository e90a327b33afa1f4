"""HTTP archives (HAR 1.2): the entries of a file one by one, and the exchange that an entry records."""

from __future__ import annotations

import binascii
import io
import json
from base64 import b64decode
from collections.abc import Generator, Iterator
from json import JSONDecodeError, JSONDecoder
from typing import IO, TextIO

from conformance.model import Chunk, Exchange, Json, Mode, Response, SentRequest
from conformance.wire.importers.reader import (
    NOT_PROVOKED,
    BrokenRecordError,
    RecordedExchange,
)

LARGEST_ENTRY = 256 * 1024 * 1024
"""Characters of one entry, and of anything beside the entries; a longer one is not read."""

_PIECE = 1024 * 1024
_SPACE = " \t\r\n"


def read(stream: IO[bytes]) -> Generator[RecordedExchange, None, None]:
    """The exchanges of an archive. Raises BrokenRecordError."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        for line, entry in entries(text):
            exchange, flags = exchange_of(entry, line)
            yield RecordedExchange(
                exchange,
                flags | NOT_PROVOKED,
                streamed=exchange.response is not None and exchange.response.is_event_stream,
            )
    except UnicodeDecodeError as problem:
        raise BrokenRecordError(f"this is not UTF-8: {problem.reason}", None) from None


def entries(stream: TextIO) -> Iterator[tuple[int, Json]]:
    """The line at which each entry of a HAR file starts, and the entry. Raises BrokenRecordError."""
    scanner = _Scanner(stream)
    for key in scanner.members():
        if key != "log":
            scanner.value()
            continue
        for inner in scanner.members():
            if inner == "entries":
                yield from scanner.elements()
            else:
                scanner.value()


def exchange_of(entry: Json, line: int) -> tuple[Exchange, frozenset[str]]:
    """The exchange of an entry, and what the archive does not hold of it, as flags of recorder damage.

    An archive has no arrival times, so everything arrives at 0. Raises BrokenRecordError where the entry lacks
    request or response, or has a value of the wrong type there.
    """
    try:
        sent, got = entry["request"], entry["response"]
        request, sent_flags = _request(sent)
        response, got_flags = _response(got)
        started = entry.get("startedDateTime", "")
        streams = request.asks_for_stream
        if "no-request-body" in sent_flags:
            streams = response is not None and response.is_event_stream
        mode = Mode.STREAM if streams else Mode.JSON
        exchange = Exchange("recording", mode, 1, 1, str(started), request, response, line=line)
    except KeyError as problem:
        raise BrokenRecordError(f"an entry lacks {problem}", line) from None
    except (TypeError, AttributeError, ValueError) as problem:
        raise BrokenRecordError(f"an entry has a value of the wrong kind: {problem}", line) from None
    return exchange, sent_flags | got_flags


def _request(record: Json) -> tuple[SentRequest, frozenset[str]]:
    text = (record.get("postData") or {}).get("text")
    method, url = record["method"], record["url"]
    if not isinstance(method, str) or not isinstance(url, str):
        raise TypeError("method and url are text")
    lost = text is None and method in ("POST", "PUT", "PATCH") and record.get("bodySize") != 0
    body = text.encode("utf-8", "surrogatepass") if text else b""
    request = SentRequest(method, url, _headers(record), body)
    return request, frozenset({"no-request-body"}) if lost else frozenset()


def _response(record: Json) -> tuple[Response | None, frozenset[str]]:
    """The response; None where the archive says that none came, which it does with status 0."""
    if not record["status"]:
        return None, frozenset()
    content = record.get("content") or {}
    text, flags = content.get("text"), set()
    if content.get("encoding") == "base64" and text:
        body = _decoded(text)
    else:
        body = (text or "").encode("utf-8", "surrogatepass")
        flags.add("body-as-text")
    if text is None and content.get("size") != 0:
        flags.add("no-response-body")
    headers = _headers(record)
    if not headers:
        flags.add("no-response-headers")
    chunks = (Chunk(0.0, body),) if body else ()
    version = record.get("httpVersion") or "HTTP/1.1"
    return Response(int(record["status"]), headers, chunks, str(version)), frozenset(flags)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text)
    except binascii.Error as problem:
        raise ValueError(f"base64 is broken: {problem}") from None


def _headers(record: Json) -> tuple[tuple[str, str], ...]:
    """The headers in order; browsers list the pseudo-headers of HTTP/2 among them, which are none."""
    pairs = ((str(header["name"]), str(header["value"])) for header in record.get("headers") or ())
    return tuple((name, value) for name, value in pairs if not name.startswith(":"))


class _Scanner:
    """Reads a JSON text from the front, a value at a time, so that only the value at hand is held."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._line = 1
        self._decoder = JSONDecoder()

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; the caller reads the value behind each."""
        self._take("{")
        while self._peek() != "}":
            key = self.value()
            if not isinstance(key, str):
                raise BrokenRecordError("an object has a key that is not a string", self._line)
            self._take(":")
            yield key
            if self._peek() != "}":
                self._take(",")
        self._take("}")

    def elements(self) -> Iterator[tuple[int, Json]]:
        """The items of the array that comes next, each with the line at which it starts."""
        self._take("[")
        while self._peek() != "]":
            yield self._line, self.value()
            if self._peek() != "]":
                self._take(",")
        self._take("]")

    def value(self) -> Json:
        """The value that comes next, whole."""
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except JSONDecodeError as problem:
                if not self._more():
                    raise BrokenRecordError(f"this is not JSON: {problem.msg}", self._line) from None
                continue
            except RecursionError:
                raise BrokenRecordError("this is nested too deeply", self._line) from None
            if end < len(self._text) or not self._more():
                self._consume(end)
                return value

    def _peek(self) -> str:
        """The next character that is not white space, or an empty string at the end."""
        while True:
            end = self._at
            while end < len(self._text) and self._text[end] in _SPACE:
                end += 1
            self._consume(end)
            if end < len(self._text):
                return self._text[end]
            if not self._more():
                return ""

    def _take(self, wanted: str) -> None:
        found = self._peek()
        if found != wanted:
            actual = json.dumps(found) if found else "the end of the file"
            raise BrokenRecordError(f"expected {wanted!r} of a HAR file, found {actual}", self._line)
        self._consume(self._at + 1)

    def _consume(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Reads on, twice as much each time, so that a long value is not scanned over and over."""
        left = self._text[self._at :]
        if len(left) > LARGEST_ENTRY:
            raise BrokenRecordError(f"a value is longer than {LARGEST_ENTRY:,} characters", self._line)
        piece = self._stream.read(max(_PIECE, len(left)))
        if piece:
            self._text, self._at = left + piece, 0
        return bool(piece)
