"""How one JSON value differs from another that should say the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from conformance.base.values import shortened, strings
from conformance.model import Json

_DEEPEST: Final = 60
"""Levels that are looked into; deeper values are compared whole."""

_LONGEST_LIST: Final = 2_000
"""Items of a list that are looked into; longer lists are compared whole."""

_MOST_LINED_UP: Final = 200
"""Words of a sequence, between what both begin and end with, that are lined up: the work grows with their square."""

LONGEST_NAME: Final = 64
"""Characters of a member's name in a place."""


class Change(StrEnum):
    """What happened to a part."""

    LOST = "lost"
    ADDED = "added"
    CHANGED = "changed"
    REORDERED = "reordered"
    JOINED = "joined"
    SPLIT = "split"
    RESPELLED = "respelled"


@dataclass(frozen=True)
class Divergence:
    """One part that differs. `where` names it without indices (`content[tool_use].input`), `direct` and `through` are
    its values, None where it is missing. `item` is True for an item of a list and False for a member of an object.

    A part is respelled where a text has become a list with one block of that text, or the other way.
    """

    change: Change
    where: str
    direct: Json = None
    through: Json = None
    item: bool = False


def differences(direct: Json, through: Json, where: str = "", depth: int = 0) -> Iterator[Divergence]:
    """What `through` says differently from `direct`. The order of members means nothing, that of items does.

    Items of lists are lined up where they are equal, the others by their `type`, `role` or `name`. Fewer items with the
    same text in all are joined, more of them are split.
    """
    if _equal(direct, through):
        return
    if depth >= _DEEPEST:
        yield Divergence(Change.CHANGED, where, direct, through)
    elif isinstance(direct, dict) and isinstance(through, dict):
        for name, value in direct.items():
            if name in through:
                yield from differences(value, through[name], _member(where, name), depth + 1)
            else:
                yield Divergence(Change.LOST, _member(where, name), value)
        for name, value in through.items():
            if name not in direct:
                yield Divergence(Change.ADDED, _member(where, name), None, value)
    elif isinstance(direct, list) and isinstance(through, list):
        yield from _items(direct, through, where, depth + 1)
    elif isinstance(direct, list | str) and isinstance(through, list | str):
        yield from _spelled(direct, through, where)
    else:
        yield Divergence(Change.CHANGED, where, direct, through)


def _equal(direct: Json, through: Json) -> bool:
    """Whether two values say the same. 1 and 1.0 are one number, and no number is a truth value."""
    if isinstance(direct, int | float) and isinstance(through, int | float):
        return direct == through and isinstance(direct, bool) is isinstance(through, bool)
    return canonical(direct) == canonical(through)


def _spelled(direct: list[Json] | str, through: list[Json] | str, where: str) -> Iterator[Divergence]:
    """A text in place of blocks, or blocks in place of a text."""
    if _text(direct) != _text(through) or not _text(direct):
        yield Divergence(Change.CHANGED, where, direct, through)
        return
    counts = [len(each) if isinstance(each, list) else 1 for each in (direct, through)]
    change = Change.RESPELLED if counts == [1, 1] else Change.JOINED if counts[0] > 1 else Change.SPLIT
    yield Divergence(change, where, direct, through)
    ours, theirs = ([each] if isinstance(each, str) else each for each in (direct, through))
    yield from _stripped(ours, theirs, where)


def _stripped(direct: list[Json], through: list[Json], where: str) -> Iterator[Divergence]:
    """The members that blocks had and lost when they were joined or split, and those that they got."""
    ours, theirs = _members_of(direct), _members_of(through)
    for place in [each for each in ours if each not in theirs]:
        yield Divergence(Change.LOST, f"{where}{place}", ours[place])
    for place in [each for each in theirs if each not in ours]:
        yield Divergence(Change.ADDED, f"{where}{place}", None, theirs[place])


def _members_of(items: list[Json]) -> dict[str, Json]:
    """The members of blocks beside their type and their text, each with the value that comes first."""
    found: dict[str, Json] = {}
    for item in items:
        for name, value in (item if isinstance(item, dict) else {}).items():
            if name not in ("type", "role", "text", "content"):
                found.setdefault(_member(f"[{label_of_item(item)}]", name), value)
    return found


def canonical(value: Json) -> str:
    """A value as text; the same for values that say the same."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def lined_up(direct: Sequence[str], through: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """The places of equal words in two sequences, in pairs; None where a word has no partner.

    Where too much is between what both begin and end with, nothing of that has a partner.
    """
    begin = _alike(direct, through)
    end = min(_alike(direct[::-1], through[::-1]), len(direct) - begin, len(through) - begin)
    middle, other = direct[begin : len(direct) - end], through[begin : len(through) - end]
    yield from zip(range(begin), range(begin), strict=True)
    for first, after, start, stop in _runs(middle, other):
        if middle[first:after] == other[start:stop]:
            yield from zip(range(begin + first, begin + after), range(begin + start, begin + stop), strict=True)
        else:
            yield from ((begin + number, None) for number in range(first, after))
            yield from ((None, begin + number) for number in range(start, stop))
    ours, theirs = range(len(direct) - end, len(direct)), range(len(through) - end, len(through))
    yield from zip(ours, theirs, strict=True)


def _alike(direct: Sequence[str], through: Sequence[str]) -> int:
    """With how many equal words two sequences begin."""
    return next(
        (number for number, (one, other) in enumerate(zip(direct, through, strict=False)) if one != other),
        min(len(direct), len(through)),
    )


def _runs(direct: Sequence[str], through: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of words that are equal, lost or added: begin and end in both sequences."""
    if max(len(direct), len(through)) > _MOST_LINED_UP:
        yield 0, len(direct), 0, len(through)
        return
    for _, *bounds in SequenceMatcher(a=direct, b=through, autojunk=False).get_opcodes():
        first, after, start, stop = bounds
        yield first, after, start, stop


def _member(where: str, name: str) -> str:
    own = shortened(name, LONGEST_NAME)
    return f"{where}.{own}" if where else own


def _items(direct: list[Json], through: list[Json], where: str, depth: int) -> Iterator[Divergence]:
    if max(len(direct), len(through)) > _LONGEST_LIST:
        yield Divergence(Change.CHANGED, where, direct, through)
        return
    labels, others = {label_of_item(item) for item in direct}, {label_of_item(item) for item in through}
    fewer, more = len(through) < len(direct), len(through) > len(direct)
    one_text = (fewer or more) and not _subset(direct, through) and _text(direct) == _text(through) != ""
    if one_text and (others <= labels if fewer else labels <= others):
        yield Divergence(Change.JOINED if fewer else Change.SPLIT, f"{where}[]", direct, through, item=True)
        yield from _stripped(direct, through, where)
        return
    mine, other = _unmatched(direct, through)
    moved = Counter(map(canonical, mine)) & Counter(map(canonical, other))
    left, right = list(_without(mine, moved)), list(_without(other, moved))
    ours, theirs = [label_of_item(item) for item in left], [label_of_item(item) for item in right]
    pairs = list(lined_up(ours, theirs))
    crossed = _crossed(pairs, ours, theirs)
    if moved or crossed:
        shown = ([label_of_item(item) for item in direct], [label_of_item(item) for item in through])
        yield Divergence(Change.REORDERED, f"{where}[]", *shown, item=True)
    paired = [(at, to) for at, to in pairs if at is not None and to is not None]
    for at, to in sorted([*paired, *crossed]):
        yield from differences(left[at], right[to], f"{where}[{ours[at]}]", depth)
    gone, new = {at for at, _ in (*paired, *crossed)}, {to for _, to in (*paired, *crossed)}
    for at in [at for at in range(len(left)) if at not in gone]:
        yield Divergence(Change.LOST, f"{where}[{ours[at]}]", left[at], None, item=True)
    for to in [to for to in range(len(right)) if to not in new]:
        yield Divergence(Change.ADDED, f"{where}[{theirs[to]}]", None, right[to], item=True)


def _subset(direct: list[Json], through: list[Json]) -> bool:
    """Whether all items of the shorter list are among those of the longer one."""
    ours, theirs = Counter(map(canonical, direct)), Counter(map(canonical, through))
    return ours <= theirs or theirs <= ours


def _unmatched(direct: list[Json], through: list[Json]) -> tuple[list[Json], list[Json]]:
    """The items of both lists that are not equal to one at the same place of the other."""
    pairs = list(lined_up([canonical(item) for item in direct], [canonical(item) for item in through]))
    mine = [direct[at] for at, other in pairs if at is not None and other is None]
    return mine, [through[to] for at, to in pairs if at is None and to is not None]


def _without(items: list[Json], moved: Counter[str]) -> Iterator[Json]:
    """The items that are not among those that only moved."""
    left = Counter(moved)
    for item in items:
        if left[word := canonical(item)]:
            left[word] -= 1
        else:
            yield item


def _crossed(
    pairs: Sequence[tuple[int | None, int | None]], ours: Sequence[str], theirs: Sequence[str]
) -> list[tuple[int, int]]:
    """Items of one label that have no partner in order, but one somewhere."""
    waiting: dict[str, list[int]] = {}
    for _, to in [pair for pair in pairs if pair[0] is None]:
        if to is not None:
            waiting.setdefault(theirs[to], []).append(to)
    lonely = [at for at, to in pairs if at is not None and to is None]
    return [(at, waiting[ours[at]].pop(0)) for at in lonely if waiting.get(ours[at])]


def label_of_item(item: Json) -> str:
    """What an item of a list is, in a word: its type, its role or its name."""
    if isinstance(item, dict):
        names = ("name", "type") if item.get("type") == "custom" else ("type", "role", "name")
        word = next((item[name] for name in names if isinstance(item.get(name), str)), "")
        return shortened(str(word), LONGEST_NAME)
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    return "" if isinstance(item, list) else canonical(item)[:LONGEST_NAME]


def _text(value: Json) -> str:
    """All text of a value without white space, whatever it is spread over."""
    if isinstance(value, str):
        return "".join(value.split())
    if isinstance(value, list):
        return "".join(map(_text, value))
    if isinstance(value, dict):
        known = value.get("text", value.get("content"))
        return _text(known) if known is not None else "".join(sorted("".join(each.split()) for each in strings(value)))
    return ""
