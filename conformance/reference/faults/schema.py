"""The keys of a fault as data: what an alteration can act on, which edits there are, and their JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.base.pointer import join
from conformance.reference.faults.edits import CONVERSIONS
from conformance.reference.faults.event_edits import EDITS
from conformance.reference.faults.patterns import broken_expressions
from conformance.reference.faults.seams import Data

EVENTS = (
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop", "ping"),
)

REQUESTS: Mapping[str, bool | None] = {"request": False, "count-request": True, "any-request": None}
"""What is asked of the requests of a target: messages, counts, or either of them."""

TARGETS = (
    *("message", "body", "events", "answer", "error", "count", "models", "model", "every-model"),
    *(*REQUESTS, "call"),
)
"""What an alteration can act on."""

VALUE_EDITS = (
    *("set", "delete", "keep", "rename", "lift", "insert", "add", "transfer", "swap", "replace", "wrap", "convert"),
)
"""The edits of a JSON value."""

ONLY: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(sorted(EDITS), ("events", *EVENTS)),
    "refuse": ("call", *REQUESTS),
    "reply": ("call",),
}
"""The targets of those edits that do not go with all of them."""

WHEN: Mapping[str, tuple[str, ...]] = {
    "request": ("message",),
    "mode": ("message",),
    "message": ("events", *EVENTS),
    "call": (*REQUESTS, "accepts"),
}
"""The targets of each condition in `when`."""

_TEXT = {"type": "string", "minLength": 1}
_PLACE = {"type": "string", "pattern": "^(/.*)?$"}
_PATTERN: dict[str, Any] = {"$ref": "#/$defs/pattern"}
_POSITION = {"$ref": "#/$defs/position"}


def _by_place(value: Any) -> dict[str, Any]:
    return {"type": "object", "minProperties": 1, "propertyNames": _PLACE, "additionalProperties": value}


_PLACES = {"type": "array", "minItems": 1, "items": _PLACE}
ALTERATION: dict[str, Any] = {
    "on": {"enum": [*TARGETS, *EVENTS]},
    "at": _PLACE,
    "where": _PATTERN,
    "pick": {"anyOf": [{"enum": ["all", "first", "last", "rest"]}, {"type": "integer", "minimum": 1}]},
    "when": {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(WHEN, _PATTERN)},
    "accepts": {"anyOf": [{"type": "string", "pattern": "^REQ-[A-Z]+-[0-9]{3}$"}, {"type": "object", **_PATTERN}]},
    "refuse": {
        "anyOf": [
            _TEXT,
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["status", "message"],
                "properties": {"status": {"type": "integer", "minimum": 400}, "message": _TEXT},
            },
        ]
    },
    "reply": {
        "type": "object",
        "additionalProperties": False,
        "required": ["status", "body"],
        "properties": {"status": {"type": "integer"}, "body": True},
    },
    "set": _by_place(True),
    "delete": _PLACES,
    "keep": _by_place({"type": "array", "items": _TEXT}),
    "rename": _by_place(_TEXT),
    "lift": _PLACES,
    "insert": _by_place(True),
    "add": _by_place({"type": "number"}),
    "transfer": _by_place(_PLACE),
    "swap": _by_place(_PLACE),
    "replace": _by_place({"type": "object", "additionalProperties": {"type": "string"}}),
    "wrap": _by_place({"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string"}}),
    "convert": _by_place({"enum": list(CONVERSIONS)}),
    "name": {"type": ["string", "null"]},
    "drop": {"const": True},
    "copy": _POSITION,
    "move": _POSITION,
    "cut": {"enum": ["before", "after"]},
    "send": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "data", "position"],
        "properties": {"name": {"type": ["string", "null"]}, "data": True, "position": _POSITION},
    },
    "blocks": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["start", "deltas"],
            "properties": {"start": {"type": "object"}, "deltas": {"type": "array", "items": {"type": "object"}}},
        },
    },
}

"""The keys of an alteration, each with its schema."""

_CONDITIONS = {
    "$exists": {"type": "boolean"},
    "$type": {"enum": ["object", "array", "string", "number", "boolean", "null"]},
    "$not": _PATTERN,
    "$any": {"type": "array", "minItems": 1, "items": _PATTERN},
    "$every": _PATTERN,
    "$last": _PATTERN,
    "$anywhere": _PATTERN,
    "$matches": _TEXT,
    "$above": {"type": "number"},
    "$longer": {"type": "integer", "minimum": 0},
}

DEFINITIONS: dict[str, Any] = {
    "alteration": {"type": "object", "additionalProperties": False, "properties": ALTERATION},
    "pattern": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": _PATTERN},
            {
                "type": "object",
                "properties": _CONDITIONS,
                "patternProperties": {r"^[^$]|^\$\$": _PATTERN},
                "additionalProperties": False,
            },
        ]
    },
    "position": {
        "anyOf": [
            {"enum": ["before", "after", "end"]},
            {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "properties": {
                    "before": _PATTERN,
                    "after": _PATTERN,
                    "pick": {
                        "anyOf": [
                            {"enum": ["first", "last", "next", "previous"]},
                            {"type": "integer", "minimum": 1},
                        ]
                    },
                },
            },
        ]
    },
}
"""What the schema of a file with alterations needs under `$defs`."""

SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "lie"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9_]+(-[a-z0-9_]+)+$"},
            "lie": {"type": "string", "pattern": r"^[A-Z].*\.$", "maxLength": 160},
            "changes": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/alteration"}},
            **ALTERATION,
        },
    },
    "$defs": DEFINITIONS,
}
"""JSON Schema of a file of faults."""


def is_edit(key: str) -> bool:
    """Whether a key of an alteration says what to do."""
    return key in VALUE_EDITS or key in ONLY


def problems(data: Data) -> Iterator[tuple[str, str]]:
    """What is wrong with an alteration and no schema can express: a sentence, and the pointer to what it is about."""
    on = "accepts" if "accepts" in data else data.get("on", "")
    edits = [key for key in data if is_edit(key)]
    if not on:
        yield "the key 'on' or 'accepts' is missing", ""
    if on == "accepts":
        yield from (
            (f"{key!r} cannot be combined with 'accepts'", join("", key))
            for key in (*edits, "at", "where", "pick")
            if key in data
        )
        if data.get("on", "any-request") not in REQUESTS:
            yield f"'accepts' is about one of {', '.join(REQUESTS)}", "/on"
    elif not edits:
        yield "an edit is missing: say what to do", ""
    for key in edits:
        if key in ONLY and on not in ONLY[key] and not (key == "drop" and "at" in data):
            yield f"{key!r} is not possible on {on!r}, only on {', '.join(ONLY[key])}", join("", key)
    if ("refuse" in data or "reply" in data) and len(edits) > 1:
        yield "a request that is refused or answered at once is not edited", join("", edits[1])
    if on in EVENTS and not isinstance(data.get("where", {}), dict):
        yield "the data of an event is an object, so the pattern has to be a mapping", "/where"
    for key in ("copy", "move"):
        if isinstance(data.get(key), dict) and not {"before", "after"} & data[key].keys():
            yield "a position says before or after which event", join("", key)
    if "at" in data and on in ("events", *EVENTS):
        yield "events have no 'at': places are in the data of each event", "/at"
    for name in data.get("when", {}):
        if on not in WHEN[name]:
            yield f"the condition {name!r} is not known on {on!r}, only on {', '.join(WHEN[name])}", join("/when", name)
    for key in ("where", "when", "accepts", "copy", "move"):
        for expression, problem in broken_expressions(data.get(key)):
            yield f"not a regular expression: {expression!r} ({problem})", join("", key)
