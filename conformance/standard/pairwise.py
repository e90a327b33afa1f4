"""Histories of a conversation in which every two values of a template occur together.

A template is a list of turns with holes, written `$name`, and the values that fill them. The history has so many rounds
of these turns that every pair of values of different holes fills one of them. The same order of values always gives the
same history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from conformance.model import Json

NUMBER = "{n}"
"""The number of the round, in any text, so that ids are not repeated."""

LARGEST: Final = 500_000
"""Characters and values of a history."""

PLAIN: Final = "plain"
"""The name of the round that has the first value of each hole."""

Round = tuple[int, ...]
"""Which value each hole has, in order of the holes."""

_Pair = tuple[int, int, int, int]
"""A hole and its value, another hole and its value."""


class PairwiseError(ValueError):
    """A template whose holes cannot be filled, or whose history is too long."""


@dataclass(frozen=True)
class Template:
    """Turns with holes, and what fills them: name of the hole -> name of the value -> value.

    A value that is an object fills several holes, each of its keys. Where a hole is an item of an array, the items of
    its value take its place. A turn whose content is an empty array is left out.
    """

    turns: Sequence[Mapping[str, Json]]
    values: Mapping[str, Mapping[str, Json]]

    def history(self) -> list[Json]:
        """The turns of all rounds. Raises PairwiseError."""
        room = _Room()
        rounds = pairwise([len(values) for values in self.values.values()])
        return [turn for number, chosen in enumerate(rounds, start=1) for turn in self._round(chosen, number, room)]

    def alone(self) -> dict[str, list[Json]]:
        """One round of turns with the first value of each hole (`plain`), and for each other value the same with this
        value, by name: that of the hole and that of the value. Raises PairwiseError.
        """
        room = _Room()
        found = {PLAIN: self._round((0,) * len(self.values), 1, room)}
        for place, (hole, values) in enumerate(self.values.items()):
            for which, value in enumerate(values):
                if which == 0:
                    continue
                chosen = tuple(which if place == other else 0 for other in range(len(self.values)))
                found[f"{hole}-{value}"] = self._round(chosen, 1, room)
        return found

    def _round(self, chosen: Round, number: int, room: _Room) -> list[Json]:
        fillings: dict[str, Json] = {}
        for which, (hole, values) in zip(chosen, self.values.items(), strict=True):
            value = list(values.values())[which]
            fillings.update(value if isinstance(value, dict) else {hole: value})
        turns = [_Filler(fillings, number, room).fill(turn) for turn in self.turns]
        return [turn for turn in turns if turn["content"] != []]


@dataclass
class _Room:
    """How many characters and values may still be written; a template of a few lines could ask for gigabytes."""

    left: int = LARGEST

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise PairwiseError(f"The history has more than {LARGEST:,} characters and values")


@dataclass(frozen=True)
class _Filler:
    """Fills the holes of one round. A hole inside a value takes a string only, so that no value holds itself."""

    fillings: Mapping[str, Json]
    number: int
    room: _Room

    def fill(self, value: Json, *, inside: bool = False) -> Json:
        if isinstance(value, str):
            return self._hole(value[1:], inside=inside) if value.startswith("$") else self._text(value)
        self.room.take(1)
        if isinstance(value, dict):
            return {key: self.fill(item, inside=inside) for key, item in value.items()}
        if isinstance(value, list):
            return [filled for item in value for filled in self._items(item, inside=inside)]
        return value

    def _text(self, text: str) -> str:
        self.room.take(1 + len(text))
        return text.replace(NUMBER, str(self.number))

    def _hole(self, name: str, *, inside: bool) -> Json:
        if name not in self.fillings:
            raise PairwiseError(f"Nothing fills the hole ${name}")
        filling = self.fillings[name]
        if inside and not isinstance(filling, str):
            raise PairwiseError(f"The hole ${name} is inside a value, where only a string can fill it")
        return self._text(filling) if isinstance(filling, str) else self.fill(filling, inside=True)

    def _items(self, item: Json, *, inside: bool) -> Sequence[Json]:
        filled = self.fill(item, inside=inside)
        return filled if isinstance(item, str) and isinstance(filled, list) else [filled]


def pairwise(sizes: Sequence[int]) -> list[Round]:
    """Rounds in which every pair of values of different holes occurs. `sizes` says how many values each hole has.

    Greedy: each round begins with the first pair that is missing and takes the values that add most pairs.
    """
    if len(sizes) == 1:
        return [(value,) for value in range(sizes[0])]
    missing = dict.fromkeys(_pairs(sizes))
    rounds: list[Round] = []
    while missing or not rounds:
        chosen = _next(sizes, missing)
        rounds.append(chosen)
        for pair in _pairs_of(chosen):
            missing.pop(pair, None)
    return rounds


def _next(sizes: Sequence[int], missing: Mapping[_Pair, None]) -> Round:
    first = next(iter(missing), None)
    known = {first[0]: first[1], first[2]: first[3]} if first is not None else {}
    for hole, size in enumerate(sizes):
        if hole not in known:
            gains = [_gain(hole, value, known, missing) for value in range(size)]
            known[hole] = gains.index(max(gains))
    return tuple(known[hole] for hole in range(len(sizes)))


def _gain(hole: int, value: int, known: Mapping[int, int], missing: Mapping[_Pair, None]) -> int:
    """How many missing pairs a value makes with those that are chosen."""
    pairs = (_ordered(hole, value, other, that) for other, that in known.items())
    return sum(pair in missing for pair in pairs)


def _ordered(hole: int, value: int, other: int, that: int) -> _Pair:
    return (hole, value, other, that) if hole < other else (other, that, hole, value)


def _pairs(sizes: Sequence[int]) -> Iterator[_Pair]:
    for one, other in combinations(range(len(sizes)), 2):
        for value, that in product(range(sizes[one]), range(sizes[other])):
            yield one, value, other, that


def _pairs_of(chosen: Round) -> Iterator[_Pair]:
    for one, other in combinations(range(len(chosen)), 2):
        yield one, chosen[one], other, chosen[other]
