"""The lines of a journal: every kind of record, written from values and read back into them (docs/journal.md).

Each line is one JSON object in ASCII with a `kind`. Readers skip kinds and members that they do not know.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from conformance.base import json_text
from conformance.base.dataclass_json import MisfitError, decode, encode
from conformance.base.files import JOURNAL
from conformance.base.records import (
    EndNote,
    Note,
    PreflightNote,
    ProxyHeader,
    ResumeNote,
    RunHeader,
    StopNote,
    UnsentNote,
)
from conformance.base.values import kind
from conformance.model import Json, Mode
from conformance.protocol.exchange import Chunk, Cut, Exchange, Response, SentRequest, Trouble

VERSION: Final = 1
"""The version of the line format. It grows only when an old reader would misread a new journal."""

HEADERS: Final[Mapping[str, type[RunHeader | ProxyHeader]]] = {"run": RunHeader, "proxy": ProxyHeader}
NOTES: Final[Mapping[str, type[Note]]] = {
    "preflight": PreflightNote,
    "unsent": UnsentNote,
    "stop": StopNote,
    "resume": ResumeNote,
    "end": EndNote,
}
LARGE_BODY: Final = 4 * 1024 * 1024
"""Bytes from which on a body is written as small as possible, so that its line is not longer than a reader takes."""

PART: Final = 1024 * 1024
"""Bytes of a line that are written at once."""

_KINDS: Final = {shape: name for name, shape in (*HEADERS.items(), *NOTES.items())}


@dataclass(frozen=True)
class Unjudged:
    """An exchange that passed a proxy and was not judged, and why."""

    why: str
    exchange: Exchange
    line: int = 0


Header = RunHeader | ProxyHeader
Record = Header | Exchange | Note | Unjudged


def record_of(value: Record) -> dict[str, Json]:
    """The JSON object of a record. Its line number is not part of it."""
    if isinstance(value, Exchange):
        return {"kind": "exchange", **_encode_exchange(value)}
    if isinstance(value, Unjudged):
        return {"kind": "unjudged", "why": value.why, "exchange": _encode_exchange(value.exchange)}
    members: dict[str, Json] = encode(value)
    members.pop("line", None)
    version = {"journal": VERSION} if isinstance(value, RunHeader | ProxyHeader) else {}
    return {"kind": _KINDS[type(value)], **version, **members}


def line_of(record: Mapping[str, Json]) -> bytes:
    """A record as a line of the file."""
    return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"


def parts_of(exchange: Exchange) -> list[bytes]:
    """The line of an exchange in parts, because the whole of it and what it is made of can be a hundred megabytes."""
    response = exchange.response
    if response is None:
        return [line_of(record_of(exchange))]
    bare = line_of(record_of(replace(exchange, response=replace(response, chunks=()))))
    head, empty, tail = bare.rpartition(b'"chunks":[]')  # a member: in a string its quotes are escaped
    assert empty
    encode_chunk = _encoder(response)
    parts, batch = [head + b'"chunks":['], bytearray()
    for number, chunk in enumerate(response.chunks):
        batch += b"," if number else b""
        batch += json.dumps([chunk.at, encode_chunk(chunk.data)], separators=(",", ":")).encode("ascii")
        if len(batch) > PART:
            parts.append(bytes(batch))
            batch.clear()
    return [*parts, bytes(batch), b"]" + tail]


def parse(line: bytes) -> Mapping[str, Json]:
    """The JSON object of a line. Raises ValueError where it is no record of any kind, or crosses the bounds of one."""
    reading = json_text.read(line, JOURNAL)
    record: Mapping[str, Json] = reading.value if isinstance(reading.value, dict) else {}
    if type(record.get("kind")) is not str or reading.flaws:
        raise ValueError("this line is not a journal record")
    return record


def header_of(data: Mapping[str, Json]) -> Header:
    """The header that a first record is. Raises ValueError."""
    shape = HEADERS.get(data["kind"])
    if shape is None:
        raise ValueError(f"this is not a journal, which starts with a record of kind {' or '.join(HEADERS)}")
    version = data.get("journal")
    if type(version) is not int or version > VERSION:
        raise ValueError(f"the journal has format {version}, and this version reads up to {VERSION}")
    header: Header = _decoded(shape, data)
    return header


def value_of(data: Mapping[str, Json], number: int) -> Exchange | Note | Unjudged | None:
    """The value of a record behind the first; None for a kind that is not known. Raises ValueError."""
    match data["kind"]:
        case "exchange":
            return replace(_decode_exchange(data), line=number)
        case "unjudged":
            return Unjudged(_text(data.get("why")), _decode_exchange(data.get("exchange")), number)
        case name if name in NOTES:
            note: Note = replace(_decoded(NOTES[name], data), line=number)
            return note
        case _:
            return None


def _decoded(shape: type, data: Mapping[str, Json]) -> Json:
    try:
        return decode(shape, {name: value for name, value in data.items() if name != "line"})
    except MisfitError as problem:
        raise ValueError(f"{problem.place}: {problem}") from None


def _encode_exchange(exchange: Exchange) -> dict[str, Json]:
    request, response, trouble = exchange.request, exchange.response, exchange.trouble
    return {
        "scenario": exchange.scenario,
        "mode": str(exchange.mode),
        "step": exchange.step,
        "attempt": exchange.attempt,
        "repetition": exchange.repetition,
        "started": exchange.started,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": [list(header) for header in request.headers],
            "body": _encode_bytes(request.body),
        },
        "response": _encode_response(response) if response is not None else None,
        "trouble": {"kind": trouble.kind, "message": trouble.message, "at": trouble.at} if trouble else None,
    }


def _decode_exchange(record: Json) -> Exchange:
    try:
        request, response, trouble = record["request"], record.get("response"), record.get("trouble")
        return Exchange(
            scenario=_text(record["scenario"]),
            mode=Mode(record["mode"]),
            step=_count(record["step"]),
            attempt=_count(record["attempt"]),
            started=_text(record["started"]),
            request=SentRequest(
                _text(request["method"]),
                _text(request["url"]),
                _headers(request["headers"]),
                _decode_bytes(request["body"]),
            ),
            response=_decode_response(response) if response is not None else None,
            trouble=_decode_trouble(trouble) if trouble is not None else None,
            repetition=_count(record.get("repetition", 1)),
        )
    except KeyError as problem:
        raise ValueError(f"an exchange lacks {problem}") from problem
    except (TypeError, AttributeError) as problem:
        raise ValueError(f"an exchange has a value of the wrong type: {problem}") from problem


def _encode_response(response: Response) -> dict[str, Json]:
    encode_chunk = _encoder(response)
    return {
        "status": response.status,
        "http_version": response.http_version,
        "headers": [list(header) for header in response.headers],
        "first_byte": response.first_byte,
        "ended": response.ended,
        **({"cut": {"length": response.cut.length, "sha256": response.cut.sha256}} if response.cut else {}),
        "chunks": [[chunk.at, encode_chunk(chunk.data)] for chunk in response.chunks],
    }


def _decode_response(record: Mapping[str, Json]) -> Response:
    first_byte, ended, cut = record["first_byte"], record["ended"], record.get("cut")
    return Response(
        status=_count(record["status"]),
        headers=_headers(record["headers"]),
        chunks=tuple(Chunk(_seconds(at), _decode_bytes(data)) for at, data in record["chunks"]),
        http_version=_text(record["http_version"]),
        first_byte=_seconds(first_byte) if first_byte is not None else None,
        ended=_seconds(ended) if ended is not None else None,
        cut=Cut(_count(cut["length"]), _text(cut["sha256"])) if cut is not None else None,
    )


def _decode_trouble(record: Mapping[str, Json]) -> Trouble:
    return Trouble(_text(record["kind"]), _text(record["message"]), _seconds(record["at"]))


def _headers(headers: Json) -> tuple[tuple[str, str], ...]:
    return tuple((_text(name), _text(value)) for name, value in headers)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{kind(value)} where a string belongs")
    return value


def _count(value: Json) -> int:
    if type(value) is not int:
        raise TypeError(f"{kind(value)} where an integer belongs")
    return value


def _seconds(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{kind(value)} where seconds belong")
    return value


def _encode_bytes(data: bytes) -> Json:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"b64": b64encode(data).decode()}


def _encoder(response: Response) -> Callable[[bytes], Json]:
    large = sum(len(chunk.data) for chunk in response.chunks) > LARGE_BODY
    return _encode_tightly if large else _encode_bytes


def _encode_tightly(data: bytes) -> Json:
    """As a string, unless escapes would make that half as large again."""
    encoded = _encode_bytes(data)
    wide = isinstance(encoded, str) and len(json.dumps(encoded)) > 1.5 * len(data) + 2
    return {"b64": b64encode(data).decode()} if wide else encoded


def _decode_bytes(data: Json) -> bytes:
    return data.encode() if isinstance(data, str) else b64decode(data["b64"], validate=True)
