"""Token accounting, whatever a usage object holds."""

import pytest

from conformance.model import Json
from conformance.protocol.usage import billed, merge, total_input

CACHED = {"input_tokens": 3, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 11}


@pytest.mark.parametrize(
    ("usage", "total", "bill"),
    [
        (CACHED, 15, (15, 11)),
        ({"input_tokens": 3, "cache_read_input_tokens": None}, 3, (3, 0)),
        ({"cache_read_input_tokens": 3}, None, (3, 0)),
        ({"input_tokens": "3", "output_tokens": True}, None, (0, 0)),
        ({"input_tokens": -3, "output_tokens": -1}, -3, (0, 0)),
        ({"input_tokens": float("inf")}, None, (0, 0)),
        ({}, None, (0, 0)),
    ],
)
def test_all_counts_of_the_input_add_up(usage: dict[str, Json], total: int | None, bill: tuple[int, int]) -> None:
    assert total_input(usage) == total
    assert billed(usage) == bill


@pytest.mark.parametrize("usage", [None, [], "12", 12])
def test_what_is_no_usage_has_no_total(usage: Json) -> None:
    assert total_input(usage) is None
    assert billed(None) == (0, 0)


def test_a_later_usage_overwrites_and_null_overwrites_nothing() -> None:
    usage = {"a": 1, "b": 2}
    merge(usage, {"b": 3, "a": None, "c": None})
    assert usage == {"a": 1, "b": 3, "c": None}
