"""Cassettes of vcrpy, Ruby VCR and go-vcr: a list of interactions, as YAML or as JSON.

A YAML cassette is read an interaction at a time: each begins with a dash in the column of the first one. Cassettes of
polly.js are HTTP archives (`har`).

- A body is text, bytes (`!!binary`), a mapping with `string` or `base64_string`, or JSON under `parsed_body`.
- Headers are in any form of `reader.header_pairs`.
- A status is a number, a line such as "200 OK", or a mapping with `code`; it may be under `code` or `status_code`.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, NamedTuple

from conformance.base import yaml_text
from conformance.base.errors import FileError
from conformance.base.files import RECORD, decoded, size
from conformance.base.json_text import most
from conformance.base.values import show
from conformance.model import Json, Mode
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest
from conformance.protocol.statuses import WITHOUT_BODY
from conformance.wire.importers.har import Scanner, text_of, until_torn
from conformance.wire.importers.reader import (
    MOST_STATUS,
    NOT_PROVOKED,
    BrokenRecordError,
    RecordedExchange,
    header_pairs,
    next_line,
)

LISTS: Final = ("interactions", "http_interactions")
"""The keys under which a cassette has its interactions."""

MOST_LINES: Final = 400_000
"""Lines of an interaction; the parser of YAML takes microseconds for each."""

_LIST: Final = re.compile(rb"(?:http_)?interactions:[ \t]*+(?P<flow>[^\s#].*+)?", re.DOTALL)
_ITEM: Final = re.compile(rb"( *+)-(?:[ \r\n]|\Z)")
_UPPER: Final = re.compile(r":?([A-Za-z]++)")
_STATUS: Final = re.compile(r"([0-9]{1,6})(?: .*)?")


class _Item(NamedTuple):
    """The text of one interaction, and the line at which it starts. `last`: the file ends with it, `cut`: inside of it.

    Ruby VCR always writes its version at the end.
    """

    line: int
    text: bytes
    last: bool = False
    cut: bool = False


def read(stream: IO[bytes]) -> Generator[RecordedExchange, None, int | None]:
    """The exchanges of a YAML cassette. Returns the number of a torn last interaction's line, or None.

    Raises BrokenRecordError.
    """
    first = True
    for item in _items(stream):
        try:
            recorded = exchange_of(_value(item.text, item.line), item.line)
        except BrokenRecordError:
            if item.cut or (item.last and not first):
                return item.line
            raise
        first = False
        yield replace(recorded, flags=recorded.flags | {"body-truncated"}) if item.cut else recorded
    return None


def read_json(stream: IO[bytes]) -> Generator[RecordedExchange, None, int | None]:
    """The exchanges of a JSON cassette. Returns the line of one inside of which the file ends, or None.

    Raises BrokenRecordError.
    """
    return (yield from until_torn(_in_json(stream)))


def _in_json(stream: IO[bytes]) -> Iterator[RecordedExchange]:
    scanner = Scanner(text_of(stream))
    try:
        for key in scanner.members():
            if key not in LISTS:
                scanner.value()
                continue
            for line, interaction in scanner.elements():
                yield exchange_of(interaction, line)
    except UnicodeDecodeError as problem:
        raise BrokenRecordError(f"this is not UTF-8: {problem.reason}", None) from None


def exchange_of(interaction: Json, line: int) -> RecordedExchange:
    """The exchange of an interaction, and what the cassette does not hold of it, as flags of recorder damage.

    A cassette has no arrival times, so everything arrives at 0. Raises BrokenRecordError where a value is missing or of
    the wrong kind.
    """
    try:
        sent, got = interaction["request"], interaction["response"]
        request, flags = _request(sent)
        response, got_flags = _response(got)
        started = interaction.get("recorded_at") or ""
    except KeyError as problem:
        raise BrokenRecordError(f"an interaction lacks {problem}", line) from None
    except (TypeError, AttributeError, ValueError) as problem:
        raise BrokenRecordError(f"an interaction has a value of the wrong kind: {problem}", line) from None
    streamed = response is not None and response.is_event_stream
    mode = Mode.STREAM if request.asks_for_stream or ("no-request-body" in flags and streamed) else Mode.JSON
    exchange = Exchange("recording", mode, 1, 1, str(started), request, response, line=line)
    return RecordedExchange(exchange, NOT_PROVOKED | flags | got_flags, streamed=streamed)


def _items(stream: IO[bytes]) -> Iterator[_Item]:
    """The interactions of a cassette, cut where the next one starts. What is around the list is passed over."""
    number = start = length = 0
    lines: list[bytes] = []
    indent: int | None = None
    listed = ruby = False
    while line := next_line(stream, number + 1):
        number += 1
        item = _ITEM.match(line) if listed else None
        column = len(line) - len(line.lstrip(b" "))
        starts = item is not None and indent in (None, column)
        outside = not starts and bool(line.strip()) and (indent is None or column <= indent)
        if lines and (starts or outside):
            yield _Item(start, b"".join(lines))
        if starts:
            indent, start, lines, length = column, number, [line], len(line)
        elif outside:
            ruby = ruby or b"http_interactions:" in line
            lines, indent = [], None
            listed = _opens_list(line, number) or (listed and line.lstrip().startswith(b"#"))
        elif lines:
            lines.append(line)
            length += len(line)
            if length > RECORD.bytes:
                raise BrokenRecordError(f"an interaction is longer than {size(RECORD.bytes)}", start)
            if len(lines) > MOST_LINES:
                raise BrokenRecordError(f"an interaction has more than {MOST_LINES:,} lines", start)
    if lines:
        yield _Item(start, b"".join(lines), last=True, cut=ruby or not lines[-1].endswith(b"\n"))


def _opens_list(line: bytes, number: int) -> bool:
    """Whether the list of interactions comes next. Raises BrokenRecordError where it is on this line, and not empty."""
    found = _LIST.match(line.removeprefix(b"\xef\xbb\xbf"))
    if found is not None and found["flow"] is not None and re.sub(rb"\s", b"", found["flow"]) != b"[]":
        raise BrokenRecordError("interactions are read as a list with one dash each", number)
    return found is not None


def _value(text: bytes, line: int) -> Json:
    """The interaction that a text holds as the only item of a list. Raises BrokenRecordError."""
    nowhere = Path()
    if len(text) > (room := most(text, RECORD)):
        raise BrokenRecordError(f"an interaction is longer than {size(room)}", line)
    try:
        value = yaml_text.read(decoded(text, nowhere), nowhere, RECORD, binary=True).value
    except FileError as problem:
        raise BrokenRecordError(problem.problem, line + (problem.line or 1) - 1) from None
    return value[0] if isinstance(value, list) and value else None


def _request(record: Json) -> tuple[SentRequest, frozenset[str]]:
    method, url = record["method"], record["uri"] if "uri" in record else record["url"]
    if not isinstance(method, str) or not isinstance(url, str):
        raise TypeError("method and uri are text")
    named = _UPPER.fullmatch(method)
    method = named[1].upper() if named is not None else method
    body = _body(record)
    request = SentRequest(method, url, header_pairs(record.get("headers")), _bytes(body))
    lost = not body and method in ("POST", "PUT", "PATCH")
    return request, frozenset({"no-request-body"} if lost else ())


def _response(record: Json) -> tuple[Response | None, frozenset[str]]:
    """The response, None where none came."""
    if record is None:
        return None, frozenset()
    status, body, headers = _status(record), _body(record), header_pairs(record.get("headers"))
    flags = set()
    if not headers:
        flags.add("no-response-headers")
    if not body and status not in WITHOUT_BODY:
        flags.add("no-response-body")
    if isinstance(body, str):
        flags.add("body-as-text")
    if "parsed_body" in record:
        flags |= {"body-as-text", "resp-body-reserialised"}
    chunks = (Chunk(0.0, _bytes(body)),) if body else ()
    version = str(record.get("http_version") or "1.1")
    return Response(status, headers, chunks, version if "/" in version else f"HTTP/{version}"), frozenset(flags)


def _status(record: Json) -> int:
    value = next((record[key] for key in ("code", "status_code") if record.get(key) is not None), None)
    if value is None:
        value = record["status"]
        value = value["code"] if isinstance(value, dict) else value
    found = _STATUS.fullmatch(str(value))
    if isinstance(value, bool) or found is None or int(found[1]) >= MOST_STATUS:
        raise TypeError(f"status {show(value)} is not an integer with three digits")
    return int(found[1])


def _body(record: Json) -> str | bytes | None:
    """The body as it is recorded; bytes where it was not text. None if absent."""
    if "parsed_body" in record:
        return json.dumps(record["parsed_body"], ensure_ascii=False)
    body = next((record[key] for key in ("body", "content") if record.get(key) is not None), None)
    if isinstance(body, dict):
        if isinstance(body.get("base64_string"), str):
            return b64decode("".join(body["base64_string"].split()), validate=True)
        body = body.get("string")
    if body is None or isinstance(body, str | bytes):
        return body
    raise TypeError("a body is neither text nor bytes")


def _bytes(body: str | bytes | None) -> bytes:
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body or b""
