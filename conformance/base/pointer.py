"""JSON pointers (RFC 6901) and short words about JSON values.

Belongs here: finding a value inside any JSON value, naming the place, and showing a value in one line. Does not belong
here: any opinion about what was found. Nothing here raises, whatever the value is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final

from conformance.model import Json

SHOWN: Final = 120
"""Characters of a value that a finding shows; the whole value is in the journal."""


LARGEST: Final = 2**63
"""Numbers beyond this count nothing, and Python refuses to mix or print the largest of them."""


class Missing:
    """The type of `MISSING`, which stands for a place that does not exist."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What `look_up` gives where there is nothing; different from a JSON null."""


def join(pointer: str, *steps: str | int) -> str:
    """The pointer to something inside what `pointer` points to (RFC 6901, section 3: `~` and `/` are escaped)."""
    return pointer + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def split(pointer: str) -> list[str]:
    """The reference tokens of a pointer, unescaped; none for the empty pointer, which is the whole value."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def look_up(value: Json, pointer: str) -> Json | Missing:
    """The value that a pointer points to, or MISSING."""
    for step in split(pointer):
        value = _inside(value, step)
        if isinstance(value, Missing):
            return MISSING
    return value


def spread(value: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    """All (pointer, value) that a pointer with `*` for "each item of this array" points to and that exist."""
    places: list[tuple[str, Json]] = [("", value)]
    for step in split(pointer):
        places = [inner for place, outer in places for inner in _step_into(place, outer, step)]
    yield from places


def parent(pointer: str) -> str:
    """The pointer without its last step."""
    return pointer.rpartition("/")[0]


def is_within(pointer: str, outer: str) -> bool:
    """True where a pointer is `outer` or points to something inside it."""
    return pointer == outer or pointer.startswith(outer + "/")


def whole_number(value: Json | Missing) -> int | None:
    """The value as an integer, in JSON Schema's sense (5.0 is one, true is not), or None; also None beyond 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > LARGEST or math.isnan(value) or value != int(value):
        return None
    return int(value)


def kind(value: Json | Missing) -> str:
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


def show(value: Json | Missing, limit: int = SHOWN) -> str:
    """A value as JSON in one line, cut after `limit` characters; "missing" for MISSING."""
    if isinstance(value, Missing):
        return "missing"
    try:
        text = json.dumps(value)
    except (ValueError, TypeError, RecursionError):
        return kind(value)
    return text if len(text) <= limit else text[:limit] + "..."


def _inside(value: Json, step: str) -> Json | Missing:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) <= len(str(len(value))):
        index = int(step)
        return value[index] if index < len(value) else MISSING
    return MISSING


def _step_into(place: str, value: Json, step: str) -> list[tuple[str, Json]]:
    if step == "*" and isinstance(value, list):
        return [(join(place, index), item) for index, item in enumerate(value)]
    inner = _inside(value, step)
    return [] if isinstance(inner, Missing) else [(join(place, step), inner)]
