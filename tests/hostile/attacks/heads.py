"""Attacks on the status line and the headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostile.attacks.attack import Attack, Layer
from hostile.canary import SPELLINGS
from hostile.draft import Draft

STATUS_LINES: Mapping[str, bytes] = {
    "no reason": b"HTTP/1.1 200",
    "HTTP/1.0": b"HTTP/1.0 200 OK",
    "HTTP/2": b"HTTP/2 200",
    "HTTP/0.9": b"HTTP/0.9 200 OK",
    "HTTP/9.9": b"HTTP/9.9 200 OK",
    "ICY": b"ICY 200 OK",
    "lower case": b"http/1.1 200 ok",
    "two spaces": b"HTTP/1.1  200  OK",
    "status 0": b"HTTP/1.1 000 OK",
    "status 99": b"HTTP/1.1 099 OK",
    "status 600": b"HTTP/1.1 600 OK",
    "status 999": b"HTTP/1.1 999 OK",
    "status 1000": b"HTTP/1.1 1000 OK",
    "status -1": b"HTTP/1.1 -1 OK",
    "status 2e2": b"HTTP/1.1 2e2 OK",
    "status of Arabic digits": "HTTP/1.1 \u0662\u0660\u0660 OK".encode(),
    "status 101": b"HTTP/1.1 101 Switching Protocols",
    "status 103": b"HTTP/1.1 103 Early Hints",
    "status 204": b"HTTP/1.1 204 No Content",
    "status 205": b"HTTP/1.1 205 Reset",
    "status 206": b"HTTP/1.1 206 Partial",
    "status 304": b"HTTP/1.1 304 Not Modified",
    "ANSI reason": b"HTTP/1.1 200 \x1b[2J\x07",
    "NUL reason": b"HTTP/1.1 200 \x00",
    "bytes": b"HTTP/1.1 200 \xff\xfe\x80",
    "long reason": b"HTTP/1.1 200 " + b"x" * 50_000,
    "garbage": bytes(range(1, 10)) + b"\x80\xff",
    "empty": b"",
    "request": b"GET / HTTP/1.1",
    "SSH": b"SSH-2.0-OpenSSH_9.9",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
}
"""Status lines by name, legal and not."""


@dataclass(frozen=True)
class StatusLine(Attack):
    """Another status line."""

    layer = Layer.HEAD
    name: str

    def apply(self, draft: Draft) -> None:
        draft.status_line = STATUS_LINES[self.name]
        still_an_error = draft.status >= 400 and self.name in READ_AS_ERRORS
        draft.illegible_line = self.name not in HARMLESS_LINES and not still_an_error


HARMLESS_LINES = frozenset({"no reason", "HTTP/1.0", "ANSI reason", "long reason", "bytes", "status 206", "status 205",
                            "lower case", "two spaces", "HTTP/9.9", "HTTP/0.9", "NUL reason",
                            "status of Arabic digits"})  # fmt: skip
"""Those that a lenient reader may take for a status 2xx."""


READ_AS_ERRORS = frozenset({"status 600", "status 999"})
"""Those that a client reads as 5xx (RFC 9110, section 15), so that the body of an error is still one."""


@dataclass(frozen=True)
class Status(Attack):
    """Any status with an honest body."""

    layer = Layer.HEAD
    status: int

    def apply(self, draft: Draft) -> None:
        draft.status = self.status


HEADERS: Mapping[str, tuple[bytes, bytes]] = {
    "no length and no end": (b"connection", b"close"),
    "another length": (b"content-length", b"7"),
    "negative length": (b"content-length", b"-1"),
    "huge length": (b"content-length", b"99999999999999999999"),
    "list of lengths": (b"content-length", b"5, 5"),
    "length in words": (b"content-length", b"five"),
    "chunked": (b"transfer-encoding", b"chunked"),
    "chunked twice": (b"transfer-encoding", b"chunked, chunked"),
    "gzip, chunked": (b"transfer-encoding", b"gzip, chunked"),
    "unknown transfer": (b"transfer-encoding", b"cow"),
    "upgrade": (b"upgrade", b"h2c"),
    "no type": (b"content-type", b""),
    "odd type": (b"content-type", b";;;=,"),
    "stream type": (b"content-type", b"text/event-stream"),
    "JSON type": (b"content-type", b"application/json; charset=utf-16; charset=latin-1"),
    "HTML type": (b"content-type", b"text/html"),
    "multipart type": (b"content-type", b"multipart/form-data; boundary=" + b"x" * 200),
    "long type": (b"content-type", b"application/json;" + b"a=b;" * 3_000),
    "retry": (b"retry-after", b"0"),
    "retry in words": (b"retry-after", b"soon"),
    "retry 1e308": (b"retry-after", b"1e308"),
    "retry NaN": (b"retry-after", b"nan"),
    "retry -5": (b"retry-after", b"-5"),
    "retry in 9999": (b"retry-after", b"Fri, 31 Dec 9999 23:59:59 GMT"),
    "retry in year 0": (b"retry-after", b"Mon, 01 Jan 0000 00:00:00 +9999"),
    "retry digits": (b"retry-after", b"9" * 5_000),
    "retry ms": (b"retry-after-ms", b"inf"),
    "should retry": (b"x-should-retry", b"true"),
    "location": (b"location", b"http://[::1"),
    "location of ports": (b"location", b"http://a:99999999/%zz\x80"),
    "cookie": (b"set-cookie", b"a=b; domain=.; expires=never; path=\x1b"),
    "ANSI": (b"x-note", b"\x1b]0;owned\x07"),
    "bytes": (b"x-note", b"\xff\xfe\xed\xa0\x80"),
    "UTF-8": (b"x-note", "\u202e\u3042".encode()),
    "NUL": (b"x-note", b"a\x00b"),
    "bare CR": (b"x-note", b"a\rb"),
    "folded": (b"x-note", b"a\r\n b"),
    "smuggled": (b"x-note", b"a\r\nx-api-key: other"),
    "no name": (b"", b"x"),
    "name with spaces": (b"x note", b"x"),
    "name in bytes": (b"x-\xff", b"x"),
    "long value": (b"x-note", b"y" * 14_000),
    "longer value": (b"x-note", b"y" * 90_000),
    "longest value": (b"x-note", b"y" * 400_000),
    "request id": (b"request-id", b"<script>\x1b[2J"),
    "empty request id": (b"request-id", b""),
    "limits": (b"anthropic-ratelimit-requests-remaining", b"-1e999"),
    "limit date": (b"anthropic-ratelimit-requests-reset", b"0000-99-99T99:99:99+99:99"),
    "date": (b"date", b"yesterday"),
    "trailer": (b"trailer", b"x-note"),
    "version": (b"anthropic-version", b"\x80"),
}
"""Headers by name."""


@dataclass(frozen=True)
class Header(Attack):
    """Adds a header, `times` times, in place of one of that name or beside it."""

    layer = Layer.HEAD
    name: str
    times: int = 1
    beside: bool = False

    def apply(self, draft: Draft) -> None:
        name, value = HEADERS[self.name]
        if not self.beside:
            draft.header(name, None)
        draft.headers += [(name, value)] * self.times
        if name == b"transfer-encoding":
            draft.chunked = False


@dataclass(frozen=True)
class Without(Attack):
    """Takes a header away; `content-length` then has to be replaced by the end of the connection."""

    layer = Layer.HEAD
    name: str

    def apply(self, draft: Draft) -> None:
        draft.header(self.name.encode(), None)


@dataclass(frozen=True)
class ManyHeaders(Attack):
    """Adds a number of different headers."""

    layer = Layer.HEAD
    count: int

    def apply(self, draft: Draft) -> None:
        draft.headers += [(f"x-h{number}".encode(), b"v") for number in range(self.count)]


@dataclass(frozen=True)
class AnyHeader(Attack):
    """Adds a header of any bytes."""

    layer = Layer.HEAD
    name: bytes
    value: bytes

    def apply(self, draft: Draft) -> None:
        draft.headers.append((self.name, self.value))


SPOKEN_HEADERS = (
    "x-echo", "set-cookie", "location", "www-authenticate", "request-id", "content-type", "retry-after",
    "content-encoding", "transfer-encoding", "content-length", "x-api-key", "date", "anthropic-organization-id", "link",
)  # fmt: skip
"""Headers in which an endpoint may repeat a key."""


@dataclass(frozen=True)
class SpokenHeader(Attack):
    """Puts the client's key into a header, its name, the reason phrase, or something in the head that is not HTTP."""

    layer = Layer.HEAD
    where: str
    spelling: str

    def apply(self, draft: Draft) -> None:
        text = SPELLINGS[self.spelling](draft.key).encode()
        match self.where:
            case "reason":
                draft.status_line = f"HTTP/1.1 {draft.status} ".encode() + text
            case "status line":
                draft.status_line = text
            case "version":
                draft.status_line = b"HTTP/" + text + b" 200 OK"
            case "name":
                draft.headers.append((b"x-" + text, b"1"))
            case "line":
                draft.headers.append((text, b""))
            case "status":
                draft.status_line = b"HTTP/1.1 " + text + b" OK"
            case "chunk":
                draft.header(b"transfer-encoding", b"chunked")
                draft.chunked = False
                draft.body = text + b"\r\n" + draft.body
            case "chunk extension":
                body = draft.body
                draft.header(b"transfer-encoding", b"chunked")
                draft.chunked = False
                draft.body = b"%x;k=" % len(body) + text + b"\r\n" + body + b"\r\n0\r\nx-note: " + text + b"\r\n\r\n"
            case "behind":
                draft.after.append(b"HTTP/1.1 200 " + text + b"\r\ncontent-length: 0\r\n\r\n" + text)
            case name:
                draft.header(name.encode(), text)
