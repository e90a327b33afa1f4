"""What differs between two streams: events, their order, their values. What the deltas add up to is compared apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.base.values import shortened
from conformance.comparison.ids import is_form, without_ids
from conformance.comparison.pairs import Seen
from conformance.comparison.values import LONGEST_NAME, Change, Divergence, differences, lined_up
from conformance.model import Json
from conformance.protocol.sse import Event

PING = "ping"
DELTA = "content_block_delta"

_SHOWN = 40
"""Events of a stream in another order that are shown."""


@dataclass(frozen=True)
class _Step:
    """An event, or a run of deltas of one kind: how a text is cut means little."""

    label: str
    first: Event
    count: int = 1


def stream_differences(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    """The events that the second stream lacks, adds, moves or says differently."""
    yield from ping_differences(direct, through)
    yield from name_differences(direct, through)
    ours, theirs = _steps(direct), _steps(through)
    labels, others = [step.label for step in ours], [step.label for step in theirs]
    pairs = list(lined_up(labels, others))
    yield from _sequence(labels, others, pairs)
    for mine, other in pairs:
        if mine is not None and other is not None:
            yield from _values(ours[mine], theirs[other])
    yield from member_differences(direct, through, DELTA)


def label_of(event: Event) -> str:
    """The type of an event, with that of its delta or block behind a colon."""
    kind = event.type or event.name or "an event without a type"
    for name in ("delta", "content_block"):
        part = event.json.get(name) if isinstance(event.json, dict) else None
        if isinstance(part, dict) and isinstance(part.get("type"), str):
            kind = f"{kind}:{part['type']}"
            break
    return shortened(kind, LONGEST_NAME)


def kind_of(found: Divergence) -> str:
    """The kind of a difference in an event."""
    if "usage" in found.where.split("."):
        return f"usage-{found.change}"
    if found.change == Change.CHANGED and is_form(found.direct):
        return "id-form-changed"
    return f"event-member-{found.change}"


def ping_differences(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    """Pings that are gone, or that only the gateway sends."""
    ours, theirs = (sum(label_of(event) == PING for event in stream) for stream in (direct, through))
    if ours and not theirs:
        yield Seen("ping-lost", PING, ours, 0)
    elif theirs and not ours:
        yield Seen("ping-added", PING, 0, theirs)


def name_differences(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    """Event lines that are gone, or say something else than the data."""
    if not all(event.name for event in direct) or any(_misnamed(event) for event in direct):
        return
    for change, wrong in (("lost", lambda event: not event.name), ("changed", _misnamed)):
        first = next((event for event in through if event.type and wrong(event)), None)
        if first is not None:
            name = shortened(first.name, LONGEST_NAME) if first.name else None
            yield Seen(f"event-name-{change}", label_of(first), first.type, name)


def _misnamed(event: Event) -> bool:
    return bool(event.name) and event.type is not None and event.name != event.type


def member_differences(direct: Sequence[Event], through: Sequence[Event], kind: str = "") -> Iterator[Seen]:
    """Members that all events of a label have lost, or that are new, for events of a type or of any."""
    ours_by_label, theirs_by_label = _members(direct, kind), _members(through, kind)
    for label in [each for each in ours_by_label if each in theirs_by_label]:
        for member in sorted(ours_by_label[label] - theirs_by_label[label]):
            yield Seen("event-member-lost", f"{label}.{member}")
        for member in sorted(theirs_by_label[label] - ours_by_label[label]):
            yield Seen("event-member-added", f"{label}.{member}")


def _steps(stream: Sequence[Event]) -> list[_Step]:
    steps: list[_Step] = []
    for event in stream:
        label = label_of(event)
        if label == PING:
            continue
        if steps and event.type == DELTA and steps[-1].label == label:
            steps[-1] = _Step(label, steps[-1].first, steps[-1].count + 1)
        else:
            steps.append(_Step(label, event))
    return steps


def _sequence(
    ours: Sequence[str], theirs: Sequence[str], pairs: Sequence[tuple[int | None, int | None]]
) -> Iterator[Seen]:
    lost = Counter(ours[mine] for mine, other in pairs if mine is not None and other is None)
    added = Counter(theirs[other] for mine, other in pairs if mine is None and other is not None)
    moved = lost & added
    for label in moved:
        yield Seen("event-reordered", label, list(ours[:_SHOWN]), list(theirs[:_SHOWN]))
    for label in lost - moved:
        yield Seen("event-lost", label, ours.count(label), theirs.count(label))
    for label in added - moved:
        yield Seen("event-added", label, ours.count(label), theirs.count(label))


def _values(ours: _Step, theirs: _Step) -> Iterator[Seen]:
    one, other, label = ours.first.json, theirs.first.json, ours.label
    if ours.first.type != DELTA:
        for found in differences(without_ids(one), without_ids(other), label):
            yield Seen(kind_of(found), found.where, found.direct, found.through)
        return
    if ours.count != theirs.count:
        kind = "deltas-merged" if theirs.count < ours.count else "deltas-split"
        yield Seen(kind, label, ours.count, theirs.count)
    if isinstance(one, dict) and isinstance(other, dict) and "index" in one and "index" in other:
        for found in differences(one["index"], other["index"], f"{label}.index"):
            yield Seen(kind_of(found), found.where, found.direct, found.through)


def _members(stream: Sequence[Event], kind: str) -> dict[str, set[str]]:
    """The names of the members of each kind of event, at any depth without lists."""
    found: dict[str, set[str]] = {}
    for event in stream:
        if isinstance(event.json, dict) and kind in ("", event.type):
            found.setdefault(label_of(event), set()).update(_names_in(event.json))
    return found


def _names_in(value: dict[str, Json], above: str = "") -> Iterator[str]:
    for name, item in value.items():
        place = f"{above}{shortened(name, LONGEST_NAME)}"
        yield place
        if isinstance(item, dict) and name in ("delta", "content_block", "error"):
            yield from _names_in(item, f"{place}.")
