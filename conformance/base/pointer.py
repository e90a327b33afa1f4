"""JSON pointers (RFC 6901): naming a place in a JSON value, and finding what is there. Nothing here raises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.base.values import MISSING, Missing


def join(pointer: str, *steps: str | int) -> str:
    """The pointer to something inside what `pointer` points to (RFC 6901, section 3: `~` and `/` are escaped)."""
    return pointer + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def split(pointer: str) -> list[str]:
    """The reference tokens of a pointer, unescaped; none for the empty pointer, which is the whole value."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def look_up(value: Any, pointer: str) -> Any | Missing:
    """The value that a pointer points to, or MISSING."""
    for step in split(pointer):
        value = _inside(value, step)
        if isinstance(value, Missing):
            return MISSING
    return value


def spread(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """All (pointer, value) that a pointer with `*` for "each item of this array" points to and that exist."""
    places: list[tuple[str, Any]] = [("", value)]
    for step in split(pointer):
        places = [inner for place, outer in places for inner in _step_into(place, outer, step)]
    yield from places


def parent(pointer: str) -> str:
    """The pointer without its last step."""
    return pointer.rpartition("/")[0]


def is_within(pointer: str, outer: str) -> bool:
    """True where a pointer is `outer` or points to something inside it."""
    return pointer == outer or pointer.startswith(outer + "/")


def _inside(value: Any, step: str) -> Any | Missing:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) <= len(str(len(value))):
        index = int(step)
        return value[index] if index < len(value) else MISSING
    return MISSING


def _step_into(place: str, value: Any, step: str) -> list[tuple[str, Any]]:
    if step == "*" and isinstance(value, list):
        return [(join(place, index), item) for index, item in enumerate(value)]
    inner = _inside(value, step)
    return [] if isinstance(inner, Missing) else [(join(place, step), inner)]
