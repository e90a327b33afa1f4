"""How one JSON value differs from another that should say the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from conformance.base.values import shortened, strings
from conformance.model import Json

_DEEPEST: Final = 60
"""Levels that are looked into; deeper values are compared whole."""

_LONGEST_LIST: Final = 2_000
"""Items of a list that are looked into; longer lists are compared whole."""

_MOST_LINED_UP: Final = 200
"""Words of a sequence, between what both begin and end with, that are lined up: the work grows with their square."""

_LONGEST_NAME: Final = 64
"""Characters of a member's name in a place."""


class Change(StrEnum):
    """What happened to a part."""

    LOST = "lost"
    ADDED = "added"
    CHANGED = "changed"
    REORDERED = "reordered"
    JOINED = "joined"


@dataclass(frozen=True)
class Divergence:
    """One part that differs. `where` names it without indices (`content[tool_use].input`), `direct` and `through` are
    its values, None where it is missing. `item` is True for an item of a list and False for a member of an object.
    """

    change: Change
    where: str
    direct: Json = None
    through: Json = None
    item: bool = False


def differences(direct: Json, through: Json, where: str = "", depth: int = 0) -> Iterator[Divergence]:
    """What `through` says differently from `direct`. The order of members means nothing, that of items does.

    Lists are lined up by the `type`, `role` or `name` of their items. Fewer items with the same text in all are joined.
    """
    if canonical(direct) == canonical(through):
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
    elif isinstance(direct, list) and len(direct) > 1 and _text(direct) == _text(through) != "":
        yield Divergence(Change.JOINED, where, direct, through)
    else:
        yield Divergence(Change.CHANGED, where, direct, through)


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
    own = shortened(name, _LONGEST_NAME)
    return f"{where}.{own}" if where else own


def _items(direct: list[Json], through: list[Json], where: str, depth: int) -> Iterator[Divergence]:
    if max(len(direct), len(through)) > _LONGEST_LIST:
        yield Divergence(Change.CHANGED, where, direct, through)
        return
    ours, theirs = [_label(item) for item in direct], [_label(item) for item in through]
    if Counter(map(canonical, direct)) == Counter(map(canonical, through)):
        yield Divergence(Change.REORDERED, f"{where}[]", ours, theirs, item=True)
    elif ours == theirs:
        for label, one, other in zip(ours, direct, through, strict=True):
            yield from differences(one, other, f"{where}[{label}]", depth)
    elif len(through) < len(direct) and set(theirs) <= set(ours) and _text(direct) == _text(through) != "":
        yield Divergence(Change.JOINED, f"{where}[]", direct, through, item=True)
    elif Counter(ours) == Counter(theirs):
        yield Divergence(Change.REORDERED, f"{where}[]", ours, theirs, item=True)
        for label in dict.fromkeys(ours):
            mine = [item for item in direct if _label(item) == label]
            other = [item for item in through if _label(item) == label]
            for one, another in zip_longest(mine, other):
                yield from differences(one, another, f"{where}[{label}]", depth)
    else:
        for mine_at, theirs_at in lined_up(ours, theirs):
            if mine_at is not None and theirs_at is not None:
                yield from differences(direct[mine_at], through[theirs_at], f"{where}[{ours[mine_at]}]", depth)
            elif mine_at is not None:
                yield Divergence(Change.LOST, f"{where}[{ours[mine_at]}]", direct[mine_at], None, item=True)
            elif theirs_at is not None:
                yield Divergence(Change.ADDED, f"{where}[{theirs[theirs_at]}]", None, through[theirs_at], item=True)


def _label(item: Json) -> str:
    """What an item is, in a word."""
    if isinstance(item, dict):
        word = next((item[name] for name in ("type", "role", "name") if isinstance(item.get(name), str)), "")
        return str(word)[:64]
    return "" if isinstance(item, list) else canonical(item)[:64]


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
