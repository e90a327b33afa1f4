r"""Escapes in bytes: undone one level at a time, and where in the original a found place came from.

Undone are the escapes of JSON (`\u002f`, `\/`, `\"`, `\\`), of programs (`\x2f`), of URLs (`%2F`, `%252F`) and of HTML
(`&#47;`, `&#x2f;`, `&sol;`, `&amp;`), and NUL bytes are left out, so that ASCII in UTF-16 and UTF-32 can be read. A
text that was escaped several times, in whatever order, is readable after as many levels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from html.entities import html5
from typing import Final

MOST_LEVELS: Final = 32
"""Levels that are undone. Each halves the backslashes in front of an escape, so deeper ones do not fit any body."""

_NAMES: Final = "|".join(
    sorted(name[:-1] for name, char in html5.items() if name[-1] == ";" and char.isascii())
).encode()
"""The names that HTML has for ASCII characters."""

_ESCAPE: Final = re.compile(
    rb"%(?:25(?=[0-9A-Fa-f]{2}))*+(?P<url>[0-9A-Fa-f]{2})"
    rb"|\\(?<!\\\\)(?P<pairs>(?:\\\\)*+)(?:"
    rb"u(?P<high>[Dd][89ABab][0-9A-Fa-f]{2})\\++u(?P<low>[Dd][C-Fc-f][0-9A-Fa-f]{2})"
    rb'|u(?P<unit>[0-9A-Fa-f]{4})|x(?P<byte>[0-9A-Fa-f]{2})|(?P<short>["/]))'
    rb"|\\(?<!\\\\)\\(?P<even>(?:\\\\)*+)"
    rb"|&(?:amp;(?=#|(?:" + _NAMES + rb");))*+(?P<html>(?:#[0-9]{1,9}|#[xX][0-9A-Fa-f]{1,8}|" + _NAMES + rb");)"
)
_NUL: Final = b"\0"
_BETWEEN_NULS: Final = re.compile(rb"[^\0]++")


def levels(data: bytes) -> Iterator[bytes]:
    """The data, and what it becomes as its escapes are undone again and again."""
    yield data
    for _ in range(MOST_LEVELS):
        if _NUL in data:
            data = data.translate(None, _NUL)
        elif _ESCAPE.search(data) is not None:
            data = _undone(data)
        else:
            return
        yield data


def fully_undone(data: bytes) -> bytes:
    """The data without any escape."""
    for undone in levels(data):
        data = undone
    return data


def origins(above: Sequence[bytes], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in the first of some levels that places in the next one after them came from.

    `spans` are in order and do not overlap. An escape is taken whole.
    """
    found = list(spans)
    for data in reversed(above):
        found = _with_nuls(data, found) if _NUL in data else _with_escapes(data, found)
    return found


def _undone(data: bytes) -> bytes:
    plain = bytearray()
    copied = 0
    for escape in _ESCAPE.finditer(data):
        plain += data[copied : escape.start()]
        plain += _meaning(escape)
        copied = escape.end()
    plain += data[copied:]
    return bytes(plain)


def _with_nuls(data: bytes, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """One level back, where that level is without the NUL bytes."""
    pieces = _BETWEEN_NULS.finditer(data)
    piece = next(pieces)
    before = 0
    found = []
    for start, end in spans:
        edges = []
        for position in (start, end - 1):
            while before + piece.end() - piece.start() <= position:
                before += piece.end() - piece.start()
                piece = next(pieces)
            edges.append(piece.start() + position - before)
        found.append((edges[0], edges[1] + 1))
    return found


def _with_escapes(data: bytes, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """One level back: both edges of each span, in one walk over the escapes."""
    escapes = _ESCAPE.finditer(data)
    escape = next(escapes, None)
    shift = 0
    found = []
    for start, end in spans:
        edges = []
        for position in (start, end - 1):
            while escape is not None and escape.start() - shift + len(_meaning(escape)) <= position:
                shift += escape.end() - escape.start() - len(_meaning(escape))
                escape = next(escapes, None)
            inside = escape is not None and escape.start() - shift <= position
            edges.append(escape.span() if escape is not None and inside else (position + shift, position + shift + 1))
        found.append((edges[0][0], edges[1][1]))
    return found


def _meaning(escape: re.Match[bytes]) -> bytes:
    """The bytes that one escape means, one level down."""
    kind = escape.lastgroup
    if kind == "url":
        return bytes.fromhex(escape["url"].decode())
    if kind == "even":
        return b"\\" * (1 + len(escape["even"]) // 2)
    if kind == "html":
        return unescape(f"&{escape['html'].decode()}").encode("utf-8", "surrogatepass")
    front = b"\\" * (len(escape["pairs"]) // 2)
    if kind == "low":
        return front + bytes.fromhex((escape["high"] + escape["low"]).decode()).decode("utf-16-be").encode()
    if kind == "byte":
        return front + bytes.fromhex(escape["byte"].decode())
    if kind == "unit":
        return front + chr(int(escape["unit"], 16)).encode("utf-8", "surrogatepass")
    return front + escape["short"]
