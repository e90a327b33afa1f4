"""Histories made of templates: every two values occur together, and nothing grows without a bound."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.standard.pairwise import LARGEST, PLAIN, PairwiseError, Template, pairwise

TURNS = [
    {"role": "user", "content": "Round {n}"},
    {"role": "assistant", "content": ["$before", {"type": "tool_use", "id": "$id"}]},
    {"role": "user", "content": "$more"},
]
VALUES: dict[str, Any] = {
    "id": {"own": "toolu_{n}", "foreign": "call_{n}"},
    "before": {"nothing": [], "texts": [{"text": "a"}, {"text": "b"}]},
    "more": {"none": [], "text": "c"},
}


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_every_two_values_occur_together_in_few_rounds_and_always_the_same(sizes: list[int]) -> None:
    rounds = pairwise(sizes)
    for one, other in combinations(range(len(sizes)), 2):
        met = {(chosen[one], chosen[other]) for chosen in rounds}
        assert met == set(product(range(sizes[one]), range(sizes[other])))
    largest = sorted(sizes)[-2:]
    assert len(rounds) <= 2 * largest[0] * largest[1]
    assert pairwise(sizes) == rounds


def test_a_single_hole_has_a_round_for_each_value() -> None:
    assert pairwise([3]) == [(0,), (1,), (2,)]


def test_holes_are_filled_and_rounds_are_numbered() -> None:
    history = Template(TURNS, VALUES).history()
    assert history[:3] == [
        {"role": "user", "content": "Round 1"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]},
        {"role": "user", "content": "Round 2"},
    ]
    ids = [block["id"] for turn in history if turn["role"] == "assistant" for block in turn["content"] if "id" in block]
    assert len(set(ids)) == len(ids) == 4
    assert {len(turn["content"]) for turn in history if turn["role"] == "assistant"} == {1, 3}


def test_each_value_is_a_part_of_its_own() -> None:
    alone = Template(TURNS, VALUES).alone()
    assert set(alone) == {PLAIN, "id-foreign", "before-texts", "more-text"}
    assert alone["more-text"][-1] == {"role": "user", "content": "c"}
    assert alone["id-foreign"][1]["content"][-1]["id"] == "call_1"


def test_an_object_fills_several_holes() -> None:
    turns = [{"role": "user", "content": "$question"}, {"role": "assistant", "content": "$answer"}]
    values = {"talk": {"short": {"question": "Hi", "answer": "Hi."}, "none": {"question": [], "answer": []}}}
    assert Template(turns, values).history() == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hi."},
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"id": {"own": "a"}, "before": {"nothing": []}}, "Nothing fills the hole $more"),
        ({**VALUES, "before": {"itself": ["$before"]}}, r"The hole \$before is inside a value"),
        ({**VALUES, "before": {"long": [{"text": "a" * LARGEST}]}}, "more than 500,000 characters"),
        ({**VALUES, "id": {"long": "a" * 20_000}, "before": {"many": [{"id": "$id"}] * 100}}, "more than 500,000"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(PairwiseError, match=words.replace("$m", r"\$m")):
        Template(TURNS, values).history()
