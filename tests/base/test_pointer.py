"""JSON pointers: escaping, finding and spreading, in any value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.pointer import is_within, join, look_up, parent, split, spread
from conformance.base.values import MISSING, kind, show, whole_number

VALUE = {"a": [{"b": 1}, {"b": 2}], "~/": {"": None}, "01": "x"}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", VALUE),
        ("/a/1/b", 2),
        ("/~0~1/", None),
        ("/01", "x"),
        ("/a/01", MISSING),
        ("/a/-1", MISSING),
        ("/a/2", MISSING),
        ("/a/b", MISSING),
        ("/a/9999999999999999999999", MISSING),
        ("/01/x", MISSING),
    ],
)
def test_a_pointer_finds_what_is_there(pointer: str, found: Any) -> None:
    assert look_up(VALUE, pointer) == found


@given(st.lists(st.text()))
def test_steps_joined_and_split_are_the_steps(steps: list[str]) -> None:
    assert split(join("", *steps)) == steps
    assert parent(join("", *steps, "x")) == join("", *steps)
    assert is_within(join("", *steps, "x"), join("", *steps))


def test_a_star_means_each_item_of_an_array() -> None:
    assert list(spread(VALUE, "/a/*/b")) == [("/a/0/b", 1), ("/a/1/b", 2)]
    assert list(spread(VALUE, "/~0~1/*")) == []


@given(JSON, st.text(max_size=8))
def test_no_value_and_no_pointer_raise(value: Any, pointer: str) -> None:
    found = look_up(value, pointer)
    assert isinstance(kind(found), str)
    assert len(show(found)) <= 123
    assert whole_number(found) is None or isinstance(whole_number(found), int)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (5.0, 5),
        (5.5, None),
        (True, None),
        ("5", None),
        (2**63 + 1, None),
        (float("nan"), None),
        (MISSING, None),
    ],
)
def test_a_whole_number_is_an_integer_as_json_schema_means_it(value: Any, number: int | None) -> None:
    assert whole_number(value) == number
