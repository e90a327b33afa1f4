"""HTTP archives (HAR 1.2): the entries of a file one by one, and the exchange that an entry records.

Cassettes of polly.js are such archives. They keep a packed body as a list of pieces in base64, old ones in hex.
"""

from __future__ import annotations

import binascii
import codecs
import json
import re
from base64 import b64decode
from collections.abc import Generator, Iterator
from typing import IO, Final, Protocol

from conformance.base import json_text
from conformance.base.files import RECORD, size
from conformance.model import Json, Mode
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest
from conformance.wire.importers.reader import (
    MOST_STATUS,
    NOT_PROVOKED,
    BrokenRecordError,
    RecordedExchange,
    header_pairs,
)

_PIECE: Final = 1024 * 1024
_MOST_BLANK: Final = 16 * 1024 * 1024
_MOST_TOKENS: Final = 4 * RECORD.values
_LONGEST_WORD: Final = 5_000
_SPACE: Final = re.compile(r"[ \t\r\n]*+")
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_WORD: Final = re.compile(r"[^\s,:\[\]{}\"]{1,5000}+")
_STEP: Final = {"{": 1, "[": 1, "}": -1, "]": -1}


def read(stream: IO[bytes]) -> Generator[RecordedExchange, None, int | None]:
    """The exchanges of an archive. Returns the line of an entry inside of which the file ends, or None.

    Raises BrokenRecordError.
    """
    return (yield from until_torn(_exchanges(stream)))


class Text(Protocol):
    """What a scanner reads."""

    def read(self, size: int) -> str:
        """The next characters, none at the end."""


def text_of(stream: IO[bytes]) -> Text:
    """The text of a file in UTF-8. Half a character at the end of a file that was cut is left out."""
    return codecs.getreader("utf-8-sig")(stream)


def until_torn(exchanges: Iterator[RecordedExchange]) -> Generator[RecordedExchange, None, int | None]:
    """The exchanges of a JSON text. Returns the line at which its end is missing, where an exchange came before."""
    first = True
    try:
        for exchange in exchanges:
            yield exchange
            first = False
    except BrokenRecordError as problem:
        if first or not problem.torn:
            raise
        return problem.line
    return None


def _exchanges(stream: IO[bytes]) -> Iterator[RecordedExchange]:
    try:
        for line, entry in entries(text_of(stream)):
            exchange, flags = exchange_of(entry, line)
            yield RecordedExchange(
                exchange,
                flags | NOT_PROVOKED,
                streamed=exchange.response is not None and exchange.response.is_event_stream,
            )
    except UnicodeDecodeError as problem:
        raise BrokenRecordError(f"this is not UTF-8: {problem.reason}", None) from None


def entries(stream: Text) -> Iterator[tuple[int, Json]]:
    """The line at which each entry of a HAR file starts, and the entry. Raises BrokenRecordError."""
    scanner = Scanner(stream)
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
    except (TypeError, AttributeError, ValueError, OverflowError) as problem:
        raise BrokenRecordError(f"an entry has a value of the wrong kind: {problem}", line) from None
    return exchange, sent_flags | got_flags


def _request(record: Json) -> tuple[SentRequest, frozenset[str]]:
    text = (record.get("postData") or {}).get("text")
    method, url = record["method"], record["url"]
    if not isinstance(method, str) or not isinstance(url, str):
        raise TypeError("method and url are text")
    method = method.upper()
    lost = text is None and method in ("POST", "PUT", "PATCH") and record.get("bodySize") != 0
    body = text.encode("utf-8", "surrogatepass") if text else b""
    request = SentRequest(method, url, header_pairs(record.get("headers")), body)
    return request, frozenset({"no-request-body"}) if lost else frozenset()


def _response(record: Json) -> tuple[Response | None, frozenset[str]]:
    """The response; None where the archive says that none came, which it does with status 0."""
    if not record["status"]:
        return None, frozenset()
    content = record.get("content") or {}
    text, flags = content.get("text"), set()
    if text and (content.get("encoding") == "base64" or content.get("_isBinary") is True):
        body = _decoded(text, "base64" if content.get("encoding") == "base64" else "hex")
    else:
        body = (text or "").encode("utf-8", "surrogatepass")
        flags.add("body-as-text")
    if text is None and content.get("size") != 0:
        flags.add("no-response-body")
    headers = header_pairs(record.get("headers"))
    if not headers:
        flags.add("no-response-headers")
    chunks = (Chunk(0.0, body),) if body else ()
    version = record.get("httpVersion") or "HTTP/1.1"
    return Response(_status(record["status"]), headers, chunks, str(version)), frozenset(flags)


def _status(value: Json) -> int:
    number = int(value)
    if not 0 <= number < MOST_STATUS:
        raise ValueError("no status has so many digits")
    return number


def _decoded(text: str, encoding: str) -> bytes:
    """The bytes of a body in base64 or hex, whole or as a JSON list of pieces. Raises ValueError."""
    pieces = [text]
    if text.startswith("["):
        pieces = json_text.read(text.encode("utf-8", "surrogatepass"), RECORD).value
        if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
            raise ValueError(f"a body in {encoding} is neither text nor a list of texts")
    try:
        return b"".join(b64decode(piece) if encoding == "base64" else bytes.fromhex(piece) for piece in pieces)
    except (binascii.Error, ValueError) as problem:
        raise ValueError(f"{encoding} is broken: {problem}") from None


class Scanner:
    """Reads a JSON text from the front, a value at a time, so that only the value at hand is held."""

    def __init__(self, stream: Text) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._line = 1
        self._blank = 0

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
        first = self._peek()
        end = self._end() if first in ("{", "[", '"') else self._end_of_word()
        data = self._text[self._at : end].encode("utf-8", "surrogatepass")
        try:
            reading = json_text.read(data, RECORD)
            value = json_text.as_recorded(data, reading)
        except ValueError as problem:
            raise BrokenRecordError(str(problem), self._line) from None
        if reading.problem is not None:
            torn = end == len(self._text) and not self._more()
            raise BrokenRecordError(f"this is not JSON: {reading.problem}", self._line, torn=torn)
        self._consume(end)
        return value

    def _end(self) -> int:
        """Where the object, array or string that comes next ends. Nothing is read twice, except for one cut string."""
        depth, seen, at = 0, 0, self._at
        while True:
            token = _TOKEN.search(self._text, at)
            if token is None or (token[0][0] == '"' and not _is_whole(token[0])):
                done = (token.start() if token is not None else len(self._text)) - self._at
                if not self._more():
                    why = "this is not JSON: the file ends inside of a value"
                    raise BrokenRecordError(why, self._line, torn=True)
                at = self._at + done
                continue
            at = token.end()
            depth += _STEP.get(token[0], 0)
            if depth == 0:
                return at
            seen += 1
            if seen > _MOST_TOKENS or depth > RECORD.depth:
                what = f"more than {RECORD.values:,} values" if seen > _MOST_TOKENS else f"more than {depth - 1} levels"
                raise BrokenRecordError(f"a value holds {what}", self._line)

    def _end_of_word(self) -> int:
        """Where the number, or the word of JSON, that comes next ends."""
        while len(self._text) - self._at < _LONGEST_WORD and self._more():
            pass
        word = _WORD.match(self._text, self._at)
        return word.end() if word is not None else self._at

    def _peek(self) -> str:
        """The next character that is not white space, or an empty string at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            end = space.end() if space is not None else self._at
            self._blank += end - self._at
            if self._blank > _MOST_BLANK:
                raise BrokenRecordError(f"more than {_MOST_BLANK:,} characters of white space", self._line)
            self._consume(end)
            if end < len(self._text):
                return self._text[end]
            if not self._more():
                return ""

    def _take(self, wanted: str) -> None:
        found = self._peek()
        if found != wanted:
            actual = json.dumps(found) if found else "the end of the file"
            why = f"expected {wanted!r} of a HAR file, found {actual}"
            raise BrokenRecordError(why, self._line, torn=not found)
        self._consume(self._at + 1)

    def _consume(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Reads on, twice as much each time, so that a long value is not scanned over and over."""
        left = self._text[self._at :]
        if len(left) > RECORD.bytes:
            raise BrokenRecordError(f"a value is longer than {size(RECORD.bytes)}", self._line)
        piece = self._stream.read(max(_PIECE, len(left)))
        if piece:
            self._text, self._at = left + piece, 0
        return bool(piece)


def _is_whole(string: str) -> bool:
    """Whether a string of JSON has its end."""
    inner = string[1:]
    return inner.endswith('"') and (len(inner) - len(inner[:-1].rstrip("\\"))) % 2 == 1
