r"""The one redactor: takes secrets out of everything that is written, by value.

A secret of `LONG` characters or more is found anywhere. A shorter one is also an ordinary word or number, so it is
taken out only where it is a whole JSON string, a field of an event stream, a header or part of one, or a part of a URL.

A spelling is the value itself, its ASCII letters in any case, its Base64 (standard and URL-safe, alone, behind
`Bearer ` or inside something longer) and its hexadecimal digits, or one of them escaped as `escapes.py` knows it, to
any depth and in any mixture, also inside Base64. What replaces it has the same number of bytes, so that offsets, chunk
boundaries and everything around it stay as they were.

A secret that is in one piece only once the parts of a body are put together is taken out as well: strings of one name
are looked at joined. Whoever still manages to have a reader put it together loses every text of the body.
"""

from __future__ import annotations

import re
from array import array
from base64 import b64encode, urlsafe_b64encode
from binascii import a2b_base64
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

from conformance.base.values import strings
from conformance.model import Json
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest, Trouble
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply
from conformance.wire.credentials import (
    HIDDEN,
    WORDS,
    hide_in_got,
    hide_in_sent,
    hide_in_url,
    is_secret,
    recorded_secrets,
)
from conformance.wire.escapes import fully_undone, levels, origins

LONG: Final = 8
"""Characters from which on a secret is found inside other text as well."""

_SHORTEST_UNDONE: Final = 5
"""Characters of a long secret once the escapes are undone that it seems to have."""

_MARK: Final = HIDDEN.encode()
_BODY_ENDS: Final = b'"\\\r\n'
_TEXT_ENDS: Final = b" \t\r\n\"'\\,;:=&?/#@()<>[]"
_EDGES: Final = b""
_FIELDS: Final = (b"event:", b"event: ", b"data:", b"data: ", b"id:", b"id: ")
_BACKSLASH: Final = 0x5C
_JSON_SHORT_ESCAPES: Final = b'"\\/bfnrt'
_JSON_CONTROLS: Final = b"bfnrt"
_OTHER_CHARSETS: Final = ("utf-7", "cp037", "cp500", "utf-16-le", "utf-16-be", "latin-1")
"""Encodings in which a key is other bytes. NUL bytes are left out everywhere."""

_MEMBER: Final = re.compile(rb'(?<!\\)"((?:[^"\\]|\\.)*+)"\s*+:\s*+"((?:[^"\\]|\\.)*+)"', re.DOTALL)
"""A member of a JSON object whose value is a string. Its first quote is not escaped, which keeps the search linear."""

_BASE64: Final = re.compile(
    rb"(?<![A-Za-z0-9+/_-])(?=[a-z_-]*+[A-Z0-9+/])[A-Za-z0-9+/_-]{12,}+(?:(?:\\++[nr]|[\r\n])++[A-Za-z0-9+/_-]++)*+"
)
"""Base64 in one or more lines. What has neither capitals nor digits is a name."""

_LINE_ENDS: Final = re.compile(rb"\\++[nr]|[\r\n]")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_MOST_PACKED: Final = 2
"""How often Base64 inside Base64 is looked into."""

_MOST_COPIES: Final = 4
_SMALLEST_ROOM: Final = 32 * 1024 * 1024
"""Bytes of all levels of a body together, and how often the body: beyond both, a body of escapes is hidden whole."""


class Redactor:
    """Replaces every spelling of the secrets it was made with. Dummy keys (`DUMMY_KEYS`) are left alone."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(filter(is_secret, secrets))
        long = [secret for secret in self._secrets if len(secret) >= LONG]
        short = self._secrets.difference(long)
        self._needles = tuple(sorted({needle.lower() for secret in long for needle in _needles(secret)}))
        whole = {needle.lower() for secret in short for needle in _whole_needles(secret)}
        self._whole = {ends: tuple(_whole_patterns(whole, ends)) for ends in (_BODY_ENDS, _TEXT_ENDS, _EDGES)}
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
        redacted = replace(
            exchange,
            request=SentRequest(
                request.method, self.text(request.url), self._headers(request.headers), self.data(request.body)
            ),
            response=self._response(response) if response is not None else None,
            trouble=Trouble(trouble.kind, self.text(trouble.message), trouble.at) if trouble is not None else None,
        )
        return self._as_read(redacted)

    def recorded(self, exchange: Exchange) -> Exchange:
        """A recorded exchange, also without the credentials that it carries, wherever they occur."""
        secrets = self._secrets.union(recorded_secrets(exchange))
        redactor = self if secrets == self._secrets else Redactor(secrets)
        return redactor.exchange(_without_credentials(exchange))

    def _redacted(self, data: bytes, ends: bytes) -> bytes:
        if not self._longest:
            return data
        spans = _merged((_behind_escape(data, start), end) for start, end in self._spans(data, ends))
        if not spans:
            return data
        redacted = bytearray(data)
        for start, end in spans:
            redacted[start:end] = _mark(end - start)
        return bytes(redacted)

    def _spans(self, data: bytes, ends: bytes, packed: int = 0) -> Iterator[tuple[int, int]]:
        """Where the secrets are in `data`, overlapping ones one by one. `ends` delimit a short secret, `packed` is how
        often `data` was in Base64.
        """
        above: list[bytes] = []
        room = max(_SMALLEST_ROOM, _MOST_COPIES * len(data))
        for level in levels(data):
            room -= len(level)
            if room < 0:
                yield 0, len(data)
                return
            found = _merged((*self._found(level.lower(), ends), *self._in_base64(level, packed)))
            yield from origins(above, found) if found else ()
            above.append(level)

    def _found(self, folded: bytes, ends: bytes) -> Iterator[tuple[int, int]]:
        for needle in self._needles:
            yield from ((start, start + len(needle)) for start in _occurrences(needle, folded))
        for whole in self._whole[ends]:
            yield from (match.span() for match in whole.finditer(folded))

    def _in_base64(self, data: bytes, packed: int) -> Iterator[tuple[int, int]]:
        """What is Base64 of something that has a long secret in it, in a spelling of its own."""
        if packed == _MOST_PACKED or not self._needles or _BASE64.search(data) is None:
            return
        runs = [run.span() for run in _BASE64.finditer(data)]
        texts = [_LINE_ENDS.sub(b"", data[start:end]).translate(_STANDARD) for start, end in runs]
        hit: set[int] = set()
        for shift in range(4):
            plain = [a2b_base64(text[shift:] + b"A" * (-(len(text) - shift) % 4)) for text in texts]
            ends = list(accumulate(len(each) + 1 for each in plain))
            for start, end in self._spans(b"\n".join(plain), b"", packed + 1):
                hit.update(range(bisect_right(ends, start), bisect_left(ends, end) + 1))
        yield from (runs[number] for number in sorted(hit))

    def _tells(self, text: str) -> bool:
        """Whether a text that a reader put together has a secret in it."""
        return next(self._spans(text.encode("utf-8", "surrogatepass"), _EDGES), None) is not None

    def _headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((self.text(name), self.text(value)) for name, value in headers)

    def _response(self, response: Response) -> Response:
        headers, body = self._headers(response.headers), self._joined(self.data(response.body))
        if headers != response.headers:
            response = replace(response, headers=headers)
        return response if body == response.body else _with_body(response, body)

    def _joined(self, body: bytes) -> bytes:
        """Redacts what is in one piece only after the strings of one name have been put together."""
        edges: dict[bytes, array[int]] = {}
        for match in _MEMBER.finditer(body):
            name = fully_undone(match[1]) if b"\\" in match[1] else match[1]
            edges.setdefault(name, array("q")).extend(match.span(2))
        redacted = None
        for found in edges.values():
            if len(found) == 2:
                continue  # it was looked at before, as part of the whole body
            starts, ends = found[::2], found[1::2]
            joined = b"".join(map(body.__getitem__, map(slice, starts, ends)))
            hidden = self._redacted(joined, _EDGES)
            if hidden is joined:
                continue
            redacted = bytearray(body) if redacted is None else redacted
            position = 0
            for start, end in zip(starts, ends, strict=True):
                redacted[start:end] = hidden[position : position + end - start]
                position += end - start
        return body if redacted is None else bytes(redacted)

    def _as_read(self, exchange: Exchange) -> Exchange:
        """Takes every text out of an answer that still has a secret once a reader has put it together.

        A reader may do that with what broke off as well, although we do not.
        """
        reply, response = Reply(replace(exchange, trouble=None)), exchange.response
        if response is None or not any(map(self._tells, _texts_read(reply))):
            return exchange
        body = bytearray(response.body)
        for match in _MEMBER.finditer(response.body):
            if match[2].decode("utf-8", "replace").lower() not in WORDS:
                body[slice(*match.span(2))] = _mark(len(match[2]))
        return replace(exchange, response=_with_body(response, bytes(body)))


def _texts_read(reply: Reply) -> Iterator[str]:
    """What a reader puts together of an answer: the text of all blocks, and where it is a stream, each string."""
    yield text_of(reply)
    if reply.events is not None:
        yield from strings(reply.message, names=True)


def _with_body(response: Response, body: bytes) -> Response:
    """The response with another body of the same length, cut as before."""
    ends = [0]
    for chunk in response.chunks:
        ends.append(ends[-1] + len(chunk.data))
    parts = zip(response.chunks, pairwise(ends), strict=True)
    return replace(response, chunks=tuple(Chunk(chunk.at, body[start:end]) for chunk, (start, end) in parts))


def _without_credentials(exchange: Exchange) -> Exchange:
    """The exchange with marks in the places of its credentials."""
    request, response = exchange.request, exchange.response
    url, sent = hide_in_url(request.url), tuple((name, hide_in_sent(name, value)) for name, value in request.headers)
    if url != request.url or sent != request.headers:
        request = replace(request, url=url, headers=sent)
    if response is not None:
        got = tuple((name, hide_in_got(name, value)) for name, value in response.headers)
        response = replace(response, headers=got) if got != response.headers else response
    return replace(exchange, request=request, response=response)


def _whole_patterns(needles: Iterable[bytes], ends: bytes) -> Iterator[re.Pattern[bytes]]:
    """Match a needle between the edges of the data, two of the bytes `ends`, or as a field of an event stream.

    Each begins with its needle, which is found fast; what is before it is looked at afterwards. A search that takes
    seconds would hold off an interrupt for as long.
    """
    other = b"[^" + re.escape(ends) + b"]"
    for needle in map(re.escape, sorted(needles)):
        if not ends:
            yield re.compile(rb"\A" + needle + rb"\Z")
            continue
        fields = b"|".join(rb"(?<=" + re.escape(field) + needle + rb")" for field in _FIELDS)
        yield re.compile(needle + rb"(?:(?<!" + other + needle + rb")|" + fields + rb")(?!" + other + rb")")


def _mark(length: int) -> bytes:
    return _MARK[:length].ljust(length, b"*")


def _behind_escape(data: bytes, start: int) -> int:
    r"""Where to begin: behind the `n` of `\n`, which belongs to an escape in front of the secret, so that JSON stays
    JSON. In JSON inside JSON the backslash is written twice or more often.
    """
    if start == 0 or data[start - 1] != _BACKSLASH or data[start] not in _JSON_SHORT_ESCAPES:
        return start
    front = data[max(0, start - 64) : start]
    odd = (len(front) - len(front.rstrip(b"\\"))) % 2 == 1
    return start + int(odd or data[start] in _JSON_CONTROLS)


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
    yield raw.hex().encode()
    # A secret that looks escaped itself, and encodings in which ASCII is other bytes.
    foreign = (secret.encode(charset, "ignore").translate(None, b"\0") for charset in _OTHER_CHARSETS)
    yield from (other for other in (fully_undone(raw), *foreign) if len(other) >= _SHORTEST_UNDONE)
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
