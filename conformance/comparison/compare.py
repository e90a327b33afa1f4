"""From pairs to findings: what differs, minus what the upstream itself says differently each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from conformance.comparison.answers import answer_differences
from conformance.comparison.consequences import follows, is_altered, requests_of
from conformance.comparison.delays import timing_differences, timing_of
from conformance.comparison.evidence import blocks_never_seen, not_shown, says, two_models
from conformance.comparison.pairs import MOST_FINDINGS, GatewayComparison, NotCompared, Pair, Seen, grouped
from conformance.protocol.reply import Reply

REPEATED: Final = 3
"""Scenarios that are sent once more for each difference, to see whether the upstream answers them the same way."""

MOST_SEEN: Final = 200
"""Differences of one pair that are kept."""

Repeat = Callable[[str], Sequence[Reply]]
"""Sends a scenario to the upstream once more; the replies to its steps."""

_Place = tuple[str, str]
"""What a difference is about, and where."""


@dataclass(frozen=True)
class _Again:
    """What the upstream said to requests that were sent once more, by scenario and step."""

    replies: Mapping[tuple[str, int], Reply]

    def of(self, pair: Pair) -> Reply | None:
        """The second answer of the upstream, or None without one."""
        return self.replies.get((pair.scenario, pair.step))


def compare(pairs: Sequence[Pair], repeat: Repeat, not_sent: Sequence[NotCompared] = ()) -> GatewayComparison:
    """The findings of a gateway.

    What the upstream itself says differently in a second answer is not compared, and the result says so. Of a model
    that answers differently each time only the structure is compared, and so it is where another model answers through
    the gateway. Nothing is found in pairs whose upstream did not answer.
    """
    usable = [pair for pair in pairs if pair.direct.status is not None]
    differing = {pair: _differences(pair.direct, pair.through) for pair in usable}
    again = _Again(
        {
            (scenario, step): reply
            for scenario in _to_repeat(differing)
            for step, reply in enumerate(repeat(scenario), 1)
            if reply.status is not None
        }
    )
    others = two_models(usable)
    altered = usable if others else [pair for pair in usable if is_altered(pair)]
    free = [pair for pair in usable if _is_said(pair.direct)] if _varies(usable, again) else []
    built = {*free, *altered}
    differing |= {pair: _differences(pair.direct, pair.through, built=True) for pair in built}
    for pair in altered:
        differing[pair] = tuple(seen for seen in differing[pair] if not follows(seen))
    noise = {pair: _noise(pair, again, built=pair in built) for pair in usable}
    everywhere = frozenset(place for places in noise.values() if places is not None for place in places)
    found: list[tuple[Seen, Pair]] = []
    ignored: Counter[_Place] = Counter()
    for pair, differences in differing.items():
        own = noise[pair]
        varying = everywhere if own is None else own
        found += [(seen, pair) for seen in differences if seen.place not in varying]
        ignored.update(seen.place for seen in differences if seen.place in varying)
        if pair.arrived is not None:
            found += [(seen, pair) for seen in islice(requests_of(pair), MOST_SEEN)]
    found += blocks_never_seen(usable if others else free)
    found += timing_differences(usable)
    left_out = [
        NotCompared(f"{where} ({about})", f"the upstream itself differs there from answer to answer; {count} seen")
        for (about, where), count in ignored.items()
    ]
    silent = [
        NotCompared(f"{pair.scenario}, step {pair.step}", "the upstream did not answer")
        for pair in pairs
        if pair.direct.status is None
    ]
    findings = grouped(found)
    unknown = (
        *_built_only(free, altered, others=others),
        *left_out,
        *not_shown(usable),
        *_more_than_kept(len(findings)),
    )
    return GatewayComparison(findings, len(usable), (*not_sent, *silent, *unknown), timing_of(usable))


def _differences(direct: Reply, other: Reply, *, built: bool = False) -> tuple[Seen, ...]:
    return tuple(islice(answer_differences(direct, other, built=built), MOST_SEEN))


def _to_repeat(differing: Mapping[Pair, Sequence[Seen]]) -> Iterator[str]:
    """The scenarios to send to the upstream once more: a few for each difference, in order, each once."""
    shown: Counter[_Place] = Counter()
    wanted: dict[str, None] = {}
    for pair, differences in differing.items():
        places = {seen.place for seen in differences}
        if any(shown[place] < REPEATED for place in places):
            shown.update(places)
            wanted[pair.scenario] = None
    yield from wanted


def _noise(pair: Pair, again: _Again, *, built: bool) -> frozenset[_Place] | None:
    """The place of every difference between two answers of the upstream, or None where it answered only once."""
    other = again.of(pair)
    return None if other is None else frozenset(seen.place for seen in _differences(pair.direct, other, built=built))


def _is_said(reply: Reply) -> bool:
    """Whether an answer is what a model says, and no list, count or error."""
    return reply.ok and reply.message is not None and isinstance(reply.message.get("content"), list)


def _varies(pairs: Sequence[Pair], again: _Again) -> bool:
    """Whether the model of the upstream says something else when it is asked once more."""
    for pair in pairs:
        other = again.of(pair)
        if other is None or not _is_said(pair.direct) or not _is_said(other):
            continue
        if says(pair.direct) != says(other):
            return True
    return False


def _built_only(free: Sequence[Pair], altered: Sequence[Pair], *, others: bool) -> Iterator[NotCompared]:
    only = "only their structure is compared"
    if others:
        yield NotCompared(
            f"what is said in {len(altered)} answers", f"another model answers through the gateway; {only}"
        )
        return
    if free:
        yield NotCompared(f"what the model says in {len(free)} answers", f"it differs each time; {only}")
    if altered:
        yield NotCompared(f"{len(altered)} answers to requests that are not the same on both ways", only)


def _more_than_kept(findings: int) -> Iterator[NotCompared]:
    if findings >= MOST_FINDINGS:
        yield NotCompared("further differences", f"only {MOST_FINDINGS:,} findings are kept")
