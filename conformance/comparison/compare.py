"""From pairs to findings: what differs, minus what the upstream itself says differently each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from conformance.comparison.answers import answer_differences
from conformance.comparison.delays import timing_differences, timing_of
from conformance.comparison.pairs import GatewayComparison, NotCompared, Pair, Seen, grouped
from conformance.comparison.requests import request_differences
from conformance.protocol.reply import Reply

REPEATED: Final = 3
"""Scenarios that are sent once more for each difference, to see whether the upstream answers them the same way."""

MOST_SEEN: Final = 200
"""Differences of one pair that are kept."""

Repeat = Callable[[str], Sequence[Reply]]
"""Sends a scenario to the upstream once more; the replies to its steps."""

_Place = tuple[str, str]
"""The kind of a difference, and where it is."""


def compare(pairs: Sequence[Pair], repeat: Repeat, not_sent: Sequence[NotCompared] = ()) -> GatewayComparison:
    """The findings of a gateway.

    A place in which the upstream differs from itself is not compared, and the result says so. Nothing is found in pairs
    whose upstream did not answer.
    """
    usable = [pair for pair in pairs if pair.direct.status is not None]
    differing = [(pair, _differences(pair.direct, pair.through)) for pair in usable]
    again = {scenario: repeat(scenario) for scenario in _to_repeat(differing)}
    noise = set(_noise(usable, again))
    found: list[tuple[Seen, Pair]] = []
    ignored: Counter[_Place] = Counter()
    for pair, differences in differing:
        found += [(seen, pair) for seen in differences if _place(seen) not in noise]
        ignored.update(_place(seen) for seen in differences if _place(seen) in noise)
        if pair.arrived is not None:
            changed = request_differences(pair.through.exchange.request, pair.arrived)
            found += [(seen, pair) for seen in islice(changed, MOST_SEEN)]
    found += timing_differences(usable)
    left_out = [
        NotCompared(f"{where} ({kind})", f"the upstream itself differs there from answer to answer; {count} seen")
        for (kind, where), count in ignored.items()
    ]
    silent = [
        NotCompared(f"{pair.scenario}, step {pair.step}", "the upstream did not answer")
        for pair in pairs
        if pair.direct.status is None
    ]
    return GatewayComparison(grouped(found), len(usable), (*not_sent, *silent, *left_out), timing_of(usable))


def _differences(direct: Reply, other: Reply) -> tuple[Seen, ...]:
    return tuple(islice(answer_differences(direct, other), MOST_SEEN))


def _place(seen: Seen) -> _Place:
    return seen.kind, seen.where


def _to_repeat(differing: Iterable[tuple[Pair, Sequence[Seen]]]) -> Iterator[str]:
    """The scenarios to send to the upstream once more: a few for each difference, in order, each once."""
    shown: Counter[_Place] = Counter()
    wanted: dict[str, None] = {}
    for pair, differences in differing:
        places = set(map(_place, differences))
        if any(shown[place] < REPEATED for place in places):
            shown.update(places)
            wanted[pair.scenario] = None
    yield from wanted


def _noise(pairs: Iterable[Pair], again: dict[str, Sequence[Reply]]) -> Iterator[_Place]:
    """Kind and place of every difference between two answers of the upstream."""
    for pair in pairs:
        for other in again.get(pair.scenario, ())[pair.step - 1 : pair.step]:
            yield from map(_place, _differences(pair.direct, other))
