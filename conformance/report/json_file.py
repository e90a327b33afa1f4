"""results.json: the results as JSON text, and back; the shipped JSON Schema describes it."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from conformance.model import Json, UsageError
from conformance.results.model import SCHEMA_VERSION, Results

SCHEMA_FILE = Path(__file__).with_name("results.schema.json")
"""The JSON Schema of the file. Append-only within a major version."""


def render(results: Results) -> str:
    """The text of results.json. Pure ASCII; a lone surrogate becomes U+FFFD, which every reader accepts."""
    text = json.dumps(_storable(to_json(results)), indent=1, allow_nan=False)
    return text + "\n"


def load(text: str) -> Results:
    """Results from the text of a results file. Raises `UsageError` where it is none."""
    try:
        data = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"This is not a results file: {problem}") from None
    return from_json(data)


def _refused(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _storable(value: Json) -> Json:
    if isinstance(value, str):
        return (
            value if value.isascii() else "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
        )
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def to_json(results: Results) -> dict[str, Json]:
    """The results as JSON values, in the shape of `report/results.schema.json`."""
    encoded: dict[str, Json] = encode(results)
    cases, exchanges = encoded.pop("cases"), encoded.pop("exchanges")
    return {**encoded, "summary": encode(results.summary), "cases": cases, "exchanges": exchanges}


def from_json(data: Json) -> Results:
    """Results from JSON values. Unknown keys are left out, so that files of newer minor versions can be read.

    Raises `UsageError` with the place in the file where a value is missing or has a wrong type, and
    for files of another major version.
    """
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, str):
        raise UsageError("This is not a results file: schema_version is missing.")
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise UsageError(
            f"The results file has schema version {version}, this version of messages-conformance reads "
            f"{SCHEMA_VERSION.split('.')[0]}.x. Install the version that wrote it, or a newer one."
        )
    results: Results = decode(Results, data, "")
    return results


def encode(value: Any) -> Any:
    """A dataclass of `results` as JSON values: mappings get text keys, tuples become lists."""
    if is_dataclass(value):
        return {item.name: encode(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


@cache
def _shape(kind: Any) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(kind)
    return [
        (item.name, hints[item.name], item.default is MISSING and item.default_factory is MISSING)
        for item in fields(kind)
    ]


def decode(kind: Any, value: Any, path: str) -> Any:
    """Reads `value` as `kind`: a dataclass, tuple, mapping, union, enum or plain type as used in this module."""
    origin = get_origin(kind)
    if origin is types.UnionType:
        return None if value is None else decode(get_args(kind)[0], value, path)
    if origin is tuple and isinstance(value, list):
        return tuple(decode(get_args(kind)[0], item, f"{path}/{index}") for index, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        key_kind, item_kind = get_args(kind)
        return {_key(key_kind, key, path): decode(item_kind, item, f"{path}/{key}") for key, item in value.items()}
    if is_dataclass(kind) and isinstance(value, dict):
        return _decode_fields(kind, value, path)
    if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
        return _converted(kind, value, path)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise UsageError(f"Results file, {path or '/'}: unexpected type {type(value).__name__}")


def _decode_fields(kind: Any, value: dict[str, Any], path: str) -> Any:
    arguments = {}
    for name, hint, required in _shape(kind):
        if name in value:
            arguments[name] = decode(hint, value[name], f"{path}/{name}")
        elif required:
            raise UsageError(f"Results file, {path}/{name}: the key is missing")
    return kind(**arguments)


def _key(kind: Any, key: str, path: str) -> Any:
    return key if kind is str else _converted(kind, key, path)


def _converted(kind: Callable[[str], Any], value: str, path: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"Results file, {path}: unknown value {value!r}") from None
