"""JSON Schemas of the files that hold options: a targets file, and the table in `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from conformance.config.options import OPTIONS, PER_TARGET, Option
from conformance.config.settings import TABLE
from conformance.config.values import LONGEST, MOST, MOST_SECONDS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_TEXT: Final = {"type": "string", "maxLength": LONGEST}
_KINDS: Final[dict[str, dict[str, Any]]] = {
    "text": _TEXT,
    "flag": {"type": "boolean"},
    "number": {"type": "integer", "minimum": 1},
    "count": {"type": "integer", "minimum": 0},
    "percent": {"type": "integer", "minimum": 0, "maximum": 100},
    "seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_SECONDS},
    "amount": {"type": "number", "minimum": 0, "exclusiveMaximum": 10**9},
    "timeout": {"type": ["string", "number"]},
}


def targets_schema() -> dict[str, Any]:
    """The schema of a targets file, as JSON values."""
    own = [option for option in OPTIONS if option.name in PER_TARGET]
    entry = {**_table(own), "required": ["url"]}
    return {
        "$schema": DIALECT,
        "title": "Targets of messages-conformance",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "targets": {
                "type": "object",
                "description": "the targets by name, which `--target NAME` selects",
                "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$"},
                "additionalProperties": entry,
            }
        },
    }


def settings_schema() -> dict[str, Any]:
    """The schema of the table in `pyproject.toml`, as JSON values."""
    return {"$schema": DIALECT, "title": f"The table [tool.{TABLE}] of pyproject.toml", **_table(OPTIONS)}


def _table(options: Iterable[Option]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {option.name: _property(option) for option in options},
    }


def _property(option: Option) -> dict[str, Any]:
    item = {"enum": list(option.choices)} if option.choices else _KINDS.get(option.kind, _TEXT)
    described = {"description": option.full_help.removesuffix("; repeatable")}
    if option.default is not None:
        described["default"] = option.default
    if option.kind == "list":
        listed = {"type": "array", "maxItems": MOST, "items": item}
        one = "|".join(option.choices)
        pattern = {"pattern": f"^({one})(,({one}))*$"} if one else {}
        return {"anyOf": [listed, {"type": "string", **pattern, "description": "separated by commas"}], **described}
    return {**item, **described}
