"""An answer that is attacked on its way out: as values, as a body, as a head, and as bytes on a connection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.reference.answer import Call

FILLER = b"x" * 16_384
"""What an endless body goes on with."""


class Raw(str):
    """JSON text that is sent as it is, whether it is JSON or not."""


class Pairs(list[tuple[str, Any]]):
    """An object by its members in order, so that a name can occur twice."""


class Ending(StrEnum):
    """What becomes of the connection once everything has been sent."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HALF_CLOSE = "half-close"
    SILENCE = "silence"
    ENDLESS = "endless"


@dataclass(frozen=True)
class Wire:
    """What goes over one connection for one request."""

    pieces: tuple[bytes, ...]
    ending: Ending = Ending.KEEP


@dataclass
class Draft:
    """One answer while it is attacked. Where `events` are set the body is a stream of them, otherwise it is `value`.

    `text` None: the body is not JSON and `pieces` is the body already. `spoiled` is set by an attack after which
    nothing of the body can be read as an answer. `key` is the credential of the client.
    """

    call: Call
    status: int
    headers: list[tuple[bytes, bytes]]
    value: Any = None
    events: list[tuple[str | None, Any]] | None = None
    pieces: list[bytes] | None = None
    status_line: bytes | None = None
    illegible_line: bool = False
    before: list[bytes] = field(default_factory=list)
    after: list[bytes] = field(default_factory=list)
    chunked: bool = False
    length: int | None = None
    cut: int | None = None
    ending: Ending = Ending.KEEP
    dribble: int = 0
    spoiled: bool = False
    packed: bool = False
    key: str = ""

    @property
    def body(self) -> bytes:
        """The body as it is now."""
        return b"".join(self.render())

    @body.setter
    def body(self, data: bytes) -> None:
        self.pieces = [data]

    def render(self) -> list[bytes]:
        """The pieces of the body; values and events become bytes here, and stay so."""
        if self.pieces is None:
            if self.events is not None:
                self.pieces = [encode_event(name, data) for name, data in self.events]
            else:
                self.pieces = [encode(self.value)]
        return self.pieces

    def header(self, name: bytes, value: bytes | None) -> None:
        """Sets a header, or takes it away."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    def wire(self) -> Wire:
        """The bytes of the whole answer. Framing is right unless an attack said otherwise."""
        pieces = self.render()
        names = {name.lower() for name, _ in self.headers}
        headers = list(self.headers)
        if self.chunked and b"transfer-encoding" not in names:
            headers.append((b"transfer-encoding", b"chunked"))
        elif b"content-length" not in names and b"transfer-encoding" not in names:
            size = sum(map(len, pieces)) if self.length is None else self.length
            headers.append((b"content-length", str(size).encode()))
        line = self.status_line if self.status_line is not None else f"HTTP/1.1 {self.status} OK".encode()
        head = b"\r\n".join([line, *(name + b": " + value for name, value in headers)]) + b"\r\n\r\n"
        if self.call.method == "HEAD":
            pieces = []
        elif self.chunked:
            pieces = [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece), b"0\r\n\r\n"]
        whole = [*self.before, head, *pieces, *self.after]
        self.spoiled = self.spoiled or self.illegible_line
        if self.cut is not None and self.cut % (sum(map(len, whole)) + 1) <= len(b"".join(self.before)) + len(head):
            self.spoiled = True
        return Wire(tuple(_cut(whole, self.cut, self.dribble)), self.ending)


def _cut(pieces: Sequence[bytes], at: int | None, size: int) -> Iterator[bytes]:
    whole = b"".join(pieces)
    if at is not None:
        whole = whole[: at % (len(whole) + 1)]
    if not size:
        yield whole
        return
    step = max(size, len(whole) // 200)
    yield from (whole[start : start + step] for start in range(0, len(whole), step))


def encode(value: Any) -> bytes:
    """JSON text as bytes. A lone surrogate becomes the three bytes that UTF-8 forbids."""
    return dump(value).encode("utf-8", "surrogatepass")


def encode_event(name: str | None, data: Any) -> bytes:
    """One server-sent event. `data` None: the event has no data."""
    lines = [f"event: {name}".encode("utf-8", "surrogatepass")] if name is not None else []
    if data is not None:
        lines.append(b"data: " + encode(data))
    return b"\n".join(lines) + b"\n\n"


def dump(value: Any) -> str:
    """JSON text of a value that may hold `Raw` and `Pairs`."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Mapping | Pairs):
        members = value.items() if isinstance(value, Mapping) else value
        return (
            "{" + ",".join(f"{json.dumps(str(name), ensure_ascii=False)}:{dump(item)}" for name, item in members) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
