"""From pairs to findings: what differs, minus what the upstream itself says differently each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.comparison.answers import answer_differences
from conformance.comparison.delays import timing_differences, timing_of
from conformance.comparison.pairs import GatewayComparison, NotCompared, Pair, Seen, grouped
from conformance.comparison.requests import request_differences
from conformance.protocol.reply import Reply

REPEATED = 3
"""Scenarios that are sent once more for each difference, to see whether the upstream answers them the same way."""


def to_repeat(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The scenarios to send to the upstream once more: a few for each difference, in order."""
    wanted: dict[str, None] = {}
    shown: dict[tuple[str, str], int] = {}
    for pair in pairs:
        places = {(seen.kind, seen.where) for seen in answer_differences(pair.direct, pair.through)}
        if any(shown.get(place, 0) < REPEATED for place in places):
            wanted[pair.scenario] = None
            for place in places:
                shown[place] = shown.get(place, 0) + 1
    return tuple(wanted)


def compare(
    pairs: Sequence[Pair], again: Mapping[tuple[str, int], Reply], not_sent: Sequence[NotCompared] = ()
) -> GatewayComparison:
    """The findings of a gateway. `again` are further replies of the upstream by scenario and step.

    A place in which the upstream differs from itself is not compared, and the result says so. Nothing is found in pairs
    whose upstream did not answer.
    """
    usable = [pair for pair in pairs if pair.direct.status is not None]
    noise = dict(_noise(usable, again))
    found: list[tuple[Seen, Pair]] = []
    ignored: dict[tuple[str, str], int] = {}
    for pair in usable:
        for seen in answer_differences(pair.direct, pair.through):
            if (seen.kind, seen.where) in noise:
                ignored[seen.kind, seen.where] = ignored.get((seen.kind, seen.where), 0) + 1
            else:
                found.append((seen, pair))
        if pair.arrived is not None:
            found += [(seen, pair) for seen in request_differences(pair.through.exchange.request, pair.arrived)]
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


def _noise(pairs: Sequence[Pair], again: Mapping[tuple[str, int], Reply]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Kind and place of every difference between two answers of the upstream."""
    for pair in pairs:
        other = again.get((pair.scenario, pair.step))
        if other is not None:
            for seen in answer_differences(pair.direct, other):
                yield (seen.kind, seen.where), True
