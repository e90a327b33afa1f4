"""The journal of a run: NDJSON, one record a line, written as it happens and never changed.

Belongs here: the shape of a line, writing it so that nothing recorded is lost, reading it back. Does not belong here:
what is worth recording, or what a record means.

Every line is one JSON object in ASCII with a `kind`; readers skip kinds and keys that they do not know.

- `{"kind": "run", "journal": 1, ...}`: the first line. `journal` is the version of this format, the rest is the
  caller's header.
- `{"kind": "exchange", "scenario": "text", "mode": "json", "step": 1, "attempt": 1,
  "repetition": 1, "started": "2026-11-22T10:00:00.123Z",
  "request": {"method": "POST", "url": "...", "headers": [["name", "value"], ...], "body": BYTES},
  "response": null | {"status": 200, "http_version": "HTTP/1.1", "headers": [...], "first_byte": 0.1, "ended": 0.4,
  "chunks": [[0.1, BYTES], ...]}, "trouble": null | {"kind": "closed", "message": "...", "at": 0.4}}`. Times are seconds
  after the request was started. BYTES is a string where the bytes are UTF-8, otherwise `{"b64": "..."}`.
- `{"kind": "note", ...}`: anything else worth keeping, in the caller's words.
- `{"kind": "end", ...}`: the last line of a run that ended by itself; after a resumed run there are several.

A line number is 1-based and is what `Exchange.line` and the evidence in results refer to. Each line is written whole
and at once, so a killed process leaves at most one torn line, at the end; reading drops and reports it.
"""

from __future__ import annotations

import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from conformance.model import Chunk, Exchange, HarnessError, Json, Mode, Response, SentRequest, Trouble
from conformance.wire.redact import Redactor

VERSION = 1
"""The version of the line format. It grows only when an old reader would misread a new journal."""


@dataclass(frozen=True)
class Record:
    """One line: its number, its kind and its whole object.

    The kind `torn` stands for an incomplete last line; its data holds `offset` and `bytes` of what was dropped.
    """

    line: int
    kind: str
    data: Mapping[str, Json]


@dataclass(frozen=True)
class Recording:
    """A whole journal. `footer` is the last `end` record, `torn` the number of an incomplete last line; None: none."""

    header: Mapping[str, Json]
    exchanges: tuple[Exchange, ...]
    notes: tuple[Record, ...]
    footer: Mapping[str, Json] | None
    torn: int | None


class Journal:
    """A journal open for writing, by any thread. Made by `create` or `reopen`.

    What is written passes `redactor` first: header, notes and footer here, exchanges in the client that made them.
    """

    def __init__(self, path: Path, descriptor: int, line: int, redactor: Redactor | None) -> None:
        self.path = path
        self._descriptor = descriptor
        self._line = line
        self._redactor = redactor if redactor is not None else Redactor(())
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, header: Mapping[str, Json], *, redactor: Redactor | None = None) -> Journal:
        """Starts a new journal, and its folder where needed. Never overwrites.

        Raises `HarnessError` with exit code 4 where the file exists or the folder cannot be written to, with exit code
        3 where the header cannot be written.
        """
        try:
            if path.exists():
                message = f"The journal {path} exists already, and a recorded run is never overwritten."
                raise HarnessError(message, exit_code=4)
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o666)
        except OSError as problem:
            message = f"The journal {path} cannot be created: {problem.strerror}."
            raise HarnessError(message, exit_code=4) from problem
        journal = cls(path, descriptor, 0, redactor)
        journal._write({"kind": "run", "journal": VERSION, **journal._redacted(header)})
        return journal

    @classmethod
    def reopen(cls, path: Path, *, redactor: Redactor | None = None) -> Journal:
        """Continues a journal behind its last whole line; a torn line is cut off.

        Raises `HarnessError`: what `iter_records` raises, and exit code 4 where the file cannot be written to.
        """
        line, torn = 0, None
        for record in iter_records(path):
            if record.kind == "torn":
                torn = int(record.data["offset"])
            else:
                line = record.line
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
            if torn is not None:
                os.ftruncate(descriptor, torn)
        except OSError as problem:
            message = f"The journal {path} cannot be continued: {problem.strerror}."
            raise HarnessError(message, exit_code=4) from problem
        journal = cls(path, descriptor, line, redactor)
        journal._finish_last_line()
        return journal

    def append(self, exchange: Exchange) -> Exchange:
        """Records a redacted exchange and returns it with its line number. Raises `HarnessError` when it cannot."""
        return replace(exchange, line=self._write(encode_exchange(exchange)))

    def note(self, note: Mapping[str, Json]) -> int:
        """Records anything else; returns its line number. Raises `HarnessError` when it cannot."""
        return self._write({"kind": "note", **self._redacted(note)})

    def end(self, footer: Mapping[str, Json]) -> None:
        """Records that the run ended by itself, and closes. Raises `HarnessError` when it cannot."""
        self._write({"kind": "end", **self._redacted(footer)})
        self.close()

    def close(self) -> None:
        """Closes without a footer: the run was interrupted. Closing twice does no harm."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _redacted(self, record: Mapping[str, Json]) -> dict[str, Json]:
        if "kind" in record:
            raise HarnessError("What is recorded in a journal cannot have a key of its own called kind.")
        redacted: dict[str, Json] = self._redactor.json(dict(record))
        return redacted

    def _write(self, record: Mapping[str, Json]) -> int:
        line = json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        with self._lock:
            if self._descriptor < 0:
                raise HarnessError(f"The journal {self.path} is closed.")
            self._write_whole(line)
            self._line += 1
            return self._line

    def _write_whole(self, data: bytes) -> None:
        """Writes all of `data` or, where the disk refuses, none of it."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:] if written else data)
        except OSError as problem:
            with suppress(OSError):
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            message = f"The journal {self.path} cannot be written: {problem.strerror}. Its {self._line} lines are kept."
            raise HarnessError(message) from problem

    def _finish_last_line(self) -> None:
        """Adds the line end that a whole last line may lack."""
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._write_whole(b"\n")


def read(path: Path) -> Recording:
    """Reads a whole journal.

    Raises `HarnessError`, naming file and line, for what is not a journal, a broken line in the middle, and an exchange
    without its required keys; exit code 4 where the file cannot be read.
    """
    header: Mapping[str, Json] = {}
    footer: Mapping[str, Json] | None = None
    exchanges: list[Exchange] = []
    notes: list[Record] = []
    torn: int | None = None
    for record in iter_records(path):
        match record.kind:
            case "run":
                header = record.data
            case "exchange":
                exchanges.append(_exchange(path, record))
            case "note":
                notes.append(record)
            case "end":
                footer = record.data
            case "torn":
                torn = record.line
    return Recording(header, tuple(exchanges), tuple(notes), footer, torn)


def iter_records(path: Path) -> Iterator[Record]:
    """The records of a journal one by one, each line held only while it is looked at.

    Raises `HarnessError`: exit code 4 where the file cannot be read, otherwise naming file and line.
    """
    try:
        with path.open("rb") as lines:
            offset = number = 0
            for number, line in enumerate(lines, start=1):
                record = _record(number, line)
                if record is None and lines.peek(1):
                    raise HarnessError(f"{path}:{number}: this line is not a journal record.")
                if number == 1:
                    _check_header(path, record)
                yield record or Record(number, "torn", {"offset": offset, "bytes": len(line)})
                offset += len(line)
            if number == 0:
                _check_header(path, None)
    except OSError as problem:
        raise HarnessError(f"The journal {path} cannot be read: {problem.strerror}.", exit_code=4) from problem


def encode_exchange(exchange: Exchange) -> dict[str, Json]:
    """The record of an exchange as in the module's description. The line number is not part of it."""
    request, response, trouble = exchange.request, exchange.response, exchange.trouble
    return {
        "kind": "exchange",
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


def decode_exchange(record: Mapping[str, Json], line: int = 0) -> Exchange:
    """The exchange of a record. Raises ValueError, saying what is missing or of the wrong kind."""
    try:
        request, response, trouble = record["request"], record.get("response"), record.get("trouble")
        return Exchange(
            scenario=record["scenario"],
            mode=Mode(record["mode"]),
            step=record["step"],
            attempt=record["attempt"],
            started=record["started"],
            request=SentRequest(
                request["method"], request["url"], _headers(request["headers"]), _decode_bytes(request["body"])
            ),
            response=_decode_response(response) if response is not None else None,
            trouble=Trouble(trouble["kind"], trouble["message"], trouble["at"]) if trouble is not None else None,
            line=line,
            repetition=record.get("repetition", 1),
        )
    except KeyError as problem:
        raise ValueError(f"an exchange lacks {problem}") from problem
    except (TypeError, AttributeError) as problem:
        raise ValueError(f"an exchange has a value of the wrong type: {problem}") from problem


def _encode_response(response: Response) -> dict[str, Json]:
    return {
        "status": response.status,
        "http_version": response.http_version,
        "headers": [list(header) for header in response.headers],
        "first_byte": response.first_byte,
        "ended": response.ended,
        "chunks": [[chunk.at, _encode_bytes(chunk.data)] for chunk in response.chunks],
    }


def _decode_response(record: Mapping[str, Json]) -> Response:
    return Response(
        status=record["status"],
        headers=_headers(record["headers"]),
        chunks=tuple(Chunk(at, _decode_bytes(data)) for at, data in record["chunks"]),
        http_version=record["http_version"],
        first_byte=record["first_byte"],
        ended=record["ended"],
    )


def _headers(headers: Json) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)


def _encode_bytes(data: bytes) -> Json:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"b64": b64encode(data).decode()}


def _decode_bytes(data: Json) -> bytes:
    return data.encode() if isinstance(data, str) else b64decode(data["b64"], validate=True)


def _record(number: int, line: bytes) -> Record | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kind = data.get("kind") if isinstance(data, dict) else None
    return Record(number, kind, data) if isinstance(kind, str) and kind != "torn" else None


def _check_header(path: Path, record: Record | None) -> None:
    if record is None or record.kind != "run":
        raise HarnessError(f"{path}:1: this is not a journal, which starts with a record of kind run.")
    version = record.data.get("journal")
    if not isinstance(version, int) or version > VERSION:
        raise HarnessError(f"{path}:1: the journal has format {version}, and this version reads up to {VERSION}.")


def _exchange(path: Path, record: Record) -> Exchange:
    try:
        return decode_exchange(record.data, record.line)
    except ValueError as problem:
        raise HarnessError(f"{path}:{record.line}: {problem}.") from problem
