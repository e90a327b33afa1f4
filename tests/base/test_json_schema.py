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


@pytest.mark.parametrize(
    "schema",
    [
        DOUBLING, {"$ref": "#"}, {"$ref": "http://127.0.0.1:9/x"}, {"type": 5}, {"pattern": "(?=a)"}, 5, None,
        {"properties": {f"k{n}": {} for n in range(MOST_VALUES)}},
    ],
    ids=["doubling", "loop", "remote", "no type", "lookahead", "number", "null", "large"],
)  # fmt: skip
def test_what_cannot_be_checked_within_bounds_forbids_nothing(schema: Any) -> None:
    assert schema_errors("a", schema) is None


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^a+$"}, "ab"), ({"pattern": "^a+$"}, "aa"), ({"pattern": "^a+$"}, 5),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"x1": 1, "y": 2}),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"x1": 1, "y": 2}),
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
