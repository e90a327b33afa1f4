"""JSON that somebody else wrote, read as RFC 8259 and I-JSON (RFC 7493) have it. Nothing here raises.

Python reads more than JSON is, guesses encodings, keeps the last of two members with one name, and raises where a text
is too deep or a number too long. Here each of these is a flaw with a place. Where no reader can read the text, there is
no value; otherwise there is one, and the flaws say what another reader may read differently.

A value never holds an infinite number, half a surrogate pair, or more than `DEEPEST` levels, so that it can be computed
with, printed, written and sent.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from dataclasses import dataclass
from sys import intern
from typing import Any, Final, Literal

from conformance.base.pointer import join

DEEPEST: Final = 128
"""Arrays and objects within each other; a deeper text is not read."""

EXACT: Final = 2**53
"""Integers beyond this are not the same number to every reader (RFC 7493, section 2.2)."""

MOST_FLAWS: Final = 20
"""Flaws of one text that are kept."""

_OBJECT, _MEMBER, _ITEM = 130, 40, 55
"""Bytes of memory that an object takes, the name of a member, and one more value."""

REPLACEMENT: Final = "\ufffd"
"""What half a surrogate pair is replaced by."""

FlawKind = Literal["encoding", "byte-order-mark", "syntax", "depth", "duplicate", "number", "surrogate"]

_BOM_CHARACTER: Final = "\ufeff"
_LONGEST_INTEGER: Final = 40
_LARGEST: Final = 1.7976931348623157e308
_FOUR_BYTES: Final = re.compile(rb"[\xf0-\xf4]")
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_HALF_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_HALF: Final = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a text, and where: a JSON pointer into its value, or a byte offset into the text."""

    kind: FlawKind
    what: str
    pointer: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class JsonReading:
    """What a text says. `flaws` are in the order of the text; `problem` is why there is no value, or None."""

    value: Any = None
    flaws: tuple[Flaw, ...] = ()
    problem: str | None = None


def read(data: bytes | str) -> JsonReading:
    """Reads a text, or bytes that have to be UTF-8.

    A byte order mark in front is a flaw and is then ignored (RFC 8259, section 8.1).
    """
    flaws: list[Flaw] = []
    if isinstance(data, bytes):
        marked = data.startswith(codecs.BOM_UTF8)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as problem:
            what = f"byte 0x{data[problem.start]:02x} at offset {problem.start} is not UTF-8: {problem.reason}"
            return _unread(Flaw("encoding", what, offset=problem.start))
    else:
        marked, text = data.startswith(_BOM_CHARACTER), data
    if marked:
        text = text.removeprefix(_BOM_CHARACTER)
        flaws.append(Flaw("byte-order-mark", "a byte order mark in front of the JSON", offset=0))
    if (deep := _too_deep(text)) is not None:
        offset = _bytes_before(text, deep, marked=marked)
        return _unread(*flaws, Flaw("depth", f"the JSON has more than {DEEPEST} levels", offset=offset))
    try:
        value, plain = _read_plainly(text)
        if not plain:
            value = _read_closely(text, flaws)
    except json.JSONDecodeError as problem:
        offset = _bytes_before(text, problem.pos, marked=marked)
        return _unread(*flaws, Flaw("syntax", f"{problem.msg} at offset {offset}", offset=offset))
    except (ValueError, RecursionError) as problem:
        return _unread(*flaws, Flaw("syntax", str(problem)))
    return JsonReading(value, tuple(flaws[:MOST_FLAWS]))


def weight(data: bytes) -> int:
    """About how many bytes of memory a text, its value, and what is put together of its strings take.

    Counts what can begin a value, inside of strings as well: that is fast, and no real text has so many. Characters
    outside of the Basic Multilingual Plane make Python keep a string with four bytes for each of its characters.
    """
    characters = 4 * len(data) if has_astral(data) else len(data)
    members, items = data.count(b":"), data.count(b"[") + data.count(b",")
    return 3 * characters + _OBJECT * data.count(b"{") + _MEMBER * members + _ITEM * items


def has_astral(data: bytes) -> bool:
    """Whether UTF-8 has a character outside of the Basic Multilingual Plane, such as an emoji."""
    return _FOUR_BYTES.search(data) is not None


def whole_text(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair that lacks the other."""
    return _HALF.sub(REPLACEMENT, text)


def _unread(*flaws: Flaw) -> JsonReading:
    return JsonReading(None, flaws, flaws[-1].what)


def _bytes_before(text: str, position: int, *, marked: bool) -> int:
    return len(text[:position].encode("utf-8", "surrogatepass")) + (len(codecs.BOM_UTF8) if marked else 0)


def _too_deep(text: str) -> int | None:
    """The position of the bracket that opens one level too many, or None."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return None
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            if depth > DEEPEST:
                return token.start()
        elif token[0] in ("]", "}"):
            depth -= 1
    return None


def _read_plainly(text: str) -> tuple[Any, bool]:
    """The value at full speed, and whether it is free of flaws; if not, the text is read again more slowly."""
    plain = _HALF_ESCAPED.search(text) is None

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal plain
        value = {intern(name): item for name, item in pairs}
        if type(kind := value.get("type")) is str:
            value["type"] = intern(kind)
        plain = plain and len(value) == len(pairs)
        return value

    def integer(digits: str) -> float:
        nonlocal plain
        number = _integer(digits)
        plain = plain and abs(number) <= EXACT
        return number

    def real(digits: str) -> float:
        nonlocal plain
        number = float(digits)
        plain = plain and math.isfinite(number)
        return number

    value = json.loads(
        text, object_pairs_hook=members, parse_int=integer, parse_float=real, parse_constant=_no_constant
    )
    return value, plain


def _integer(digits: str) -> float:
    """An integer as Python reads it; one that nobody needs in full as the double that JavaScript makes of it."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _no_constant(name: str) -> Any:
    """NaN and the infinities, which Python reads and JSON does not have (RFC 8259, section 6)."""
    raise ValueError(f"{name} is not JSON")


@dataclass
class _Members:
    """An object with all its members, in order."""

    pairs: list[tuple[str, Any]]


@dataclass
class _Number:
    """A number that is not exact."""

    digits: str


_Place = tuple["_Place | None", "str | int"] | None
"""A place as its parent and the last step; the pointer is written where it is needed, because it may be long."""


@dataclass
class _Builder:
    """Turns a marked value into a plain one and notes what is wrong on the way."""

    flaws: list[Flaw]

    def build(self, value: Any, place: _Place) -> Any:
        match value:
            case _Members(pairs):
                return self._object(pairs, place)
            case list():
                return [self.build(item, (place, index)) for index, item in enumerate(value)]
            case _Number(digits):
                shown = digits if len(digits) <= _LONGEST_INTEGER else f"{digits[:_LONGEST_INTEGER]}..."
                self._note("number", f"the number {shown}, which a double does not hold exactly", place)
                number = _integer(digits) if digits.lstrip("-").isdigit() else float(digits)
                return max(-_LARGEST, min(_LARGEST, number)) if isinstance(number, float) else number
            case str():
                return self._string(value, place)
            case _:
                return value

    def _object(self, pairs: list[tuple[str, Any]], place: _Place) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for written, item in pairs:
            name = whole_text(written)
            here = (place, name)
            if name != written:
                self._note("surrogate", "half a surrogate pair in a member name", here)
            if name in members:
                self._note("duplicate", "two members with one name", here)
            members[name] = self.build(item, here)
        return members

    def _string(self, value: str, place: _Place) -> str:
        whole = whole_text(value)
        if whole != value:
            self._note("surrogate", "half a surrogate pair", place)
        return whole

    def _note(self, kind: FlawKind, what: str, place: _Place) -> None:
        if len(self.flaws) < MOST_FLAWS:
            self.flaws.append(Flaw(kind, what, _pointer(place)))


def _pointer(place: _Place) -> str:
    steps: list[str | int] = []
    while place is not None:
        place, step = place
        steps.append(step)
    return join("", *reversed(steps))


def _read_closely(text: str, flaws: list[Flaw]) -> Any:
    """The value again, with the place of each flaw. Its depth is bounded, so it may be walked recursively."""

    def integer(digits: str) -> Any:
        number = _integer(digits)
        return number if abs(number) <= EXACT else _Number(digits)

    def real(digits: str) -> Any:
        number = float(digits)
        return number if math.isfinite(number) else _Number(digits)

    marked = json.loads(
        text, object_pairs_hook=_Members, parse_int=integer, parse_float=real, parse_constant=_no_constant
    )
    return _Builder(flaws).build(marked, None)
