"""What differs between two answers of a model that answers differently each time: only how they are built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from conformance.base.values import kind
from conformance.comparison.ids import without_ids
from conformance.comparison.pairs import Seen
from conformance.comparison.streams import kind_of, member_differences, name_differences, ping_differences
from conformance.comparison.values import Change, Divergence, differences, label_of_item
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event
from conformance.protocol.stop_reasons import STOP_REASONS

_KEPT: Final = frozenset({"type", "role", "model", "id", "input_tokens"})
"""Members whose values do not depend on what the model says."""

_BLOCK: Final = "content_block"


def structure_differences(direct: Reply, through: Reply) -> Iterator[Seen]:
    """The members that the second answer lacks or adds, kinds of values, the events that a stream has to have."""
    if direct.events is not None and through.events is not None:
        yield from _streams(direct.events, through.events)
        yield from _blocks(_content(direct.message), _content(through.message))
        return
    ours, theirs = (reply.json if isinstance(reply.json, dict) else {} for reply in (direct, through))
    yield from _blocks(_content(ours), _content(theirs))
    for found in differences(*(shape(_without_content(each)) for each in (ours, theirs))):
        if _tells(found):
            about = "usage" if "usage" in found.where.split(".") else "member"
            yield Seen(f"{about}-{found.change}", found.where, found.direct, found.through)


def shape(value: Json) -> Json:
    """A value with the kinds of what may differ, in place of it."""
    if isinstance(value, list):
        return "an array"
    if not isinstance(value, dict):
        return kind(value)
    return {name: _member(name, item) for name, item in value.items()}


def _member(name: str, value: Json) -> Json:
    if name in _KEPT and not isinstance(value, dict | list):
        return value
    if name == "stop_reason" and isinstance(value, str):
        return "a stop reason" if value in STOP_REASONS else value
    return "an object" if name == "input" and isinstance(value, dict) else shape(value)


def _tells(found: Divergence) -> bool:
    """Whether a difference says something: what is null in one answer may have a value in the next."""
    return found.change != Change.CHANGED or "null" not in (found.direct, found.through)


def _without_content(value: Mapping[str, Json]) -> Json:
    return without_ids({name: item for name, item in value.items() if name != "content"})


def _content(message: Mapping[str, Json] | None) -> Json:
    return message.get("content") if message is not None else None


def _blocks(direct: Json, through: Json) -> Iterator[Seen]:
    """What the blocks of a type have in one answer, and no block of that type in the other."""
    ours, theirs = _by_type(direct), _by_type(through)
    for label in [each for each in ours if each in theirs]:
        for found in differences(ours[label], theirs[label], f"content[{label}]"):
            if _tells(found):
                yield Seen(f"member-{found.change}", found.where, found.direct, found.through)


def _by_type(content: Json) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for block in content if isinstance(content, list) else []:
        built = shape(without_ids(block))
        if isinstance(block, dict) and isinstance(built, dict):
            found.setdefault(label_of_item(block), {}).update(built)
    return found


def _streams(direct: Sequence[Event], through: Sequence[Event]) -> Iterator[Seen]:
    yield from ping_differences(direct, through)
    yield from name_differences(direct, through)
    yield from member_differences(direct, through)
    ours, theirs = _outline(direct), _outline(through)
    if sorted(set(ours)) == sorted(set(theirs)) and ours != theirs:
        yield Seen("event-reordered", "events", list(ours), list(theirs))
    for label in [each for each in dict.fromkeys(ours) if each not in theirs]:
        yield Seen("event-lost", label, ours.count(label), 0)
    for label in [each for each in dict.fromkeys(theirs) if each not in ours]:
        yield Seen("event-added", label, 0, theirs.count(label))
    for name in ("message_start", "message_delta"):
        one, other = (next((event.json for event in each if event.type == name), None) for each in (direct, through))
        if one is not None and other is not None:
            for found in differences(shape(_event(one)), shape(_event(other)), name):
                if _tells(found):
                    yield Seen(kind_of(found), found.where, found.direct, found.through)


def _event(value: Json) -> Json:
    return without_ids(value)


def _outline(stream: Sequence[Event]) -> list[str]:
    """The types of events in order, all blocks and what belongs to them as one."""
    kinds = [event.type or event.name or "an event without a type" for event in stream]
    named = [_BLOCK if each.startswith(_BLOCK) else each[:64] for each in kinds if each != "ping"]
    return [label for label, _ in groupby(named)][:200]
