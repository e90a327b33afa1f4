"""JSON of others is read strictly, never raises, and says where it is wrong."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.strict_json import DEEPEST, EXACT, MOST_FLAWS, read

HALF = "\\ud800"


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ('{"a":{"b":1,"b":2}}', "duplicate", "/a/b"),
        ('[{"a~/":1,"a~/":2}]', "duplicate", "/0/a~0~1"),
        (f"[0,{EXACT + 1}]", "number", "/1"),
        (f"[{-EXACT - 1}]", "number", "/0"),
        ("[1e400]", "number", "/0"),
        ("[" + "9" * 10_000 + "]", "number", "/0"),
        ("[-" + "9" * 10_000 + "]", "number", "/0"),
        (f'{{"a":"x{HALF}"}}', "surrogate", "/a"),
        (f'{{"{HALF}":1}}', "surrogate", "/\ufffd"),
        ('\ufeff{"a":1}', "byte-order-mark", 0),
    ],
)
def test_what_readers_read_differently_has_a_value_and_a_place(text: str, kind: str, place: Any) -> None:
    reading = read(text.encode())
    assert reading == read(text)
    assert reading.problem is None
    assert reading.value is not None
    assert [flaw.kind for flaw in reading.flaws] == [kind]
    assert (reading.flaws[0].offset if isinstance(place, int) else reading.flaws[0].pointer) == place


@pytest.mark.parametrize(
    ("data", "kind", "offset"),
    [
        ('{"a":1}'.encode("utf-16"), "encoding", 0),
        ('{"a":1}'.encode("utf-16-le"), "syntax", 1),
        ('{"a":"ü"}'.encode("latin-1"), "encoding", 6),
        (b'{"a":"\xed\xa0\x80"}', "encoding", 6),
        ('["ü",}'.encode(), "syntax", 6),
        (b"\xef\xbb\xbf[1,}", "syntax", 6),
        (b"[1] 2", "syntax", 4),
        (b"[" * (DEEPEST + 1), "depth", DEEPEST),
        (b'{"a":' * 100_000, "depth", 5 * DEEPEST),
    ],
)
def test_what_no_reader_can_read_has_no_value(data: bytes, kind: str, offset: int) -> None:
    reading = read(data)
    assert reading.value is None
    assert reading.problem == reading.flaws[-1].what
    assert (reading.flaws[-1].kind, reading.flaws[-1].offset) == (kind, offset)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constants_of_python_are_not_json(constant: str) -> None:
    reading = read(f"[{constant}]")
    assert (reading.value, reading.problem) == (None, f"{constant} is not JSON")


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEPEST + "]" * DEEPEST,
        json.dumps("[{" * 1000),
        json.dumps(["\U0001f600", "\\ud800", '"[']),
        f"[{EXACT}, {-EXACT}, 1.5, true, null]",
        json.dumps([{"a": []}] * 500),
    ],
)
def test_sound_json_has_no_flaws(text: str) -> None:
    reading = read(text)
    assert (reading.value, reading.flaws, reading.problem) == (json.loads(text), (), None)


def test_flaws_are_counted_no_further_than_a_bound() -> None:
    assert len(read("[" + ",".join(["1e999"] * 1000) + "]").flaws) == MOST_FLAWS


def test_a_long_name_with_many_members_costs_no_more_than_its_size() -> None:
    inner = ",".join(f'"{number}":0' for number in range(50_000))
    reading = read(f'{{"{"n" * 500_000}":{{{inner},"0":1}}}}')
    assert [flaw.kind for flaw in reading.flaws] == ["duplicate"]


def test_an_unterminated_string_of_quotes_costs_no_more_than_its_size() -> None:
    assert read("[" * 200 + '"' + '\\"' * 500_000).flaws[0].kind == "depth"
    assert read("[[]," * 100 + "[]," * 100 + '"' + '\\"' * 500_000).problem is not None


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec=None)), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_every_value_can_be_printed_and_computed_with(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    waiting = [read(text).value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str):
            item.encode()
        elif item is not None:
            assert math.isfinite(float(item))


@given(st.binary() | st.text('[]{}",:0eEuUdD8\\ntrfalsx-. ').map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    reading = read(data)
    assert (reading.problem is None) or (reading.value is None and reading.flaws)
