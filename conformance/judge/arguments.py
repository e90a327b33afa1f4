"""JSON Schemas for the arguments of checks, in a few words each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from conformance.model import Json

Schema = Mapping[str, Json]

TEXT: Final[Schema] = {"type": "string", "minLength": 1}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
STEP: Final[Schema] = {"type": "integer", "minimum": 1}
"""The number of a step of the case's scenario."""

REGEX: Final[Schema] = {"type": "string", "format": "regex"}
"""A regular expression in the syntax of RE2."""

JSON_SCHEMA: Final[Schema] = {"type": "object", "format": "json-schema"}
"""A JSON Schema, draft 2020-12, whose patterns are such regular expressions."""


def choice(names: Iterable[str]) -> Schema:
    """One of these words."""
    return {"enum": list(names)}


def one_or_more(item: Schema) -> Schema:
    """A value, or a list of such values."""
    return {"oneOf": [item, list_of(item)]}


def list_of(item: Schema) -> Schema:
    """A list of at least one such value."""
    return {"type": "array", "items": item, "minItems": 1}


def record(**members: Schema) -> Schema:
    """An object with exactly these members."""
    return {"type": "object", "required": list(members), "properties": members, "additionalProperties": False}


def partial(members: Mapping[str, Schema], *, most: int | None = None) -> Schema:
    """An object with at least one of these members, and at most `most` of them."""
    bounds = {"minProperties": 1} if most is None else {"minProperties": 1, "maxProperties": most}
    return {"type": "object", "properties": dict(members), "additionalProperties": False, **bounds}


def optional(schema: Schema) -> Schema:
    """`true`, or an argument of this form."""
    return {"oneOf": [{"const": True}, schema]}
