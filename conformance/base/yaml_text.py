"""YAML as JSON values, within bounds, and the line of each of them. Anchors and aliases work; tags of Python do not.

Keys are always strings. Only `null`, `true`, `false` and decimal numbers are read as anything but strings; dates,
`yes`, `on` and `010` stay as written. The events of the parser are read one by one, so that what crosses a bound is
refused before it takes memory, and nothing recurses.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from conformance.base.errors import FileError
from conformance.base.files import Bounds
from conformance.base.pointer import split

_TAG: Final = "tag:yaml.org,2002:"
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null"})
_BOOLEANS: Final = {"true": True, "false": False}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_FIRST: Final = frozenset("-0123456789")
_LONGEST_NUMBER: Final = 300
"""Characters of a number, so that every integer is a float as well."""

Marks = dict[Any, tuple[int, Any]]
"""For each key or index of a container its line, and the marks of the value where that is a container itself."""


@dataclass(frozen=True)
class YamlText:
    """What a YAML text says. `line` is where its value starts."""

    value: Any
    line: int = 1
    marks: Marks = field(default_factory=dict, repr=False)

    def line_of(self, pointer: str) -> int:
        """The line of the value at a JSON pointer (RFC 6901), or of the deepest part of the pointer that exists."""
        line, value, marks = self.line, self.value, self.marks
        for part in split(pointer):
            key: Any = int(part) if isinstance(value, list) and part.isdecimal() and len(part) < 10 else part
            if key not in marks:
                break
            line, marks = marks[key]
            value = value[key]
        return line


@dataclass(slots=True)
class _Frame:
    """A list or mapping whose end has not come. `seen` is how many values were counted before it."""

    value: Any
    line: int
    anchor: str | None
    seen: int
    marks: Marks
    depth: int = 1
    key: str | None = None
    key_line: int = 0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A value that aliases repeat: how many values it holds, and how deep it is."""

    value: Any
    values: int
    depth: int
    marks: Marks


def read(text: str, path: Path, bounds: Bounds, *, binary: bool = False) -> YamlText:
    """Reads a text. Raises FileError with file and line where it is not YAML, has a duplicate key, or crosses a bound.

    Aliases count as often as they are used. An empty text has no value, which is an error as well. `binary`: the tag
    `!!binary`, as Ruby writes it also `!binary`, makes bytes of base64.
    """
    try:
        return _Reader(path, bounds, binary=binary).read(text)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reason = " ".join(part for part in (problem.context, problem.problem) if part)
        raise FileError(f"Invalid YAML: {reason}", path=path, line=mark.line + 1 if mark else 1) from None
    except yaml.reader.ReaderError as problem:
        line = text.encode().count(b"\n", 0, problem.position) + 1
        raise FileError(f"Invalid YAML: {problem.reason}", path=path, line=line) from None
    except yaml.YAMLError as problem:
        raise FileError(f"Invalid YAML: {problem}", path=path, line=1) from None


class _Reader:
    def __init__(self, path: Path, bounds: Bounds, *, binary: bool) -> None:
        self._path = path
        self._binary = binary
        self._bounds = bounds
        self._seen = 0
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._open: set[str] = set()
        self._result: YamlText | None = None

    def read(self, text: str) -> YamlText:
        for event in yaml.parse(text, Loader=_LOADER):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                self._start(event, {}, "map")
            elif kind is yaml.SequenceStartEvent:
                self._start(event, [], "seq")
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent and self._result is not None:
                raise self._error("Invalid YAML: expected one document, found another", _line(event))
        if self._result is None:
            raise self._error("The file is empty", 1)
        return self._result

    def _scalar(self, event: Any) -> None:
        line = _line(event)
        frame = self._frames[-1] if self._frames else None
        if frame is not None and type(frame.value) is dict and not frame.waits:
            self._key(frame, event.value, line)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(event.value, 1, 0, {})
            return
        value = self._plain(event, line)
        self._count(1, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, 0, {})
        self._put(value, line, {}, 0)

    def _start(self, event: Any, value: Any, tag: str) -> None:
        line = _line(event)
        if event.tag not in (None, "!", _TAG + tag):
            raise self._error(f"Unsupported tag {event.tag!r}", line)
        if len(self._frames) >= self._bounds.depth:
            raise self._error(f"Nested deeper than {self._bounds.depth} levels", line)
        self._check_value_allowed(line)
        before = self._seen
        self._count(1, line)
        self._frames.append(_Frame(value, line, event.anchor, before, {}))
        if event.anchor is not None:
            self._open.add(event.anchor)

    def _end(self) -> None:
        frame = self._frames.pop()
        if frame.anchor is not None:
            self._open.discard(frame.anchor)
            self._anchors[frame.anchor] = _Anchored(frame.value, self._seen - frame.seen, frame.depth, frame.marks)
        self._put(frame.value, frame.line, frame.marks, frame.depth)

    def _alias(self, event: Any) -> None:
        line, name = _line(event), event.anchor
        if name in self._open:
            raise self._error("A value contains itself", line)
        if name not in self._anchors:
            raise self._error(f"Invalid YAML: found undefined alias {name!r}", line)
        found = self._anchors[name]
        frame = self._frames[-1] if self._frames else None
        if frame is not None and type(frame.value) is dict and not frame.waits and isinstance(found.value, str):
            self._key(frame, found.value, line)
            return
        self._check_value_allowed(line)
        self._count(found.values, line)
        if len(self._frames) + found.depth > self._bounds.depth:
            raise self._error(f"Nested deeper than {self._bounds.depth} levels", line)
        self._put(found.value, line, found.marks, found.depth)

    def _check_value_allowed(self, line: int) -> None:
        """A list or mapping cannot be a key."""
        frame = self._frames[-1] if self._frames else None
        if frame is not None and type(frame.value) is dict and not frame.waits:
            raise self._error("Keys must be strings", line)

    def _key(self, frame: _Frame, key: str, line: int) -> None:
        if key in frame.value:
            raise self._error(f"Duplicate key {key!r} (first defined on line {frame.marks[key][0]})", line)
        frame.key, frame.key_line, frame.waits = key, line, True

    def _put(self, value: Any, line: int, marks: Marks, depth: int) -> None:
        """Puts a whole value where it belongs. `depth` counts its own levels."""
        if not self._frames:
            self._result = YamlText(value, line, marks)
            return
        frame = self._frames[-1]
        frame.depth = max(frame.depth, depth + 1)
        if type(frame.value) is list:
            frame.marks[len(frame.value)] = (line, marks)
            frame.value.append(value)
        else:
            frame.marks[frame.key] = (frame.key_line, marks)
            frame.value[frame.key] = value
            frame.waits = False

    def _count(self, number: int, line: int) -> None:
        self._seen += number
        if self._seen > self._bounds.values:
            raise self._error(f"The file holds more than {self._bounds.values:,} values, aliases counted", line)

    def _plain(self, event: Any, line: int) -> Any:
        """A scalar as a JSON value."""
        tag, text = event.tag, event.value
        if tag is None:
            if not event.implicit[0]:
                return text
            return self._resolved(text, line)
        name = tag.removeprefix(_TAG)
        if self._binary and name.removeprefix("!") == "binary":
            return self._bytes(text, line)
        if tag == "!" or name == "str":
            return text
        if name == "null" or (name == "bool" and text in _BOOLEANS):
            return _BOOLEANS.get(text) if name == "bool" else None
        number = self._resolved(text, line) if name in ("int", "float") else None
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise self._error(f"Unsupported tag {tag!r}", line)
        return number

    def _bytes(self, text: str, line: int) -> bytes:
        try:
            return b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as problem:
            raise self._error(f"Broken base64: {problem}", line) from None

    def _resolved(self, text: str, line: int) -> Any:
        if text in _NULLS:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if text[0] not in _FIRST or not _NUMBER.fullmatch(text):
            return text
        if len(text) > _LONGEST_NUMBER:
            raise self._error("The number is too long", line)
        number = int(text) if _INTEGER.fullmatch(text) else float(text)
        if number in (float("inf"), float("-inf")):
            raise self._error("The number is too large", line)
        return number

    def _error(self, problem: str, line: int) -> FileError:
        return FileError(problem, path=self._path, line=line)


def _line(event: Any) -> int:
    number: int = event.start_mark.line + 1
    return number
