"""How one JSON value differs from another that should say the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.comparison.values import Change, differences, lined_up

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc ", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "a"]), inner),
    max_leaves=8,
)


def text(word: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": word, **more}


CALL = {"type": "tool_use", "id": "t1", "name": "a", "input": {"city": "Lisbon"}}


@pytest.mark.parametrize(
    ("direct", "through", "change", "where"),
    [
        ({"a": {"b": 1}}, {"a": {}}, Change.LOST, "a.b"),
        ({"a": {}}, {"a": {"b": 1}}, Change.ADDED, "a.b"),
        ({"a": 1}, {"a": True}, Change.CHANGED, "a"),
        ({"a": 0}, {"a": None}, Change.CHANGED, "a"),
        ([text("x"), CALL], [text("x")], Change.LOST, "[tool_use]"),
        ([text("x")], [text("x"), CALL], Change.ADDED, "[tool_use]"),
        ([text("x"), CALL], [CALL, text("x")], Change.REORDERED, "[]"),
        ([text("x"), text("y")], [text("y"), text("x")], Change.REORDERED, "[]"),
        ([text("x"), text("y")], [text("x\ny")], Change.JOINED, "[]"),
        ([text("x"), text("y")], "xy", Change.JOINED, ""),
        ([text("x"), CALL], [text("x"), {**CALL, "input": {}}], Change.LOST, "[tool_use].input.city"),
        ({"stop": ["a", "b"]}, {"stop": ["a"]}, Change.LOST, 'stop["b"]'),
        ({"tools": [{"name": "a"}, {"name": "b"}]}, {"tools": [{"name": "b"}]}, Change.LOST, "tools[a]"),
    ],
)
def test_a_difference_has_a_name_and_a_place(direct: Any, through: Any, change: Change, where: str) -> None:
    assert [(found.change, found.where) for found in differences(direct, through)] == [(change, where)]


@given(VALUES, VALUES)
def test_two_values_differ_exactly_where_they_are_not_equal(one: Any, other: Any) -> None:
    equal = repr(_sorted(one)) == repr(_sorted(other))
    assert (list(differences(one, other)) == []) is equal


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return ("object", sorted((name, repr(_sorted(item))) for name, item in value.items()))
    return list(map(_sorted, value)) if isinstance(value, list) else value


def test_depth_and_length_are_bounded() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = {"a": deep}
    other: Any = 2
    for _ in range(500):
        other = {"a": other}
    assert [found.change for found in differences(deep, other)] == [Change.CHANGED]
    assert [found.change for found in differences([1] * 5_000, [2] * 5_000)] == [Change.CHANGED]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_words_are_lined_up_with_equal_ones_and_each_once(direct: list[str], through: list[str]) -> None:
    pairs = list(lined_up(direct, through))
    assert [one for one, _ in pairs if one is not None] == list(range(len(direct)))
    assert [other for _, other in pairs if other is not None] == list(range(len(through)))
    assert all(direct[one] == through[other] for one, other in pairs if one is not None and other is not None)
