"""Reads the OpenAPI document of a vendor: a JSON or YAML file, or a page of text with such a document in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from conformance.base import json_text, yaml_text
from conformance.base.errors import FileError
from conformance.base.files import Bounds, read_text

BOUNDS: Final = Bounds(8 * 1024 * 1024, 200_000)
"""What a vendor's document may hold."""

_YAML: Final = re.compile(r"^['\"]?openapi['\"]? *:", re.MULTILINE)
_MOST_BLOCKS: Final = 200
"""Fenced blocks of a page that are looked at."""
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")


def read_document(path: Path) -> Mapping[str, Any]:
    """The OpenAPI document (3.x) in a file: the whole file, or the first fenced block of a page that is one.

    Raises FileError, with one sentence, without one, and for one that crosses a bound.
    """
    text = read_text(path, BOUNDS.bytes)
    problem = FileError("Found no OpenAPI 3 document in it", path=path)
    for number, candidate in enumerate(_candidates(text)):
        try:
            value = _value(candidate, path)
        except FileError as found:
            problem = found if number == 0 else problem
            continue
        if isinstance(value, dict) and str(value.get("openapi", "")).startswith("3."):
            if not isinstance(value.get("paths"), dict):
                raise FileError("The OpenAPI document has no paths", path=path)
            return value
    raise problem


def _candidates(text: str) -> list[str]:
    """What may be a document: the whole file, or the fenced blocks of a page."""
    found = [text, *islice(_fenced(text), _MOST_BLOCKS)]
    return [each for each in found if "openapi" in each and (each.lstrip().startswith("{") or _YAML.search(each))]


def _fenced(text: str) -> Iterator[str]:
    """The fenced blocks of a page (CommonMark, section 4.5), in one pass. A block that never ends is none."""
    opened, inside = "", list[str]()
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if not opened:
            opened, inside = (fence[1] if fence else ""), []
        elif fence and fence[1].startswith(opened) and not line[fence.end() :].strip():
            yield "".join(inside)
            opened = ""
        else:
            inside.append(line)


def _value(text: str, path: Path) -> Any:
    """What a text says. Raises FileError where it is neither JSON nor YAML, or crosses a bound."""
    if not text.lstrip().startswith("{"):
        return yaml_text.read(text, path, BOUNDS).value
    try:
        reading = json_text.read(text.encode("utf-8"), BOUNDS)
    except ValueError as problem:
        raise FileError(f"The OpenAPI document cannot be read: {problem}", path=path) from None
    if reading.problem is not None:
        raise FileError(f"The OpenAPI document cannot be read: {reading.problem}", path=path)
    return reading.value
