"""What the schemas of an OpenAPI document allow, read tolerantly: a vendor's document may hold anything.

Both documents are read by the same rules, so that what differs is in the documents. A schema that cannot be understood
allows everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from conformance.base.pointer import join, look_up

JSON_TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
BOUNDS: Final = ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength")

_MOST_ALTERNATIVES: Final = 200
_MOST_VISITS: Final = 500
"""Schemas that are looked at to find the alternatives of one place. References may double at each level."""
_DEEPEST: Final = 20


@dataclass(frozen=True, eq=False)
class Node:
    """A schema in a document. `tree` is the whole document, `pointer` a JSON pointer (RFC 6901) to the schema."""

    tree: Mapping[str, Any]
    schema: Mapping[str, Any]
    pointer: str

    def at(self, *steps: str | int) -> Node | None:
        """The schema below this one, or None."""
        pointer = join("", *steps)
        found = look_up(self.schema, pointer)
        return Node(self.tree, found, self.pointer + pointer) if isinstance(found, dict) else None


@dataclass(frozen=True)
class Members:
    """The members of an object: each with all schemas that it has in the alternatives.

    `required` are those that every alternative requires, `closed` is True where no other member is allowed.
    """

    nodes: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False


@dataclass(frozen=True)
class Allowed:
    """What one or several alternative schemas allow together.

    `types` are JSON types (empty: anything), `values` the values of an enumeration (None: any), `bounds` the limits
    that all alternatives have. `pointer` is the first schema that says so.
    """

    pointer: str
    types: frozenset[str] = frozenset()
    values: tuple[Any, ...] | None = None
    bounds: Mapping[str, float] = field(default_factory=dict)
    items: tuple[Node, ...] = ()
    members: Members = Members()
    clauses: tuple[str, ...] = ()


Alternative = tuple[Node, ...]
"""Schemas that hold together, as those of an `allOf`: the first that says something about a matter decides it."""


def allowed(nodes: Sequence[Node]) -> Allowed:
    """What alternatives allow together. `nodes` has at least one."""
    search = _Search(_MOST_VISITS)
    every = (each for node in nodes for each in search.alternatives(node, _DEEPEST))
    found = list(islice(every, _MOST_ALTERNATIVES))
    types = [_types(each) for each in found]
    told = [each for each, kinds in zip(found, types, strict=True) if kinds != {"null"}]
    listed = [_values(each) for each in told]
    objects = [each for each in told if (kinds := _types(each)) and "object" in kinds]
    clauses = nodes[0].schema.get("x-clauses")
    return Allowed(
        pointer=nodes[0].pointer,
        types=frozenset().union(*types) if all(types) else frozenset(),
        values=None if not listed or None in listed else tuple(value for values in listed for value in values or ()),
        bounds=_bounds(told),
        items=tuple(items for each in told for node in each if (items := node.at("items")) is not None),
        members=_members(objects),
        clauses=tuple(map(str, clauses)) if isinstance(clauses, list) else (),
    )


class _Search:
    """Finds the alternatives that schemas consist of. What leads too deep, or out of the document, allows anything."""

    def __init__(self, visits: int) -> None:
        self._left = visits

    def alternatives(self, node: Node, depth: int) -> Iterator[Alternative]:
        self._left -= 1
        schema = node.schema
        if depth == 0 or self._left < 0:
            yield (Node(node.tree, {}, node.pointer),)
        elif isinstance(reference := schema.get("$ref"), str):
            yield from self.alternatives(_target(node, reference), depth - 1)
        elif branches := _inside(node, "oneOf") or _inside(node, "anyOf"):
            for branch in branches:
                yield from self.alternatives(branch, depth - 1)
        elif parts := _inside(node, "allOf"):
            first = (next(self.alternatives(part, depth - 1), ()) for part in parts)
            yield (node, *(each for alternative in first for each in alternative))
        else:
            yield (node,)
        if schema.get("nullable") is True:
            yield (Node(node.tree, {"type": "null"}, node.pointer),)


def _target(node: Node, reference: str) -> Node:
    found = look_up(node.tree, reference[1:]) if reference.startswith("#/") else None
    return Node(node.tree, found, reference[1:]) if isinstance(found, dict) else Node(node.tree, {}, node.pointer)


def _inside(node: Node, keyword: str) -> tuple[Node, ...]:
    listed = node.schema.get(keyword)
    count = min(len(listed), _MOST_ALTERNATIVES) if isinstance(listed, list) else 0
    return tuple(found for index in range(count) if (found := node.at(keyword, index)) is not None)


def _types(alternative: Alternative) -> frozenset[str]:
    """The JSON types that an alternative names or implies; none where it allows any."""
    for node in alternative:
        named = node.schema.get("type")
        listed = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        types = {each for each in listed if isinstance(each, str) and each in JSON_TYPES}
        if not types:
            types = {_type_of(value) for value in _values((node,)) or ()}
        if not types and isinstance(node.schema.get("properties"), dict):
            types = {"object"}
        if types:
            return frozenset(types | {"integer"} if "number" in types else types)
    return frozenset()


def _type_of(value: Any) -> str:
    for kind, python in (("null", type(None)), ("boolean", bool), ("integer", int), ("number", float), ("string", str)):
        if isinstance(value, python):
            return kind
    return "array" if isinstance(value, list) else "object"


def _values(alternative: Alternative) -> tuple[Any, ...] | None:
    for node in alternative:
        if "const" in node.schema:
            return (node.schema["const"],)
        listed = node.schema.get("enum")
        if isinstance(listed, list) and listed:
            return tuple(listed)
    return None


def _bounds(alternatives: Sequence[Alternative]) -> dict[str, float]:
    """The limits that every alternative has, as wide as the widest of them."""
    found: dict[str, float] = {}
    for name in BOUNDS:
        limits = [next((node.schema[name] for node in each if name in node.schema), None) for each in alternatives]
        numbers = [each for each in limits if isinstance(each, int | float) and not isinstance(each, bool)]
        if numbers and len(numbers) == len(alternatives):
            found[name] = min(numbers) if name.startswith("min") else max(numbers)
    return found


def _members(alternatives: Sequence[Alternative]) -> Members:
    found: dict[str, list[Node]] = {}
    required: list[set[str]] = []
    for alternative in alternatives:
        needed: set[str] = set()
        own: dict[str, Node] = {}
        for node in alternative:
            properties, listed = node.schema.get("properties"), node.schema.get("required")
            for name in properties if isinstance(properties, dict) else ():
                if (member := node.at("properties", name)) is not None:
                    own.setdefault(name, member)
            needed.update(map(str, listed) if isinstance(listed, list) else ())
        required.append(needed)
        for name, member in own.items():
            found.setdefault(name, []).append(member)
    closed = (any(node.schema.get("additionalProperties") is False for node in each) for each in alternatives)
    return Members(
        nodes={name: tuple(each) for name, each in found.items()},
        required=frozenset(set.intersection(*required)) if required else frozenset(),
        closed=bool(alternatives) and all(closed),
    )
