"""YAML files as plain data, and errors that name file, line and key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from conformance.base.pointer import split
from conformance.model import Json, UsageError
from conformance.standard.shapes import misfits

__all__ = ["SourceError", "check_shape", "lines_of", "load_yaml", "locate", "stamp_of"]

_TAG = "tag:yaml.org,2002:"
_DEEPEST = 100


class SourceError(UsageError):
    """An invalid file, ours or the user's, with file, line and key.

    `pointer` is the JSON pointer of the place; `line` is found from it unless it is given. `suggestion` is the name
    that was probably meant. `problem` is the sentence without any of these.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: Path,
        pointer: str | None = None,
        line: int | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.problem = problem
        self.path = path
        self.pointer = pointer
        self.line = _line_or_none(path, pointer or "") if line is None else line
        self.key = _readable(pointer) if pointer else None
        self.suggestion = suggestion
        where = f"{path}:{self.line}" if self.line is not None else f"{path}"
        key = f"{self.key}: " if self.key else ""
        meant = f". Did you mean {suggestion!r}?" if suggestion else ""
        super().__init__(f"{where}: {key}{problem}{meant}")


def load_yaml(path: Path) -> Json:
    """The content of a YAML file as JSON values.

    Keys are always strings. Only `null`, `true`, `false` and decimal numbers are read as anything but strings; dates,
    `yes`, `on` and `010` stay as written. Raises SourceError if the file cannot be read, is empty, is not YAML, or has
    a duplicate key.
    """
    root = _compose(path)
    if root is None:
        raise SourceError("The file is empty", path=path, line=1)
    return _Reader(path).value(root)


def stamp_of(path: Path) -> tuple[int, int]:
    """The state of a file: two equal stamps mean equal content. Raises SourceError if the file cannot be read."""
    try:
        status = path.stat()
    except OSError as problem:
        raise SourceError(f"Cannot read the file ({problem.strerror})", path=path, line=1) from None
    return status.st_mtime_ns, status.st_size


def locate(path: Path, pointer: str) -> int:
    """The line of the value at a JSON pointer (RFC 6901), or of the deepest part of the pointer that exists.

    Reads the file again, so that loading without an error pays nothing for lines.
    """
    return _line_in(_compose(path), pointer)


def lines_of(path: Path) -> Callable[[str], int]:
    """Does what `locate` does for many pointers into one file, which is read once."""
    root = _compose(path)
    return lambda pointer: _line_in(root, pointer)


def check_shape(data: Json, schema: Mapping[str, Json] | bool, path: Path, *, pointer: str = "") -> None:
    """Checks data against a JSON Schema (draft 2020-12). `pointer` is the place of the data in the file.

    Raises SourceError for one deviation: a misspelt name if there is one, otherwise the first in the file.
    """
    found = list(misfits(data, schema))
    if not found:
        return
    root = _compose(path)
    placed = [(misfit.suggestion is None, _line_in(root, pointer + misfit.pointer), misfit) for misfit in found]
    _, line, first = min(placed, key=lambda item: item[:2])
    raise SourceError(first.problem, path=path, pointer=pointer + first.pointer, line=line, suggestion=first.suggestion)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads scalars by the rules that JSON has, not by those of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_NUMBER = r"-?(?:0|[1-9][0-9]*)"
_Loader.add_implicit_resolver(_TAG + "null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver(_TAG + "bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(_TAG + "int", re.compile(rf"^{_NUMBER}$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    _TAG + "float",
    re.compile(rf"^{_NUMBER}(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$"),
    list("-0123456789"),
)


def _compose(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
    except OSError as problem:
        raise SourceError(f"Cannot read the file ({problem.strerror})", path=path, line=1) from None
    except UnicodeDecodeError:
        raise SourceError("The file is not UTF-8", path=path, line=1) from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reason = " ".join(part for part in (problem.context, problem.problem) if part)
        raise SourceError(f"Invalid YAML: {reason}", path=path, line=mark.line + 1 if mark else 1) from None
    except (yaml.YAMLError, RecursionError) as problem:
        reason = (str(problem).splitlines() or ["unreadable"])[0]
        raise SourceError(f"Invalid YAML: {reason}", path=path, line=1) from None


class _Reader:
    """Nodes of one file as JSON values. An alias (`*name`) is the same node again and gives the same value."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[int, Json] = {}
        self._open: set[int] = set()

    def value(self, node: yaml.Node) -> Json:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        key = id(node)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise self._error("A value contains itself", node)
        if len(self._open) >= _DEEPEST:
            raise self._error(f"Nested deeper than {_DEEPEST} levels", node)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            raise self._error(f"Unsupported tag {node.tag!r}", node)
        self._open.add(key)
        sequence = isinstance(node, yaml.SequenceNode)
        self._done[key] = [self.value(item) for item in node.value] if sequence else self._mapping(node)
        self._open.discard(key)
        return self._done[key]

    def _mapping(self, node: yaml.Node) -> dict[str, Json]:
        mapping: dict[str, Json] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self._error("Keys must be strings", key_node)
            if key in mapping:
                first = next(other for other, _ in node.value if other.value == key)
                line = first.start_mark.line + 1
                raise self._error(f"Duplicate key {key!r} (first defined on line {line})", key_node)
            mapping[key] = self.value(value_node)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> Json:
        tag, text = node.tag.removeprefix(_TAG), node.value
        if tag == "str":
            return text
        if tag == "null":
            return None
        if tag == "bool" and text in ("true", "false"):
            return text == "true"
        try:
            if tag in ("int", "float"):
                return int(text) if tag == "int" else float(text)
        except ValueError:
            pass
        raise self._error(f"Unsupported tag {node.tag!r}", node)

    def _error(self, problem: str, node: yaml.Node) -> SourceError:
        return SourceError(problem, path=self._path, line=node.start_mark.line + 1)


def _line_in(root: yaml.Node | None, pointer: str) -> int:
    node, line = root, root.start_mark.line + 1 if root is not None else 1
    for part in split(pointer):
        step = _child(node, part)
        if step is None:
            break
        line, node = step
    return line


def _child(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        pair = next((pair for pair in node.value if pair[0].value == part), None)
        return (pair[0].start_mark.line + 1, pair[1]) if pair else None
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line + 1, item
    return None


def _line_or_none(path: Path, pointer: str) -> int | None:
    """The line, or None if the path is not a readable YAML file: one error is enough."""
    try:
        return locate(path, pointer) if path.is_file() else None
    except SourceError:
        return None


def _readable(pointer: str) -> str:
    """A JSON pointer as people write it: `/2/expect/0/status` is `[2].expect[0].status`."""
    text = "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in split(pointer))
    return text.removeprefix(".")
