"""JSON of files, within bounds: `strict_json` reads it, and what would take too much memory is refused before."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from conformance.base import strict_json
from conformance.base.files import Bounds, size
from conformance.base.strict_json import JsonReading

_MARK: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)
_LONGEST_INTEGER: Final = 4_000


def read(data: bytes, bounds: Bounds) -> JsonReading:
    """What a text says (see `strict_json`). Raises ValueError, as one sentence, where it crosses a bound.

    A text that is not ASCII may be half as long, or a quarter (`most`).
    """
    if len(data) > (room := most(data, bounds)):
        raise ValueError(f"the JSON is larger than {size(room)}")
    if _holds_more(data, bounds.values):
        raise ValueError(f"the JSON holds more than {bounds.values:,} values")
    return strict_json.read(data)


def most(data: bytes, bounds: Bounds) -> int:
    """How many bytes a text may have so that it fits the bounds in memory.

    Python keeps a text with two bytes for each character if one of them is not Latin, and with four if one is an emoji.
    """
    return bounds.bytes // (1 if data.isascii() else 4 if strict_json.has_astral(data) else 2)


def as_recorded(data: bytes, reading: JsonReading) -> Any:
    """The value of a text that was read, with halves of surrogate pairs and long numbers as they are written.

    Raises ValueError, as one sentence, for a number that nothing can hold.
    """
    if not reading.flaws or reading.problem is not None:
        return reading.value
    return json.loads(data.decode("utf-8-sig"), parse_int=_integer)


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number has more than {_LONGEST_INTEGER:,} digits")
    return int(digits)


def _holds_more(data: bytes, most: int) -> bool:
    """Whether a text holds more values. Counting what separates them is fast, but counts inside of strings as well."""
    if sum(map(data.count, (b",", b"[", b"{"))) < most:
        return False
    seen = 1
    for mark in _MARK.finditer(data):
        if data[mark.start()] != 0x22:
            seen += 1
            if seen > most:
                return True
    return False
