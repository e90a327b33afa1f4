"""A gateway in front of an upstream that passes everything on, but for what an alteration says.

What a gateway alters is data: `tests/data/gateways.yaml` has one entry for each, with what has to be found of it.
"""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.servers import serving

Headers = list[tuple[str, str]]

_OF_THE_HOP = ("connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding")


@dataclass(frozen=True)
class Alteration:
    """What a gateway does to requests and answers. Each field is the one of the same name in the data.

    Edits of JSON are mappings from what to do to where: `remove`, `reverse`, `join`, `merge`, `split`, `block`, `float`
    and `first` with a JSON pointer in which `*` is every item, `set`, `add`, `append` and `text` with a mapping from
    pointers to values.
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    request_headers: Mapping[str, Any] = field(default_factory=dict)
    request_text: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    withholds: str = ""
    repeats: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] = field(default_factory=dict)
    status: Mapping[int, int] = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)
    stream: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    transfer: str = ""


def alteration(entry: Mapping[str, Any]) -> Alteration:
    """The alteration of an entry of the data; its other keys say what is found."""
    others = ("id", "gateway", "found", "noted", "cases")
    return Alteration(**{key.replace("-", "_"): value for key, value in entry.items() if key not in others})


def edited(value: Any, edits: Mapping[str, Any]) -> Any:
    """A JSON value after the edits."""
    for what, where in edits.items():
        for pointer, new in where.items() if isinstance(where, Mapping) else [(where, None)]:
            value = _at(value, [part for part in pointer.split("/") if part], what, new)
    return value


def _at(value: Any, path: Sequence[str], what: str, new: Any) -> Any:
    """A value in which something is done to what a path leads to. A path that leads nowhere changes nothing."""
    if not path:
        return _done(value, what, new)
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        places = [at for at in range(len(value)) if head in ("*", str(at))]
        if what == "remove" and not rest:
            return [item for at, item in enumerate(value) if at not in places]
        return [_at(item, rest, what, new) if at in places else item for at, item in enumerate(value)]
    if not isinstance(value, dict) or (head not in value and (rest or what != "add")):
        return value
    if what == "remove" and not rest:
        return {name: item for name, item in value.items() if name != head}
    if what == "add" and not rest:
        return {**value, head: new}
    return {name: _at(item, rest, what, new) if name == head else item for name, item in value.items()}


def _done(value: Any, what: str, new: Any) -> Any:
    if what == "set":
        return new
    if what == "float":
        return float(value)
    if what == "block":
        return [{"type": "text", "text": value}] if isinstance(value, str) else value
    if what == "text" and isinstance(value, str):
        return f"{value}{new}"
    if not isinstance(value, list):
        return value
    if what == "join":
        return "\n".join(block["text"] for block in value)
    if what == "merge":
        return [{"type": "text", "text": "\n".join(block["text"] for block in value)}]
    if what == "split":
        return [{"type": "text", "text": part} for block in value for part in _halves(block["text"])]
    if what == "append":
        return [*value, new]
    return {"reverse": value[::-1], "first": value[:1]}[what]


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def with_headers(headers: Headers, edits: Mapping[str, Any]) -> Headers:
    """Headers without those whose names begin with one of `remove`, with those of `set`, the `first` item of others,
    and some of them twice (`repeat`).
    """
    removed = tuple(edits.get("remove", ()))
    found = [(name, value) for name, value in headers if not name.lower().startswith(removed or ("\0",))]
    for name, value in edits.get("set", {}).items():
        found = [*((key, old) for key, old in found if key.lower() != name), (name, value)]
    for name in edits.get("first", ()):
        found = [(key, value.split(",")[0] if key.lower() == name else value) for key, value in found]
    return [*found, *((name, value) for name, value in found if name.lower() in edits.get("repeat", ()))]


@dataclass(frozen=True)
class ServerSent:
    """An event as it passes: its name and its data, which may be text."""

    name: str | None
    data: Any

    @property
    def kind(self) -> str:
        """The type of the event, with that of its delta behind a colon."""
        kind = self.data.get("type", "") if isinstance(self.data, dict) else ""
        delta = self.data.get("delta", {}).get("type") if isinstance(self.data, dict) else None
        return f"{kind}:{delta}" if delta else kind

    def encode(self) -> bytes:
        """The event as bytes."""
        name = f"event: {self.name}\n" if self.name else ""
        data = self.data if isinstance(self.data, str) else json.dumps(self.data)
        return f"{name}data: {data}\n\n".encode()


def events_of(response: HTTPResponse) -> Iterator[ServerSent]:
    """The events of a stream as they arrive."""
    name: str | None = None
    while line := response.readline():
        label, _, value = line.decode().rstrip("\n").partition(": ")
        if label == "event":
            name = value
        elif label == "data":
            yield ServerSent(name, json.loads(value))
            name = None


def altered(events: Iterator[ServerSent], how: Alteration) -> Iterator[ServerSent]:
    """The events of a stream after the alteration."""
    for event in _reshaped(events, how.stream):
        time.sleep(how.stream.get("delay", 0.0))
        edits = how.events.get(event.kind, how.events.get(event.kind.partition(":")[0]))
        event = ServerSent(event.name, edited(event.data, edits)) if edits else event
        name = how.stream.get("names", {}).get(event.name, event.name)
        yield ServerSent(name, event.data)


def _reshaped(events: Iterator[ServerSent], how: Mapping[str, Any]) -> Iterator[ServerSent]:
    held: ServerSent | None = None
    for event in events:
        if event.kind in how.get("drop", ()) or event.kind.partition(":")[0] in how.get("drop", ()):
            continue
        if event.kind == how.get("merge"):
            held = event if held is None else _merged(held, event)
            continue
        if event.kind == how.get("swap"):
            held = event
            continue
        if held is not None and "swap" not in how:
            yield held
            held = None
        yield from _parts(event) if event.kind == how.get("split") else [event]
        if held is not None:
            yield held
            held = None
        if event.kind == how.get("behind"):
            yield ServerSent(how.get("name"), how["send"])
        if event.kind == how.get("twice"):
            yield event
        if event.kind == how.get("stop"):
            return


def _merged(one: ServerSent, other: ServerSent) -> ServerSent:
    delta = {
        name: value + other.data["delta"][name] if name != "type" else value
        for name, value in one.data["delta"].items()
    }
    return ServerSent(one.name, {**one.data, "delta": delta})


def _parts(event: ServerSent) -> Iterator[ServerSent]:
    (member,) = (name for name in event.data["delta"] if name != "type")
    for part in event.data["delta"][member]:
        yield ServerSent(event.name, {**event.data, "delta": {**event.data["delta"], member: part}})


@contextmanager
def gateway(upstream: str, how: Alteration) -> Iterator[str]:
    """Serves a gateway in front of an upstream until the block ends; yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if how.withholds and self.path.startswith(how.withholds):
                self.whole(200, [("content-type", "application/json")], b'{"input_tokens": 1}')
                return
            if how.repeats:
                self.ask(body)[0].close()
            connection, response = self.ask(body)
            headers = [(name, value) for name, value in response.getheaders() if name.lower() not in _OF_THE_HOP]
            headers = with_headers(headers, how.headers)
            status = how.status.get(response.status, response.status)
            streams = (response.getheader("content-type") or "").startswith("text/event-stream")
            if not streams:
                self.whole(status, headers, self.edited(response.status, response.read()))
            elif how.transfer == "json":
                response.read()
                self.whole(status, [("content-type", "application/json")], b"{}")
            else:
                self.stream(status, headers, altered(events_of(response), how))
            connection.close()

        def ask(self, body: bytes) -> tuple[HTTPConnection, HTTPResponse]:
            for old, new in how.request_text.items():
                body = body.replace(old.encode(), new.encode())
            if how.request and body:
                body = json.dumps(edited(json.loads(body), how.request)).encode()
            path = self.path
            for old, new in how.path.items():
                path = path.replace(old, new)
            kept = [(name, value) for name, value in self.headers.items() if name.lower() not in _OF_THE_HOP]
            connection = HTTPConnection(upstream.removeprefix("http://"))
            connection.putrequest(self.command, path, skip_accept_encoding=True)
            for name, value in with_headers(kept, how.request_headers):
                if name.lower() != "accept-encoding":
                    connection.putheader(name, value)
            connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            return connection, connection.getresponse()

        def edited(self, status: int, body: bytes) -> bytes:
            edits = how.answer if status < 300 else how.error
            if edits:
                body = json.dumps(edited(json.loads(body), edits)).encode()
            for old, new in how.text.items():
                body = body.replace(old.encode(), new.encode())
            return body

        def head(self, status: int, headers: Headers) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)

        def whole(self, status: int, headers: Headers, body: bytes) -> None:
            if how.transfer == "gzip":
                headers, body = [*headers, ("content-encoding", "gzip")], gzip.compress(body)
            self.head(status, headers)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def stream(self, status: int, headers: Headers, events: Iterator[ServerSent]) -> None:
            packed = zlib.compressobj(wbits=31) if how.transfer == "gzip" else None
            self.head(status, [*headers, *([("content-encoding", "gzip")] if packed else [])])
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            kept = b""
            for event in events:
                data = event.encode()
                for old, new in how.text.items():
                    data = data.replace(old.encode(), new.encode())
                if packed is not None:
                    data = packed.compress(data) + packed.flush(zlib.Z_SYNC_FLUSH)
                if how.transfer == "buffered":
                    kept += data
                    continue
                for piece in _pieces(data, 7 if how.transfer == "rechunked" else len(data)):
                    self.chunk(piece)
            self.chunk(kept + (packed.flush() if packed is not None else b""))
            if how.transfer == "cut":
                self.close_connection = True
                return
            self.wfile.write(b"0\r\n\r\n")

        def chunk(self, data: bytes) -> None:
            if data:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

        do_GET = do_POST = do_HEAD = forward  # noqa: N815

    with serving(Handler) as url:
        yield url


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), max(size, 1)):
        yield data[start : start + size]
