r"""Takes secrets out of everything that is written, by value.

Belongs here: finding a secret however it is spelled, and replacing it. Does not belong here: guessing what might be a
secret (no patterns, no header names), or the choice of secrets, which is the caller's.

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

from conformance.model import Chunk, Exchange, HarnessError, Json, Response, SentRequest, Trouble

MIN_LENGTH = 6
"""Characters that a secret has at least: a shorter one would take ordinary text away."""

_MARK = b"[redacted]"
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
    """Replaces every spelling of the secrets it was made with.

    Raises `HarnessError` (usage) where a secret is shorter than `MIN_LENGTH` characters; the message does not quote it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        unique = sorted(set(secrets))
        if any(len(secret) < MIN_LENGTH for secret in unique):
            raise HarnessError(
                f"A secret needs {MIN_LENGTH} characters or more: a shorter one cannot be told from ordinary text.",
                exit_code=4,
            )
        self._needles = tuple(sorted({needle.lower() for secret in unique for needle in _needles(secret)}))

    def data(self, data: bytes) -> bytes:
        """The same number of bytes, without the secrets."""
        spans = _merged(self._spans(data))
        if not spans:
            return data
        redacted = bytearray(data)
        for start, end in spans:
            redacted[start:end] = _mark(end - start)
        return bytes(redacted)

    def text(self, text: str) -> str:
        """The text without the secrets; it has the same number of bytes in UTF-8."""
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

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
        if not self._needles:
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

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where secrets stand in `data`, overlapping ones one by one."""
        folded = data.lower()
        for needle in self._needles:
            for start in _occurrences(needle, folded):
                yield start + int(_second_half_of_escape(data, start)), start + len(needle)
        if not self._needles or _ESCAPE.search(data) is None:
            return
        overlap = max(map(len, self._needles)) * _LONGEST_ESCAPE
        for offset in range(0, len(data), _WINDOW):
            plain = _unescaped(data[offset : offset + _WINDOW + overlap])
            for needle in self._needles:
                for found in _occurrences(needle, plain.data):
                    start, end = plain.origin(found, found + len(needle))
                    yield offset + start + int(_second_half_of_escape(data, offset + start)), offset + end

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((self.text(name), self.text(value)) for name, value in headers)

    def _response(self, response: Response) -> Response:
        body = self.data(response.body)
        if response.media_type == "text/event-stream":
            body = self._streamed_text(body)
        chunks, start = [], 0
        for chunk in response.chunks:
            end = start + len(chunk.data)
            chunks.append(Chunk(chunk.at, body[start:end]))
            start = end
        return replace(response, headers=self._headers(response.headers), chunks=tuple(chunks))

    def _streamed_text(self, body: bytes) -> bytes:
        """Redacts what stands in one piece only after the deltas of a stream have been put together."""
        spans: dict[bytes, list[tuple[int, int]]] = {}
        for match in _STREAMED_TEXT.finditer(body):
            spans.setdefault(match[1], []).append(match.span(2))
        redacted = bytearray(body)
        for pieces in spans.values():
            joined = self.data(b"".join(body[start:end] for start, end in pieces))
            position = 0
            for start, end in pieces:
                redacted[start:end] = joined[position : position + end - start]
                position += end - start
        return bytes(redacted)


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
    """The bytes that one escape stands for."""
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
