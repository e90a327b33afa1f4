"""YAML files as plain data, and errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from conformance.base import yaml_text
from conformance.base.errors import FileError
from conformance.base.files import SHIPPED, Bounds, read_text, unreadable
from conformance.base.pointer import split
from conformance.base.yaml_text import YamlText
from conformance.model import Json
from conformance.standard.shapes import misfits

__all__ = ["SourceError", "check_shape", "lines_of", "load_yaml", "locate", "read_yaml", "stamp_of"]

MOST_MISFITS = 50
"""Deviations from a schema that are looked at, to find the one that is worth a sentence."""


class SourceError(FileError):
    """An invalid file, ours or the user's, with file, line and key.

    `pointer` is the JSON pointer of the place; `line` is found from it unless it is given. `suggestion` is the name
    that was probably meant.
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
        self.pointer = pointer
        line = _line_or_none(path, pointer or "") if line is None else line
        key = _readable(pointer) if pointer else None
        super().__init__(problem, path=path, line=line, key=key, suggestion=suggestion)


def read_yaml(path: Path, bounds: Bounds = SHIPPED) -> YamlText:
    """The content of a YAML file, and its lines.

    Raises FileError if the file cannot be read, is empty, is not YAML, has a duplicate key, or crosses the bounds.
    """
    return yaml_text.read(read_text(path, bounds.bytes), path, bounds)


def load_yaml(path: Path, bounds: Bounds = SHIPPED) -> Json:
    """The content of a YAML file as JSON values. Raises what `read_yaml` raises."""
    return read_yaml(path, bounds).value


def stamp_of(path: Path) -> tuple[int, int]:
    """The state of a file: two equal stamps mean equal content. Raises FileError if the file cannot be read."""
    try:
        status = path.stat()
    except OSError as problem:
        raise unreadable(path, problem) from None
    return status.st_mtime_ns, status.st_size


def locate(path: Path, pointer: str) -> int:
    """The line of the value at a JSON pointer (RFC 6901), or of the deepest part of the pointer that exists.

    Reads the file again, so that loading without an error pays nothing for lines.
    """
    return read_yaml(path).line_of(pointer)


def lines_of(path: Path) -> Callable[[str], int]:
    """Does what `locate` does for many pointers into one file, which is read once."""
    return read_yaml(path).line_of


def check_shape(data: Json, schema: Mapping[str, Json] | bool, path: Path, *, pointer: str = "") -> None:
    """Checks data against a JSON Schema (draft 2020-12). `pointer` is the place of the data in the file.

    Raises SourceError for one deviation: a misspelt name if there is one, otherwise the first in the file.
    """
    found = list(islice(misfits(data, schema), MOST_MISFITS))
    if not found:
        return
    line_of = lines_of(path)
    placed = [(misfit.suggestion is None, line_of(pointer + misfit.pointer), misfit) for misfit in found]
    _, line, first = min(placed, key=lambda item: item[:2])
    raise SourceError(first.problem, path=path, pointer=pointer + first.pointer, line=line, suggestion=first.suggestion)


def _line_or_none(path: Path, pointer: str) -> int | None:
    """The line, or None if the path is not a readable YAML file: one error is enough."""
    try:
        return locate(path, pointer) if path.is_file() else None
    except FileError:
        return None


def _readable(pointer: str) -> str:
    """A JSON pointer as people write it: `/2/expect/0/status` is `[2].expect[0].status`."""
    text = "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in split(pointer))
    return text.removeprefix(".")
