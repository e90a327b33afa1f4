"""Dataclasses as JSON values, and back with every type checked."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from conformance.base.pointer import join


class MisfitError(ValueError):
    """A value that does not fit. `place` is its JSON pointer, and the message says what is wrong with it."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def encode(value: Any) -> Any:
    """A dataclass as JSON values: mappings get text keys, tuples become lists, enum members their values."""
    if is_dataclass(value):
        return {item.name: encode(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def decode(kind: Any, value: Any, place: str = "") -> Any:
    """Reads `value` as `kind`: a dataclass, tuple, mapping, union with None, enum, plain type, or Any.

    Members that the dataclass does not have are left out. Raises MisfitError.
    """
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin is types.UnionType:
        return None if value is None else decode(get_args(kind)[0], value, place)
    if origin is tuple and isinstance(value, list):
        return tuple(decode(get_args(kind)[0], item, join(place, index)) for index, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        key_kind, item_kind = get_args(kind)
        return {_key(key_kind, key, place): decode(item_kind, item, join(place, key)) for key, item in value.items()}
    if is_dataclass(kind) and isinstance(value, dict):
        return _decode_fields(kind, value, place)
    if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
        return _converted(kind, value, place)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise MisfitError(place, f"unexpected type {type(value).__name__}")


@cache
def _shape(kind: Any) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(kind)
    return [
        (item.name, hints[item.name], item.default is MISSING and item.default_factory is MISSING)
        for item in fields(kind)
    ]


def _decode_fields(kind: Any, value: dict[str, Any], place: str) -> Any:
    arguments = {}
    for name, hint, required in _shape(kind):
        if name in value:
            arguments[name] = decode(hint, value[name], join(place, name))
        elif required:
            raise MisfitError(join(place, name), "the key is missing")
    return kind(**arguments)


def _key(kind: Any, key: str, place: str) -> Any:
    return key if kind is str else _converted(kind, key, place)


def _converted(kind: Callable[[str], Any], value: str, place: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise MisfitError(place, f"unknown value {value!r}") from None
