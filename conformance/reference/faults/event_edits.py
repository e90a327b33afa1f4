"""Edits of a stream: events that are left out, repeated, moved, added or cut off, as data. README.md describes them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.reference.answer import ServerEvent
from conformance.reference.faults.edits import edit, root_of
from conformance.reference.faults.patterns import Pattern, matches

Item = TypeVar("Item")


@dataclass(eq=False)
class EditedEvent:
    """One event of a stream while it is edited, and how many events were put after it."""

    name: str | None
    data: Any
    followers: int = 0


@dataclass(eq=False)
class EditedStream:
    """The events of one stream while they are edited."""

    entries: list[EditedEvent]

    def position(self, entry: EditedEvent) -> int | None:
        """Where an entry is, or None where it is no longer part of the stream."""
        return self.entries.index(entry) if entry in self.entries else None

    def find(self, where: Pattern) -> list[EditedEvent]:
        """The entries whose data matches a pattern."""
        return [entry for entry in self.entries if matches(where, entry.data)]

    def put(self, entry: EditedEvent, position: Any, own: EditedEvent) -> bool:
        """Puts an entry at a position, which may be relative to `own`. False where there is no such position."""
        if position == "end":
            self.entries.append(entry)
            return True
        side, anchor = self._anchor(position, own)
        place = None if anchor is None else self.position(anchor)
        if anchor is None or place is None:
            return False
        if side == "after":
            anchor.followers += 1
            place += anchor.followers
        self.entries.insert(place, entry)
        return True

    def remove(self, entry: EditedEvent) -> None:
        """Takes an entry out."""
        if entry in self.entries:
            self.entries.remove(entry)

    def _anchor(self, position: Any, own: EditedEvent) -> tuple[str, EditedEvent | None]:
        if isinstance(position, str):
            return position, own
        side = "before" if "before" in position else "after"
        found = self.find(position[side])
        here = self.position(own) or 0
        match position.get("pick", "first"):
            case "next":
                found = [entry for entry in found if (self.position(entry) or 0) > here]
                return side, next(iter(found), None)
            case "previous":
                found = [entry for entry in found if (self.position(entry) or 0) < here]
                return side, next(reversed(found), None)
            case pick:
                return side, next(iter(picked(found, pick)), None)


def edited(
    events: Sequence[ServerEvent], where: Pattern, pick: Any, edits: Sequence[tuple[str, Any]]
) -> list[ServerEvent]:
    """The events after these edits of the ones that match and are picked."""
    stream = EditedStream([EditedEvent(event.name, event.data) for event in events])
    for entry in picked(stream.find(where), pick):
        _edit(stream, entry, edits)
    return [ServerEvent(entry.name, entry.data) for entry in stream.entries]


def picked(found: Sequence[Item], pick: Any) -> Sequence[Item]:
    """The picked ones of what was found: `all`, `first`, `last`, `rest` (all but the first), or 2 for the second."""
    match pick:
        case "first":
            return found[:1]
        case "last":
            return found[-1:]
        case "rest":
            return found[1:]
        case int():
            return found[pick - 1 : pick]
        case _:
            return found


def _edit(stream: EditedStream, entry: EditedEvent, edits: Sequence[tuple[str, Any]]) -> None:
    for operation, argument in edits:
        if operation == "copy":
            again = EditedEvent(entry.name, copy.deepcopy(entry.data))
            if not stream.put(again, argument, entry):
                return
            entry = again
        elif operation in _EDITS:
            _EDITS[operation](stream, entry, argument)
        else:
            root = root_of(entry.data)
            edit(root, operation, argument)
            entry.data = root.value


def _name(_: EditedStream, entry: EditedEvent, name: str | None) -> None:
    entry.name = name


def _drop(stream: EditedStream, entry: EditedEvent, _: bool) -> None:
    stream.remove(entry)


def _move(stream: EditedStream, entry: EditedEvent, position: Any) -> None:
    moved = EditedEvent(entry.name, entry.data)
    if stream.put(moved, position, entry):
        stream.remove(entry)


def _cut(stream: EditedStream, entry: EditedEvent, side: str) -> None:
    place = stream.position(entry)
    if place is not None:
        del stream.entries[place + (side == "after") :]


def _send(stream: EditedStream, entry: EditedEvent, event: Mapping[str, Any]) -> None:
    stream.put(EditedEvent(event["name"], copy.deepcopy(event["data"])), event["position"], entry)


def _blocks(stream: EditedStream, entry: EditedEvent, blocks: Sequence[Mapping[str, Any]]) -> None:
    for other in stream.entries:
        if isinstance(other.data, dict) and "index" in other.data:
            other.data["index"] += len(blocks)
    for index, block in enumerate(copy.deepcopy(blocks)):
        made = [{"type": "content_block_start", "index": index, "content_block": block["start"]}]
        made += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in block["deltas"]]
        made += [{"type": "content_block_stop", "index": index}]
        for data in made:
            stream.put(EditedEvent(str(data["type"]), data), "after", entry)


_EDITS: Mapping[str, Callable[[EditedStream, EditedEvent, Any], None]] = {
    "name": _name,
    "drop": _drop,
    "move": _move,
    "cut": _cut,
    "send": _send,
    "blocks": _blocks,
}

EDITS = frozenset({"copy", *_EDITS})
"""The names of the edits of a stream."""
