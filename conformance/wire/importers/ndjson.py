"""NDJSON with one exchange a line, as a JSON object with these keys; others are passed over.

- `request`: `method`, `url`, `headers`, and `body` as JSON (`null`: none) or `body_text` as text.
- `response`: `status`, `headers`, and `body` as JSON, as text where it is a string, `body_text`, or `sse`, the text of
  an event stream. `null` where no response came.
- `headers` in any form of `reader.header_pairs`.
- `fidelity`: what the recorder did to the exchange, a list of flags. `synthetic`: true for what no server ever sent.
- `started`: when the request was sent, in RFC 3339.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import IO, Final

from conformance.base import json_text
from conformance.base.files import RECORD
from conformance.base.values import show
from conformance.model import Json, Mode
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest
from conformance.protocol.statuses import WITHOUT_BODY
from conformance.wire.importers.reader import (
    MOST_STATUS,
    NOT_PROVOKED,
    BrokenRecordError,
    RecordedExchange,
    header_pairs,
    next_line,
)

MOST_BLANK: Final = 1_000_000
"""Blank lines of a file."""

_BODIES: Final = ("/request/body", "/response/body")
"""What was recorded may hold what it wants."""


def read(stream: IO[bytes]) -> Generator[RecordedExchange, None, int | None]:
    """The exchanges of a file. Returns the number of a torn last line, or None. Raises BrokenRecordError."""
    number = blank = 0
    first = True
    while line := next_line(stream, number + 1):
        number += 1
        if line.strip():
            try:
                recorded = _exchange(line, number)
            except BrokenRecordError:
                if first or line.endswith(b"\n"):
                    raise
                return number
            yield recorded
            first = False
            continue
        blank += 1
        if blank > MOST_BLANK:
            raise BrokenRecordError(f"the file has more than {MOST_BLANK:,} blank lines", number)
    return None


def _exchange(line: bytes, number: int) -> RecordedExchange:
    try:
        reading = json_text.read(line, RECORD)
        record = json_text.as_recorded(line, reading)
    except ValueError as problem:
        raise BrokenRecordError(str(problem), number) from None
    if reading.problem is not None:
        raise BrokenRecordError(f"this line is not JSON: {reading.problem}", number)
    for flaw in reading.flaws:
        if flaw.kind == "duplicate" and not (flaw.pointer or "").startswith(_BODIES):
            raise BrokenRecordError(f"duplicate key at {flaw.pointer}", number)
    try:
        return _recorded(record, number)
    except KeyError as problem:
        raise BrokenRecordError(f"an exchange lacks {problem}", number) from None
    except (TypeError, AttributeError, ValueError) as problem:
        raise BrokenRecordError(f"this is not an exchange: {problem}", number) from None


def _recorded(record: Json, line: int) -> RecordedExchange:
    """The exchange of one line. Raises KeyError, TypeError, AttributeError or ValueError where it is none."""
    sent, got = record["request"], record["response"]
    flags = {_string(flag) for flag in _list(record.get("fidelity"))}
    body = _bytes(sent)
    request = SentRequest(
        _string(sent["method"]).upper(), _string(sent["url"]), header_pairs(sent.get("headers")), body or b""
    )
    if body is None and request.method == "POST":
        flags.add("no-request-body")
    response, streamed = None, False
    if got is not None:
        streamed = isinstance(got.get("sse"), str)
        received = _text(got["sse"]) if streamed else _bytes(got)
        headers = header_pairs(got.get("headers"))
        flags |= {"no-response-headers"} if not headers else set()
        flags |= {"no-response-body"} if received is None and _expects_body(got) else set()
        flags |= {"body-as-text"} if received else set()
        chunks = (Chunk(0.0, received),) if received else ()
        response = Response(_status(got["status"]), headers, chunks)
    mode = Mode.STREAM if request.asks_for_stream or (body is None and streamed) else Mode.JSON
    exchange = Exchange("recording", mode, 1, 1, str(record.get("started") or ""), request, response, line=line)
    return RecordedExchange(
        exchange,
        NOT_PROVOKED.union(flags),
        synthetic=record.get("synthetic") is True,
        streamed=streamed or (response is not None and response.is_event_stream),
    )


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _list(value: Json) -> list[Json]:
    if value is not None and not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value or []


def _status(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST_STATUS:
        raise TypeError(f"status {show(value)} is not an integer with three digits")
    return value


def _expects_body(got: Mapping[str, Json]) -> bool:
    """False for the statuses that have no body (RFC 9110, section 6.4.1)."""
    return got["status"] not in WITHOUT_BODY


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
