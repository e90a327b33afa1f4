"""Ids in answers, which are new in each: what stays of them is their form, and that no two blocks share one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from conformance.comparison.pairs import Seen
from conformance.model import Json

_REFERENCES: Final = frozenset({"tool_use_id", "request_id"})
"""Members with the id of something else."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PREFIXED: Final = re.compile(r"([A-Za-z]{2,16}[_-])[\w-]{6,}")


def form_of(text: str) -> str:
    """What stays of an id from answer to answer: its prefix. The id itself, where it has no form that is known."""
    if _UUID.fullmatch(text):
        return "a UUID"
    prefixed = _PREFIXED.fullmatch(text[:200])
    return f"{prefixed[1]}*" if prefixed else text


def without_ids(value: Json) -> Json:
    """A value of an answer with the forms of its ids in their places. The ids of models are names, and stay."""
    if isinstance(value, list):
        return [without_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    own = isinstance(value.get("type"), str) and value["type"] != "model"
    return {
        name: form_of(item) if isinstance(item, str) and _is_id(name, own=own) else without_ids(item)
        for name, item in value.items()
    }


def _is_id(name: str, *, own: bool) -> bool:
    return name in _REFERENCES or (name == "id" and own)


def is_form(value: Json) -> bool:
    """Whether a value is what stays of an id."""
    return isinstance(value, str) and (value.endswith("*") or value == "a UUID")


def shared_ids(direct: Json, through: Json) -> Iterator[Seen]:
    """Blocks that share an id, where those of the upstream do not."""
    ours, theirs = _ids(direct), _ids(through)
    if len(set(ours)) == len(ours) and len(set(theirs)) < len(theirs):
        yield Seen("id-repeated", "content[].id", list(ours), list(theirs))


def _ids(content: Json) -> tuple[str, ...]:
    blocks = content if isinstance(content, list) else []
    found = [block.get("id") for block in blocks if isinstance(block, dict)]
    return tuple(each for each in found if isinstance(each, str))
