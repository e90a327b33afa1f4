"""Edits: changes of a JSON value at fixed places, as data. README.md describes them.

A place is a JSON pointer (RFC 6901) in which `*` means every item of an array or every member of an object. An edit
creates no parents: a place that does not exist is not edited.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.base.pointer import split
from conformance.model import Json
from conformance.reference.answer import dump


@dataclass(frozen=True)
class Place:
    """One place in a value: a member of an object, or an item of an array."""

    owner: Any
    key: Any

    @property
    def value(self) -> Any:
        """The value at the place."""
        return self.owner[self.key]

    def put(self, value: Any) -> None:
        """Replaces the value, or adds it."""
        self.owner[self.key] = value

    @property
    def exists(self) -> bool:
        """Whether there is a value; false for a member that could be added."""
        return isinstance(self.owner, list) or self.key in self.owner


def root_of(value: Json) -> Place:
    """The place of a whole value, so that it can be replaced too."""
    return Place({"": value}, "")


def places(root: Place, pointer: str, *, new: bool = False) -> list[Place]:
    """The places that a pointer with `*` names, in order. `new` includes object members that do not exist yet."""
    found = [root]
    steps = split(pointer)
    for number, step in enumerate(steps, 1):
        adding = new and number == len(steps)
        found = [inner for outer in found for inner in _inside(outer, step, adding)]
    return found


def edit(root: Place, operation: str, argument: Any) -> None:
    """Carries out one edit, given as a key of the table above and its value."""
    if operation in ("delete", "lift"):
        for pointer in argument:
            for place in reversed(places(root, pointer)):
                _delete(place) if operation == "delete" else _lift(place)
        return
    for pointer, value in argument.items():
        _EDITS[operation](root, pointer, value)


def _inside(place: Place, step: str, adding: bool) -> Iterator[Place]:
    if not place.exists:
        return
    value = place.value
    if isinstance(value, dict):
        keys = list(value) if step == "*" else [step] if step in value or adding else []
        yield from (Place(value, key) for key in keys)
    elif isinstance(value, list):
        last = len(value) if adding else len(value) - 1
        numbers = range(len(value)) if step == "*" else [int(step)] if step.isdecimal() and int(step) <= last else []
        yield from (Place(value, number) for number in numbers)


def _delete(place: Place) -> None:
    del place.owner[place.key]


def _lift(place: Place) -> None:
    members = place.value
    if isinstance(members, dict):
        _delete(place)
        place.owner.update(members)


def _set(root: Place, pointer: str, value: Json) -> None:
    for place in places(root, pointer, new=True):
        if isinstance(place.owner, dict) or place.key < len(place.owner):
            place.put(copy.deepcopy(value))


def _keep(root: Place, pointer: str, keys: list[str]) -> None:
    for place in places(root, pointer):
        place.put({key: value for key, value in place.value.items() if key in keys})


def _rename(root: Place, pointer: str, key: str) -> None:
    for place in places(root, pointer):
        place.owner[key] = place.owner.pop(place.key)


def _insert(root: Place, pointer: str, value: Json) -> None:
    for place in places(root, pointer, new=True):
        place.owner.insert(place.key, copy.deepcopy(value))


def _add(root: Place, pointer: str, number: float) -> None:
    for place in places(root, pointer):
        place.put(place.value + number)


def _transfer(root: Place, pointer: str, other: str) -> None:
    for source, target in zip(places(root, pointer), places(root, other), strict=True):
        target.put(target.value + source.value)
        source.put(0)


def _swap(root: Place, pointer: str, other: str) -> None:
    for one, two in zip(places(root, pointer), places(root, other), strict=True):
        first = one.value
        one.put(two.value)
        two.put(first)


def _replace(root: Place, pointer: str, words: Mapping[str, str]) -> None:
    for place in places(root, pointer):
        if isinstance(place.value, str):
            place.put(words.get(place.value, place.value))


def _wrap(root: Place, pointer: str, around: list[str]) -> None:
    for place in places(root, pointer):
        place.put(around[0] + place.value + around[1])


def _convert(root: Place, pointer: str, name: str) -> None:
    kind, conversion = CONVERSIONS[name]
    for place in places(root, pointer):
        if isinstance(place.value, kind):
            place.put(conversion(place.value))


CONVERSIONS: Mapping[str, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    "string": ((int, float), str),
    "json": ((dict, list), dump),
    "text": (list, lambda blocks: "".join(block.get("text", "") for block in blocks)),
    "backwards": ((str, list), lambda value: value[::-1]),
    "first-half": (str, lambda text: text[: len(text) // 2]),
    "first-item": (list, lambda items: items[:1]),
    "last-item": (list, lambda items: items[-1:]),
    "all-but-last-item": (list, lambda items: items[:-1]),
}
"""Conversions by name: the types that they apply to, anything else stays, and what they do. `json` writes JSON text,
`text` joins the texts of content blocks."""

_EDITS: Mapping[str, Callable[[Place, str, Any], None]] = {
    "set": _set,
    "keep": _keep,
    "rename": _rename,
    "insert": _insert,
    "add": _add,
    "transfer": _transfer,
    "swap": _swap,
    "replace": _replace,
    "wrap": _wrap,
    "convert": _convert,
}
