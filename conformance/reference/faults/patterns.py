"""Patterns: what a JSON value has to look like for a fault to act on it. README.md describes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.base.values import MISSING
from conformance.model import Json

Pattern = Json
"""A pattern as data."""


def matches(pattern: Pattern, value: Any) -> bool:
    """Whether a JSON value, or MISSING, matches a pattern."""
    if isinstance(pattern, dict):
        return all(
            _CONDITIONS[key](argument, value) if key in _CONDITIONS else _has(value, key, argument)
            for key, argument in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and _contains(pattern, iter(value))
    return type(pattern) is type(value) and pattern == value


def broken_expressions(pattern: Pattern) -> Iterator[tuple[str, str]]:
    """The regular expressions of a pattern that do not compile, each with what is wrong."""
    if isinstance(pattern, dict):
        for key, argument in pattern.items():
            if key == "$matches":
                try:
                    re.compile(argument)
                except re.error as problem:
                    yield argument, str(problem)
            else:
                yield from broken_expressions(argument)
    elif isinstance(pattern, list):
        for item in pattern:
            yield from broken_expressions(item)


def _has(value: Any, key: str, pattern: Pattern) -> bool:
    name = key.removeprefix("$") if key.startswith("$$") else key
    return isinstance(value, Mapping) and matches(pattern, value.get(name, MISSING))


def _contains(patterns: list[Pattern], items: Iterator[Any]) -> bool:
    return all(any(matches(pattern, item) for item in items) for pattern in patterns)


def _anywhere(pattern: Pattern, value: Any) -> bool:
    if matches(pattern, value):
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_anywhere(pattern, item) for item in inner)


def _type(value: Any) -> str | None:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return "null" if value is None else kinds.get(type(value))


_CONDITIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$exists": lambda wanted, value: (value is not MISSING) is wanted,
    "$type": lambda name, value: _type(value) == name,
    "$not": lambda pattern, value: not matches(pattern, value),
    "$any": lambda patterns, value: any(matches(pattern, value) for pattern in patterns),
    "$every": lambda pattern, value: isinstance(value, list) and all(matches(pattern, item) for item in value),
    "$last": lambda pattern, value: isinstance(value, list) and bool(value) and matches(pattern, value[-1]),
    "$anywhere": _anywhere,
    "$matches": lambda regex, value: isinstance(value, str) and re.search(regex, value) is not None,
    "$above": lambda least, value: _type(value) == "number" and value > least,
    "$longer": lambda least, value: isinstance(value, str | list | Mapping) and len(value) > least,
}
