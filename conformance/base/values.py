"""JSON values: absent ones, whole numbers, and values described for people. Nothing here raises."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

SHOWN: Final = 120
"""Characters of a value that a finding shows; the whole value is in the journal."""

LONGEST: Final = 1_000
"""Characters of a text that quotes an endpoint: what a finding expects or saw, a pointer, a reason."""

LARGEST: Final = 2**63
"""Numbers beyond this count nothing, and Python refuses to mix or print the largest of them."""


class Missing:
    """The type of `MISSING`, which means a place that does not exist."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What `look_up` gives where there is nothing; different from a JSON null."""


def whole_number(value: Any | Missing) -> int | None:
    """The value as an integer, in JSON Schema's sense (5.0 is one, true is not), or None; also None beyond 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > LARGEST or math.isnan(value) or value != int(value):
        return None
    return int(value)


def kind(value: Any | Missing) -> str:
    """What a value is, with its article: "a string", "null", "nothing"."""
    if isinstance(value, Missing):
        return "nothing"
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a boolean"
    names: tuple[tuple[type, str], ...] = (
        (str, "a string"),
        (dict, "an object"),
        (list, "an array"),
        (int, "a number"),
        (float, "a number"),
    )
    return next((name for type_, name in names if isinstance(value, type_)), "something that is not JSON")


def show(value: Any | Missing, limit: int = SHOWN) -> str:
    """A value as JSON in one line, cut after `limit` characters; "missing" for MISSING.

    Looks at no more of a value than it shows, which may be a whole answer.
    """
    if isinstance(value, Missing):
        return "missing"
    text = ""
    try:
        for piece in _pieces(value, limit):
            text += piece
            if len(text) > limit:
                return text[:limit] + "..."
    except (ValueError, TypeError, RecursionError):
        return kind(value)
    return text


def _pieces(value: Any, limit: int) -> Iterator[str]:
    """A value as `json.dumps` writes it, piece by piece; a string ends early where it is longer than `limit`."""
    if isinstance(value, str):
        yield json.dumps(value[: limit + 1])
    elif isinstance(value, dict):
        yield "{"
        for number, (name, item) in enumerate(value.items()):
            yield ", " if number else ""
            yield f"{json.dumps(str(name)[: limit + 1])}: "
            yield from _pieces(item, limit)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(item, limit)
        yield "]"
    else:
        yield json.dumps(value)


def shortened(text: str, limit: int = LONGEST) -> str:
    """The text, cut to `limit` characters of which the last one shows the cut."""
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def printable(text: str) -> str:
    """The text in one line, with what is invisible or steers a terminal (controls, bidi marks, halves of surrogate
    pairs) as Python escapes it.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def strings(value: Any, *, names: bool = False) -> Iterator[str]:
    """Every string in a value, in no particular order; keys of objects only where `names` is True."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
            yield from item if names else ()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str):
            yield item
