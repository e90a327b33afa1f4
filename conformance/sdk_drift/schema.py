"""The document's side of the comparison: what its schemas and operations say about a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.base.pointer import join
from conformance.sdk_drift.structure import ITEMS, Either, Field, Handle, Place, Shape, Thing
from conformance.standard.document import Document

_SCHEMAS = "#/components/schemas/"
_PARAMETERS = "#/components/parameters/"
_HEADER = "anthropic-"


@dataclass(frozen=True, eq=False)
class Spot:
    """A schema and its place. `pointer` is its JSON pointer (RFC 6901) in the document."""

    schema: Mapping[str, Any]
    place: Place
    pointer: str


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation with everything that a request to it can contain: body fields, query parameters, headers."""

    path: str
    method: str
    pointer: str
    place: Place


class Schemas:
    """Reads the document. Its handles are spots and operations."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def component(self, name: str) -> Spot:
        """A component as a handle. Raises HarnessError for one that does not exist."""
        return Spot(self._document.schema(name), (name,), f"/components/schemas/{name}")

    def operation(self, path: str, method: str) -> Operation:
        """An operation as a handle, placed at the component of its body if it has one."""
        spot = Operation(path, method, join("/paths", path, method), ())
        body = self._body(spot)
        place = body.place if body else (self._tree(spot)["operationId"],)
        return Operation(path, method, body.pointer if body else spot.pointer, place)

    def shape(self, handle: Handle) -> Shape:
        """The values that a schema allows. Of `allOf`, only the first member counts; the others narrow it."""
        if isinstance(handle, Operation):
            return Shape(frozenset({"object"}), objects=(handle,), place=handle.place, pointer=handle.pointer)
        if isinstance(handle, Either):
            return _union(handle.handles[0], [self.shape(each) for each in handle.handles])
        spot = self._resolved(handle)
        schema = spot.schema
        if "allOf" in schema:
            return self.shape(replace(spot, schema=schema["allOf"][0], pointer=join(spot.pointer, "allOf", 0)))
        if "discriminator" in schema:
            members = tuple(self.component(name) for name in dict.fromkeys(self._members(schema)))
            tag = schema["discriminator"]["propertyName"]
            return Shape(frozenset({"object"}), objects=members, tag=tag, place=spot.place, pointer=spot.pointer)
        for key in ("oneOf", "anyOf"):
            if key in schema:
                branches = enumerate(schema[key])
                return _union(
                    spot,
                    [
                        self.shape(replace(spot, schema=each, pointer=join(spot.pointer, key, n)))
                        for n, each in branches
                    ],
                )
        return self._plain(spot)

    def thing(self, handle: Handle) -> Thing:
        """An object with its fields, or an operation with everything that a request to it can contain."""
        if isinstance(handle, Operation):
            return Thing(handle.pointer, dict(self._inputs(handle)), handle.place)
        required = handle.schema.get("required", ())
        fields = {
            name: Field(Spot(schema, (*handle.place, name), join(handle.pointer, "properties", name)), name in required)
            for name, schema in handle.schema.get("properties", {}).items()
        }
        return Thing(handle.pointer, fields, handle.place)

    def _plain(self, spot: Spot) -> Shape:
        schema = spot.schema
        kinds = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ()))
        known = schema.get("enum", schema.get("x-known-values"))
        if "const" in schema:
            known = [schema["const"]]
            kinds = kinds or ["string"]
        kinds = kinds or (["object"] if "properties" in schema else [])
        items = schema.get("items")
        return Shape(
            types=frozenset(kinds),
            values=frozenset(value for value in known if value is not None) if known else None,
            open="x-known-values" in schema or not known,
            items=Spot(items, (*spot.place, ITEMS), join(spot.pointer, "items")) if items is not None else None,
            objects=(spot,) if "properties" in schema else (),
            place=spot.place,
            pointer=spot.pointer,
        )

    def _inputs(self, operation: Operation) -> Iterator[tuple[str, Field]]:
        body = self._body(operation)
        if body is not None:
            yield from self.thing(body).fields.items()
        for index, parameter in enumerate(self._tree(operation)["parameters"]):
            found, pointer, base = parameter, join(operation.pointer, "parameters", index), operation.place
            if "$ref" in parameter:
                name = parameter["$ref"].removeprefix(_PARAMETERS)
                found = self._document.tree["components"]["parameters"][name]
                pointer = join("/components/parameters", name)
                base = ()
            field = name_of(found)
            if field is not None:
                spot = Spot(found["schema"], (*base, field), join(pointer, "schema"))
                yield field, Field(spot, bool(found.get("required")))

    def _body(self, operation: Operation) -> Spot | None:
        content = self._tree(operation).get("requestBody", {}).get("content", {})
        media = content.get("application/json")
        return self._resolved(Spot(media["schema"], (), "")) if media else None

    def _tree(self, operation: Operation) -> Mapping[str, Any]:
        tree: Mapping[str, Any] = self._document.tree["paths"][operation.path][operation.method]
        return tree

    def _resolved(self, spot: Spot) -> Spot:
        reference = spot.schema.get("$ref")
        return self._resolved(self.component(reference.removeprefix(_SCHEMAS))) if reference else spot

    def _members(self, schema: Mapping[str, Any]) -> Iterator[str]:
        return (reference.removeprefix(_SCHEMAS) for reference in schema["discriminator"]["mapping"].values())


def name_of(parameter: Mapping[str, Any]) -> str | None:
    """The name that an SDK gives a parameter, or None for those that callers do not set.

    Query parameters keep their names. Headers that callers choose are fields of a request; `x-client` marks headers
    that the client sets on its own.
    """
    name: str = parameter["name"]
    if parameter["in"] == "query":
        return name
    if parameter["in"] != "header" or parameter.get("x-client") or not name.startswith(_HEADER):
        return None
    return {"anthropic-beta": "betas"}.get(name, name.removeprefix(_HEADER).replace("-", "_"))


def _union(spot: Spot, shapes: list[Shape]) -> Shape:
    told = [shape for shape in shapes if shape.types != {"null"}]
    alone = told[0] if len(told) == 1 else None
    values = [shape.values for shape in shapes if shape.values is not None]
    anything = any(not shape.types for shape in shapes)
    strings = [shape for shape in shapes if "string" in shape.types]
    return Shape(
        types=frozenset() if anything else frozenset(name for shape in shapes for name in shape.types),
        values=frozenset(value for known in values for value in known) if values else None,
        open=any(shape.open for shape in strings),
        items=next((shape.items for shape in shapes if shape.items is not None), None),
        objects=tuple(each for shape in shapes for each in shape.objects),
        tag=next((shape.tag for shape in shapes if shape.tag is not None), None),
        place=alone.place if alone else spot.place,
        pointer=alone.pointer if alone else spot.pointer,
    )
