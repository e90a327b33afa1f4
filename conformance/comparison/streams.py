"""What differs between two streams: events, their order, their members. What the deltas add up to is compared apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from conformance.comparison.pairs import Seen
from conformance.comparison.values import differences, lined_up
from conformance.model import Json
from conformance.protocol.sse import Event

PING = "ping"
WHOLE = ("message_start", "message_delta")
"""Events of which every value is compared; what the others say adds up to the content."""

_SHOWN = 40
"""Events of a stream in another order that are shown."""


def stream_differences(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    """The events that the second stream lacks, adds, moves or says differently."""
    yield from _pings(direct, through)
    yield from _sequence(direct, through)
    yield from _names(direct, through)
    for kind in WHOLE:
        ours, theirs = _first(direct, kind), _first(through, kind)
        if ours is None or theirs is None:
            continue
        for found in differences(ours, theirs, kind):
            about = "usage" if "usage" in found.where.split(".") else "event-member"
            yield Seen(f"{about}-{found.change}", found.where, found.direct, found.through)
    ours_by_label, theirs_by_label = _members(direct), _members(through)
    for label in [each for each in ours_by_label if each in theirs_by_label]:
        for member in sorted(ours_by_label[label] - theirs_by_label[label]):
            yield Seen("event-member-lost", f"{label}.{member}")
        for member in sorted(theirs_by_label[label] - ours_by_label[label]):
            yield Seen("event-member-added", f"{label}.{member}")


def label_of(event: Event) -> str:
    """The type of an event, with that of its delta or block behind a colon."""
    kind = event.type or event.name or "an event without a type"
    for name in ("delta", "content_block"):
        part = event.json.get(name) if isinstance(event.json, dict) else None
        if isinstance(part, dict) and isinstance(part.get("type"), str):
            return f"{kind}:{part['type']}"
    return kind


def _pings(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    ours, theirs = (sum(label_of(event) == PING for event in stream) for stream in (direct, through))
    if ours and not theirs:
        yield Seen("ping-lost", PING, ours, 0)
    elif theirs and not ours:
        yield Seen("ping-added", PING, 0, theirs)


def _sequence(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    ours, theirs = _steps(direct), _steps(through)
    if ours == theirs:
        return
    lost: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for mine, other in lined_up(ours, theirs):
        if other is None and mine is not None:
            lost[ours[mine]] += 1
        elif mine is None and other is not None:
            added[theirs[other]] += 1
    moved = lost & added
    for label in moved:
        yield Seen("event-reordered", label, ours[:_SHOWN], theirs[:_SHOWN])
    for label in lost - moved:
        yield Seen("event-lost", label, ours.count(label), theirs.count(label))
    for label in added - moved:
        yield Seen("event-added", label, ours.count(label), theirs.count(label))


def _steps(stream: Sequence[Event]) -> list[str]:
    """The labels in order, a run of equal ones once: how a text is cut into deltas means nothing."""
    labels = (label_of(event) for event in stream)
    return [label for label, _ in groupby(label for label in labels if label != PING)]


def _names(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    if all(event.name for event in direct) and not all(event.name for event in through):
        without = next(event for event in through if not event.name)
        yield Seen("event-name-lost", label_of(without), without.type, None)


def _first(stream: Sequence[Event], kind: str) -> Json:
    return next((event.json for event in stream if event.type == kind), None)


def _members(stream: Sequence[Event]) -> dict[str, set[str]]:
    """The names of the members of each kind of event that is not compared whole, at any depth without lists."""
    found: dict[str, set[str]] = {}
    for event in stream:
        if event.type not in WHOLE and isinstance(event.json, dict):
            found.setdefault(label_of(event), set()).update(_names_in(event.json))
    return found


def _names_in(value: dict[str, Json], above: str = "") -> Iterator[str]:
    for name, item in value.items():
        yield f"{above}{name}"
        if isinstance(item, dict) and name in ("delta", "content_block", "error"):
            yield from _names_in(item, f"{above}{name}.")
