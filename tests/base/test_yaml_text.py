import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import FileError
from conformance.base.files import Bounds
from conformance.base.yaml_text import read

PATH = Path("a.yaml")
BOUNDS = Bounds(10_000, 100, 10)


def value(text: str, bounds: Bounds = BOUNDS):
    return read(text, PATH, bounds).value


def refusal(text: str, bounds: Bounds = BOUNDS) -> str:
    with pytest.raises(FileError) as caught:
        read(text, PATH, bounds)
    return str(caught.value)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON, st.booleans())
def test_what_a_dumper_writes_is_read_back(data, flow):
    text = yaml.safe_dump(data, default_style='"' if flow else None, default_flow_style=flow, sort_keys=False)
    if not flow:
        plain = read(text, PATH, Bounds(100_000, 1_000)).value
        assert _texts(plain) == _texts(data)
    assert _shape(read(text, PATH, Bounds(100_000, 1_000)).value) == _shape(data)


def _texts(data):
    """Its texts in their order; numbers are left out, because PyYAML reads them by other rules."""
    if isinstance(data, list):
        return [_texts(item) for item in data]
    if isinstance(data, dict):
        return [_texts(item) for item in data.values()]
    return data if isinstance(data, str) else None


def _shape(data):
    if isinstance(data, list):
        return [_shape(item) for item in data]
    return {key: _shape(item) for key, item in data.items()} if isinstance(data, dict) else 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1), ("-0.5", -0.5), ("1e3", 1000.0), ("010", "010"), ("1_0", "1_0"), ("yes", "yes"), ("~", None),
        ("'1'", "1"), ("!!str 1", "1"), ("! 1", "1"), ("2026-10-21", "2026-10-21"), (".inf", ".inf"), ("0x1", "0x1"),
        ("a: &x 1\nb: *x", {"a": 1, "b": 1}), ("&x a: *x", {"a": "a"}), ("{a: &x b, *x : c}", {"a": "b", "b": "c"}),
        ("- &a {id: x}\n- {<<: *a}", [{"id": "x"}, {"<<": {"id": "x"}}]),
    ],
)  # fmt: skip
def test_scalars_follow_the_rules_of_json(text, expected):
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- " + "9" * 400, "a.yaml:1: The number is too long"),
        ("a:\n- 1e999", "a.yaml:2: The number is too large"),
        ("- x\n" * 101, "a.yaml:100: The file holds more than 100 values, aliases counted"),
        ("[" * 11 + "]" * 11, "a.yaml:1: Nested deeper than 10 levels"),
        ("- &a [[[[[1]]]]]\n- [[[[[*a]]]]]", "a.yaml:2: Nested deeper than 10 levels"),
        ("a: &a [*a]", "a.yaml:1: A value contains itself"),
        ("*a", "a.yaml:1: Invalid YAML: found undefined alias 'a'"),
        ("- {a: 1, a: 2}", "a.yaml:1: Duplicate key 'a' (first defined on line 1)"),
        ("? {a: 1}\n: 2", "a.yaml:1: Keys must be strings"),
        ("a: 1\nb: \x07", "a.yaml:2: Invalid YAML: control characters are not allowed"),
        ("!!set {a}", "a.yaml:1: Unsupported tag 'tag:yaml.org,2002:set'"),
    ],
)
def test_what_is_refused_is_refused_with_its_line(text, problem):
    assert refusal(text) == problem


def test_nothing_is_held_of_what_crosses_a_bound_and_nothing_recurses():
    for text in ("[" * 200_000, "- " * 200_000, "{a: " * 200_000):
        assert re.search("deeper than 64 levels|maximum nesting depth", refusal(text, Bounds(1_000_000, 1_000_000)))


def test_the_line_of_each_place_is_known():
    text = read("a:\n- 1\n- b: &x\n    c: 2\n'd/e': *x\n", PATH, BOUNDS)
    places = {"": 1, "/a": 1, "/a/0": 2, "/a/1": 3, "/a/1/b": 3, "/a/1/b/c": 4, "/a/7": 1, "/d~1e": 5, "/d~1e/c": 4}
    assert {place: text.line_of(place) for place in places} == places
