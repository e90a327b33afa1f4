r"""The one redactor: takes secrets out of everything that is written, by value.

A secret of `LONG` characters or more is found anywhere. A shorter one is also an ordinary word or number, so it is
taken out only where it is a whole JSON string, a field of an event stream, a header or part of one, or a part of a URL.

A spelling is the value itself, its ASCII letters in any case, or its Base64 (standard and URL-safe, alone, behind
`Bearer ` or inside something longer). In both, any character may be written as a URL escape (`%2F`), a JSON escape
(`\u002f`, `\/`) or an HTML reference (`&#47;`, `&#x2f;`, `&amp;`), escaped once or twice. What replaces it has the same
number of bytes, so that offsets, chunk boundaries and everything around it stay as they were.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape

from conformance.model import Chunk, Exchange, Json, Response, SentRequest, Trouble
from conformance.wire.credentials import HIDDEN, hide_in_header, hide_in_url, is_secret, recorded_secrets

LONG = 8
"""Characters from which on a secret is found inside other text as well."""

_MARK = HIDDEN.encode()
_BODY_ENDS = b'"\\\r\n'
_TEXT_ENDS = b" \t\r\n\"'\\,;:=&?/#@()<>[]"
_EDGES = b""
_JSON_SHORT_ESCAPES = b'"\\/bfnrt'
_WINDOW = 256 * 1024
_LONGEST_ESCAPE = 16
_ESCAPE = re.compile(
    rb"%(?:25){0,3}(?P<url>[0-9A-Fa-f]{2})"
    rb"|\\\\{0,3}u(?P<high>[Dd][89ABab][0-9A-Fa-f]{2})\\{1,4}u(?P<low>[Dd][C-Fc-f][0-9A-Fa-f]{2})"
    rb"|\\\\{0,3}u(?P<unit>[0-9A-Fa-f]{4})"
    rb'|\\\\{0,3}(?P<short>["/])|\\(?P<backslash>\\)'
    rb"|&(?:amp;)?(?P<html>(?:#[0-9]{1,9}|#[xX][0-9A-Fa-f]{1,8}|amp|lt|gt|quot|apos);)"
)
_STREAMED_TEXT = re.compile(rb'"(text|thinking|partial_json)"\s*:\s*"((?:[^"\\]|\\.)*+)"')


class Redactor:
    """Replaces every spelling of the secrets it was made with. Dummy keys (`DUMMY_KEYS`) are left alone."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(filter(is_secret, secrets))
        long = [secret for secret in self._secrets if len(secret) >= LONG]
        short = self._secrets.difference(long)
        self._needles = tuple(sorted({needle.lower() for secret in long for needle in _needles(secret)}))
        whole = {needle.lower() for secret in short for needle in _whole_needles(secret)}
        self._whole = {ends: _whole_pattern(whole, ends) for ends in (_BODY_ENDS, _TEXT_ENDS, _EDGES) if whole}
        self._longest = max(map(len, [*self._needles, *whole]), default=0)

    def data(self, data: bytes) -> bytes:
        """A body without the secrets, of the same number of bytes."""
        return self._redacted(data, _BODY_ENDS)

    def text(self, text: str) -> str:
        """A header, URL or message without the secrets; it has the same number of bytes in UTF-8."""
        return self._redacted(text.encode("utf-8", "surrogatepass"), _TEXT_ENDS).decode("utf-8", "surrogatepass")

    def json(self, value: Json) -> Json:
        """A JSON value with every string in it redacted, the keys of objects as well."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(item) for item in value]
        return value

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without the secrets: URL, headers, bodies (also across chunks and deltas), trouble."""
        if not self._longest:
            return exchange
        request, response, trouble = exchange.request, exchange.response, exchange.trouble
        return replace(
            exchange,
            request=SentRequest(
                request.method, self.text(request.url), self._headers(request.headers), self.data(request.body)
            ),
            response=self._response(response) if response is not None else None,
            trouble=Trouble(trouble.kind, self.text(trouble.message), trouble.at) if trouble is not None else None,
        )

    def recorded(self, exchange: Exchange) -> Exchange:
        """A recorded exchange, also without the credentials that it carries, wherever they occur."""
        secrets = self._secrets.union(recorded_secrets(exchange))
        redactor = self if secrets == self._secrets else Redactor(secrets)
        redacted = redactor.exchange(exchange)
        request, response = redacted.request, redacted.response
        url, sent = hide_in_url(request.url), _hide_credentials(request.headers)
        if url != request.url or sent != request.headers:
            redacted = replace(redacted, request=SentRequest(request.method, url, sent, request.body))
        if response is not None and (got := _hide_credentials(response.headers)) != response.headers:
            redacted = replace(redacted, response=replace(response, headers=got))
        return redacted

    def _redacted(self, data: bytes, ends: bytes) -> bytes:
        spans = _merged(
            (start + int(_second_half_of_escape(data, start)), end) for start, end in self._spans(data, ends)
        )
        if not spans:
            return data
        redacted = bytearray(data)
        for start, end in spans:
            redacted[start:end] = _mark(end - start)
        return bytes(redacted)

    def _spans(self, data: bytes, ends: bytes) -> Iterator[tuple[int, int]]:
        """Where the secrets are in `data`, overlapping ones one by one. `ends` delimit a short secret."""
        whole = self._whole.get(ends)
        yield from self._found(data.lower(), whole)
        if not self._longest or _ESCAPE.search(data) is None:
            return
        overlap = self._longest * _LONGEST_ESCAPE
        for offset in range(0, len(data), _WINDOW):
            plain = _unescaped(data[offset : offset + _WINDOW + overlap])
            for found in self._found(plain.data, whole):
                start, end = plain.origin(*found)
                yield offset + start, offset + end

    def _found(self, folded: bytes, whole: re.Pattern[bytes] | None) -> Iterator[tuple[int, int]]:
        for needle in self._needles:
            yield from ((start, start + len(needle)) for start in _occurrences(needle, folded))
        yield from (match.span() for match in (whole.finditer(folded) if whole is not None else ()))

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((self.text(name), self.text(value)) for name, value in headers)

    def _response(self, response: Response) -> Response:
        body = self._streamed_text(self.data(response.body))
        chunks, start = [], 0
        for chunk in response.chunks:
            end = start + len(chunk.data)
            chunks.append(Chunk(chunk.at, body[start:end]))
            start = end
        return replace(response, headers=self._headers(response.headers), chunks=tuple(chunks))

    def _streamed_text(self, body: bytes) -> bytes:
        """Redacts secrets that are split over the deltas of a stream."""
        spans: dict[bytes, list[tuple[int, int]]] = {}
        for match in _STREAMED_TEXT.finditer(body):
            spans.setdefault(match[1], []).append(match.span(2))
        redacted = bytearray(body)
        for pieces in spans.values():
            joined = self._redacted(b"".join(body[start:end] for start, end in pieces), _EDGES)
            position = 0
            for start, end in pieces:
                redacted[start:end] = joined[position : position + end - start]
                position += end - start
        return bytes(redacted)


def _hide_credentials(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, hide_in_header(name, value)) for name, value in headers)


def _whole_pattern(needles: Iterable[bytes], ends: bytes) -> re.Pattern[bytes]:
    """Matches a needle between the edges of the data, two of the bytes `ends`, or as a field of an event stream."""
    choice = b"|".join(re.escape(needle) for needle in sorted(needles, key=len, reverse=True))
    if not ends:
        return re.compile(rb"\A(?:" + choice + rb")\Z")
    other = b"[^" + re.escape(ends) + b"]"
    fields = (b"event:", b"event: ", b"data:", b"data: ", b"id:", b"id: ")
    before = b"|".join([rb"(?<!" + other + rb")", *(rb"(?<=" + re.escape(field) + rb")" for field in fields)])
    return re.compile(rb"(?:" + before + rb")(?:" + choice + rb")(?!" + other + rb")")


def _mark(length: int) -> bytes:
    return _MARK[:length].ljust(length, b"*")


def _second_half_of_escape(data: bytes, start: int) -> bool:
    r"""True for the `n` of `\n`: it belongs to an escape in front of the secret, and stays so that JSON stays JSON."""
    if start == 0 or data[start] not in _JSON_SHORT_ESCAPES:
        return False
    front = data[max(0, start - 64) : start]
    return (len(front) - len(front.rstrip(b"\\"))) % 2 == 1


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _needles(secret: str) -> Iterator[bytes]:
    """The byte strings to look for, where nothing is escaped."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(raw).rstrip(b"=")
        yield encode(b"Bearer " + raw).rstrip(b"=")
        for shift in range(3):
            # Only the characters that `raw` alone decides, where it starts `shift` bytes into a group of three.
            yield encode(b"\0" * shift + raw)[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]


def _whole_needles(secret: str) -> Iterator[bytes]:
    """The byte strings that a short secret can be as a whole, where nothing is escaped."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw
    for encode in (b64encode, urlsafe_b64encode):
        for value in (raw, b"Bearer " + raw):
            yield encode(value)
            yield encode(value).rstrip(b"=")


def _occurrences(needle: bytes, data: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


class _Plain:
    """Bytes to search in, in lower case, and where each of them came from.

    `pieces` are (position here, position in the original, length in the original or 0 for a piece that was not
    escaped), in order.
    """

    def __init__(self, data: bytes, pieces: list[tuple[int, int, int]]) -> None:
        self.data = data.lower()
        self._pieces = pieces
        self._starts = [piece[0] for piece in pieces]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `start` to `end` came from; escapes are taken whole."""
        here, there, length = self._piece(start)
        first = there if length else there + start - here
        here, there, length = self._piece(end - 1)
        return first, there + length if length else there + end - here

    def _piece(self, position: int) -> tuple[int, int, int]:
        return self._pieces[bisect_right(self._starts, position) - 1]


def _unescaped(data: bytes) -> _Plain:
    """The bytes with all escapes resolved."""
    plain = bytearray()
    pieces = [(0, 0, 0)]
    copied = 0
    for match in _ESCAPE.finditer(data):
        plain += data[copied : match.start()]
        pieces.append((len(plain), match.start(), match.end() - match.start()))
        plain += _meaning(match)
        copied = match.end()
        pieces.append((len(plain), copied, 0))
    return _Plain(bytes(plain + data[copied:]), pieces)


def _meaning(escape: re.Match[bytes]) -> bytes:
    """The bytes that one escape means."""
    kind = escape.lastgroup
    if kind == "url":
        return bytes.fromhex(escape["url"].decode())
    if kind == "low":
        units = bytes.fromhex((escape["high"] + escape["low"]).decode())
        return units.decode("utf-16-be").encode()
    if kind == "unit":
        return chr(int(escape["unit"], 16)).encode("utf-8", "surrogatepass")
    if kind == "html":
        return unescape(f"&{escape['html'].decode()}").encode("utf-8", "surrogatepass")
    return escape[escape.lastindex or 0]
