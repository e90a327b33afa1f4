"""The JSON Schemas of the YAML files that people write, each in one file beside what it describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from conformance.base.files import SHIPPED, Bounds
from conformance.model import Json
from conformance.standard.source import check_shape, load_yaml, stamp_of


def read_checked(path: Path, schema: Path, part: str = "", bounds: Bounds = SHIPPED) -> Json:
    """The content of a YAML file that fits a schema (see `read_schema`). Do not change it.

    A file is read once per state, because loading the standard a second time costs mostly this. Raises FileError with
    file, line and key for the first deviation.
    """
    return _read_checked(path, stamp_of(path), schema, part, bounds)


@cache
def read_schema(path: Path, part: str = "") -> Mapping[str, Json]:
    """The schema in a file, or the one under `$defs` that `part` names, with everything that it refers to."""
    schema: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
    return {**schema["$defs"][part], "$defs": schema["$defs"]} if part else schema


@cache
def _read_checked(path: Path, _: tuple[int, int], schema: Path, part: str, bounds: Bounds) -> Json:
    data = load_yaml(path, bounds)
    check_shape(data, read_schema(schema, part), path)
    return data
