"""Schemas that requests hold cost a bounded number of steps, fetch nothing, and forbid nothing where they go beyond."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.base.json_schema import MOST_VALUES, schema_errors

DOUBLING = {
    "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)} | {"d40": {}},
    "$ref": "#/$defs/d0",
}
DIALECT = {"$defs": {name: each | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
                     for name, each in DOUBLING["$defs"].items()}, "$ref": "#/$defs/d0"}  # fmt: skip


def dependent(n: int) -> dict[str, Any]:
    return {"dependentSchemas": {name: {"$ref": f"#/$defs/d{n}"} for name in "ab"}}


DEPENDENT = {"unevaluatedProperties": False, **dependent(0), "$defs": {f"d{n}": dependent(n + 1) for n in range(40)}}
PATTERNS = {"patternProperties": {"(a+)+$": {}}, "allOf": [{"unevaluatedProperties": False}]}


@pytest.mark.parametrize(
    "schema",
    [
        DOUBLING, DIALECT, {"$ref": "#"}, {"$ref": "http://127.0.0.1:9/x"}, {"type": 5}, {"pattern": "(?=a)"}, 5, None,
        {"properties": {f"k{n}": {} for n in range(MOST_VALUES)}},
    ],
    ids=["doubling", "doubling in a dialect", "loop", "remote", "no type", "lookahead", "number", "null", "large"],
)  # fmt: skip
def test_what_cannot_be_checked_within_bounds_forbids_nothing(schema: Any) -> None:
    assert schema_errors("a", schema) is None


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (DEPENDENT, {"a": 1, "b": 1}),
        (PATTERNS, {"a" * 60 + "!": 1}),
        ({"patternProperties": {f"^a{n}": {} for n in range(2_000)}}, {f"b{n}": 1 for n in range(2_000)}),
        ({"additionalProperties": {}}, dict.fromkeys(map(str, range(60_000)), 1)),
    ],
    ids=["unevaluated and dependent", "unevaluated and patterns", "names times patterns", "empty subschemas"],
)
def test_what_takes_an_object_beyond_the_bounds_forbids_nothing(schema: Any, value: Any) -> None:
    assert schema_errors(value, schema) is None


def test_a_part_in_another_dialect_is_matched_by_re2_as_well() -> None:
    part = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "(a+)+$"}
    found = schema_errors({"a": "a" * 60 + "!"}, {"properties": {"a": part}})
    assert [error.validator for error in found or ()] == ["pattern"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^a+$"}, "ab"), ({"pattern": "^a+$"}, "aa"), ({"pattern": "^a+$"}, 5),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"x1": 1, "y": 2}),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"x1": 1, "y": 2}),
        ({"additionalProperties": False}, {"x": 1, "y": 2}), ({"unevaluatedProperties": False}, {"x": 1}),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": 2, "c": "d"}),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1}]), ({"uniqueItems": True}, [{"a": 1}, 1, "1"]),
        ({"type": "object", "required": ["a"], "oneOf": [{}, {"type": "object"}]}, {}),
    ],
)  # fmt: skip
def test_what_can_be_checked_is_what_jsonschema_finds(schema: Any, value: Any) -> None:
    mine, theirs = schema_errors(value, schema), list(Draft202012Validator(schema).iter_errors(value))
    assert mine is not None
    assert [(list(e.absolute_path), e.validator) for e in mine] == [
        (list(e.absolute_path), e.validator) for e in theirs
    ]


def test_a_list_of_many_different_items_is_compared_once() -> None:
    assert schema_errors([{"a": n} for n in range(20_000)] + [1], {"uniqueItems": True}) == []
