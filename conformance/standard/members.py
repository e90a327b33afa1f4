"""Every member of a value that a component of the OpenAPI document describes, and where it is in such a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.model import Json
from conformance.standard.document import Document


@dataclass(frozen=True)
class AtKey:
    """A step to the value of a key of an object."""

    name: str


@dataclass(frozen=True)
class EachItem:
    """A step to each item of an array."""


@dataclass(frozen=True)
class OfKind:
    """A step that stays at an object, but only at one of a kind: `name` holds one of `values`.

    `values` holds None where the kind may leave the name out. `words` is what the kind is called.
    """

    name: str
    values: frozenset[str | None]
    words: str


@dataclass(frozen=True)
class OfType:
    """A step that stays at a value, but only at one of a JSON type: content as a string, or as an array."""

    type: str


Step = AtKey | EachItem | OfKind | OfType
Path = tuple[Step, ...]


@dataclass(frozen=True)
class SchemaMember:
    """A member: the path to it, its schema, and the component of the object around it.

    `name` is its key there; it is empty for the items of an array, for a kind of object, and for a form. `required` is
    True for a key that the component requires.
    """

    path: Path
    component: str
    name: str
    schema: Mapping[str, Any] = field(compare=False)
    required: bool = False

    @property
    def text(self) -> str:
        """The path for people: `content[tool_use].input`, `data[].id`."""
        return text_of(self.path)


@dataclass(frozen=True)
class Holder:
    """A place in a value: what is at `key` of `owner`, an object or an array."""

    owner: Any
    key: Any

    @property
    def value(self) -> Json:
        """What is there."""
        return self.owner[self.key]


TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}
"""What `json.loads` makes of each type of JSON Schema."""


def members(document: Document, component: str) -> tuple[SchemaMember, ...]:
    """The members of a component in the order of the document, each once; a component inside itself is not entered."""
    found = _inside(document, {"$ref": f"#/components/schemas/{component}"}, (), "", ())
    return tuple({member.path: member for member in found}.values())


def text_of(path: Sequence[Step]) -> str:
    """A path for people."""
    text = ""
    for number, step in enumerate(path):
        following = path[number + 1] if number + 1 < len(path) else None
        match step:
            case AtKey(name):
                text += f".{name}" if text else name
            case EachItem():
                text += "" if isinstance(following, OfKind) else "[]"
            case OfKind(_, _, words):
                text += f"[{words}]"
            case OfType(name):
                text += f" as {name}"
    return text


def places(value: Json, path: Sequence[Step]) -> list[Holder]:
    """Where in a value a path leads; empty where it leads nowhere."""
    found = [Holder([value], 0)]
    for step in path:
        found = [inner for place in found for inner in _step(place, step)]
    return found


def has_type(value: Json, name: str) -> bool:
    """Whether a value is of a type of JSON Schema."""
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def types_of(document: Document, schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema admits; empty where it admits any."""
    schema = document.resolve(schema)
    for keyword in ("const", "enum"):
        if keyword in schema:
            values = schema["enum"] if keyword == "enum" else [schema["const"]]
            return frozenset(name for value in values for name in TYPES if has_type(value, name))
    if "type" in schema:
        return frozenset([schema["type"]] if isinstance(schema["type"], str) else schema["type"])
    branches = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    return frozenset(name for branch in branches for name in types_of(document, branch))


def example(document: Document, schema: Mapping[str, Any], path: Sequence[Step] = ()) -> Json:
    """A value that a schema admits, with its required members, those that hold no others, and those on a path."""
    schema = document.resolve(schema)
    mapping = schema.get("discriminator", {}).get("mapping")
    if mapping:
        wanted = path[0] if path and isinstance(path[0], OfKind) else None
        reference = next(ref for value, ref in mapping.items() if wanted is None or value in wanted.values)
        return example(document, {"$ref": reference}, path[1:] if wanted else path)
    branches = [branch for word in ("oneOf", "anyOf", "allOf") for branch in schema.get(word, ())]
    fitting = [branch for branch in branches if not path or _leads(document, branch, path)]
    if fitting and "properties" not in schema:
        return example(document, fitting[0], path)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    return _example_of_type(document, schema, path)


def _example_of_type(document: Document, schema: Mapping[str, Any], path: Sequence[Step]) -> Json:
    step = path[0] if path else None
    if "properties" in schema or isinstance(step, AtKey):
        properties = schema.get("properties", {})
        plain = [name for name, inner in properties.items() if not types_of(document, inner) & {"object", "array"}]
        names = [*schema.get("required", ()), *plain, *([step.name] if isinstance(step, AtKey) else ())]
        return {
            name: example(document, properties[name], path[1:] if step == AtKey(name) else ())
            for name in properties
            if name in names
        }
    types = types_of(document, schema)
    if "array" in types:
        return [example(document, schema["items"], path[1:])] if isinstance(step, EachItem) else []
    if "string" in types:
        dated = schema.get("format") == "date-time"
        known = schema.get("x-known-values")
        return "2026-11-22T12:00:00Z" if dated else known[0] if known else "conformance"
    return {"integer": 1, "number": 1, "boolean": True, "object": {}}.get(next(iter(sorted(types)), ""))


def _leads(document: Document, schema: Mapping[str, Any], path: Sequence[Step]) -> bool:
    """Whether a path can be gone in values of a schema."""
    return any(member.path[:1] == tuple(path[:1]) for member in _inside(document, schema, (), "", (), deep=False))


def _inside(
    document: Document,
    schema: Mapping[str, Any],
    path: Path,
    owner: str,
    entered: tuple[str, ...],
    *,
    deep: bool = True,
) -> Iterator[SchemaMember]:
    """The members of a schema that is at a path. `entered` are the components around it."""
    if "$ref" in schema:
        owner = schema["$ref"].rpartition("/")[2]
        if owner in entered:
            return
        entered = (*entered, owner)
        schema = document.resolve(schema)
    following: list[tuple[SchemaMember, Mapping[str, Any], str]] = []
    mapping = schema.get("discriminator", {}).get("mapping", {})
    if mapping:
        following = [(member, {"$ref": ref}, "") for member, ref in _kinds(schema, path, owner)]
    else:
        branches = [branch for word in ("oneOf", "anyOf", "allOf") for branch in schema.get(word, ())]
        forms = {name for branch in branches for name in types_of(document, branch)} if "oneOf" in schema else set()
        for branch in branches:
            for name in sorted(types_of(document, branch)) if {"string", "array"} <= forms else ():
                yield SchemaMember((*path, OfType(name)), owner, "", branch)
            yield from _inside(document, branch, path, owner, entered, deep=deep)
    for name, inner in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        following.append((SchemaMember((*path, AtKey(name)), owner, name, inner, required), inner, owner))
    if "items" in schema:
        following.append((SchemaMember((*path, EachItem()), owner, "", schema["items"]), schema["items"], owner))
    for member, inner, around in following:
        yield member
        if deep:
            yield from _inside(document, inner, member.path, around, entered)


def _kinds(schema: Mapping[str, Any], path: Path, owner: str) -> Iterator[tuple[SchemaMember, str]]:
    """The kinds of a union, each with the component of the kind; names of one component are one kind."""
    name, mapping = schema["discriminator"]["propertyName"], schema["discriminator"]["mapping"]
    optional = schema["discriminator"].get("defaultMapping")
    for reference in dict.fromkeys(mapping.values()):
        values = [value for value, other in mapping.items() if other == reference]
        absent = [None] if reference == optional else []
        kind = OfKind(name, frozenset([*values, *absent]), values[0])
        yield SchemaMember((*path, kind), owner, "", {"$ref": reference}), reference


def _step(place: Holder, step: Step) -> Iterator[Holder]:
    value = place.value
    match step:
        case AtKey(name):
            if isinstance(value, dict) and name in value:
                yield Holder(value, name)
        case EachItem():
            if isinstance(value, list):
                yield from (Holder(value, index) for index in range(len(value)))
        case OfKind(name, values, _):
            if isinstance(value, dict) and _hashable(value.get(name)) in values:
                yield place
        case OfType(name):
            if has_type(value, name):
                yield place


def _hashable(value: Json) -> Json:
    return value if isinstance(value, str) or value is None else False
