"""TOML files as tables, within bounds, and the line of each key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from conformance.base.errors import FileError
from conformance.base.files import Bounds, read_text

_DEEPEST_KEY: Final = 32
_PART: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY: Final = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}\.[ \t]*+){{{_DEEPEST_KEY}}}+")
_KEY: Final = re.compile(rf"[ \t]*+((?:{_PART}\.[ \t]*+)*+{_PART})=")
_HEADER: Final = re.compile(rf"[ \t]*+\[\[?[ \t]*+((?:{_PART}\.[ \t]*+)*+{_PART})\]")
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class TomlText:
    """What a TOML file says."""

    path: Path
    tables: dict[str, Any]
    text: str = field(repr=False)

    def line_of(self, *keys: str) -> int | None:
        """The line of a key below these tables, or of the innermost table of them that has a line of its own."""
        while keys and keys not in self._lines:
            keys = keys[:-1]
        return self._lines.get(keys)

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        """The line of each key and table, and for a table without a line, as in `a.b = 1`, that of its first key."""
        places = dict(_places(self.text))
        above = {place[:end]: line for place, line in reversed(places.items()) for end in range(1, len(place))}
        return {**above, **places}

    def error(self, problem: str, *keys: str, key: str | None = None, suggestion: str | None = None) -> FileError:
        """The error for what is at a key. `key` names it in another way, where that is shorter."""
        named = key if key is not None else ".".join(keys)
        return FileError(problem, path=self.path, line=self.line_of(*keys), key=named, suggestion=suggestion)


def read(path: Path, bounds: Bounds) -> TomlText:
    """Reads a file. Raises FileError, with file and line, where it cannot be read, is not TOML, or crosses a bound.

    A key of many parts is refused before it is read, because tomllib takes time and memory by the square of them.
    """
    text = read_text(path, bounds.bytes)
    if (long := _LONG_KEY.search(text)) is not None:
        line = text.count("\n", 0, long.start()) + 1
        raise FileError(f"A key has more than {_DEEPEST_KEY} parts", path=path, line=line)
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise FileError(f"Nested deeper than {bounds.depth} levels", path=path) from None
    except ValueError as problem:  # a date that does not exist and a number that is too long are no TOMLDecodeError
        place = _PLACE.search(str(problem))
        end = text.count("\n") + 1 if place else None
        number = int(place[1]) if place and place[1] else end
        reason = "a number is too long" if "digits" in str(problem) else _PLACE.sub("", str(problem))
        raise FileError(f"Invalid TOML: {reason}", path=path, line=number) from None
    _check(tables, path, bounds)
    return TomlText(path, tables, text)


def _check(tables: dict[str, Any], path: Path, bounds: Bounds) -> None:
    level: list[Any] = [tables]
    seen = len(tables)
    for _ in range(bounds.depth + 1):
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, dict | list)
        ]
        seen += sum(map(len, level))
        if seen > bounds.values:
            raise FileError(f"The file holds more than {bounds.values:,} values", path=path)
        if not level:
            return
    raise FileError(f"Nested deeper than {bounds.depth} levels", path=path)


def _places(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The keys and tables of a text that start a line, each with its line. The last of two lines that look like one key
    is its place: the other is inside a string of many lines, or the next item of an array of tables.
    """
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if (header := _HEADER.match(line)) is not None:
            table = _parts(header[1])
            yield table, number
        elif (key := _KEY.match(line)) is not None:
            yield (*table, *_parts(key[1])), number


def _parts(key: str) -> tuple[str, ...]:
    """The parts of a dotted key."""
    try:
        value: Any = tomllib.loads(f"{key} = 0")
    except ValueError:
        return ()
    parts = []
    while isinstance(value, dict):
        [(part, value)] = value.items()
        parts.append(part)
    return tuple(parts)
