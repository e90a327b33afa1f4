"""Finds the differences between the types of an SDK and the document.

The comparison walks both sides together from a root and records each difference once. It matches the members of unions
by their discriminating field. In the document, `allOf` and conditions only narrow, and are not compared: the types of
an SDK cannot express them. `explained.py` knows which differences are intended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.model import Json
from conformance.sdk_drift.structure import (
    Difference,
    Either,
    Field,
    Half,
    Handle,
    Kind,
    Place,
    Scope,
    Shape,
    Side,
    Thing,
)

_TAGS = ("type", "role", "error_code")


class Comparison:
    """Collects the differences of one scope, over any number of roots of either direction."""

    def __init__(self, sdk: Side, document: Side, scope: Scope) -> None:
        self._sdk = sdk
        self._document = document
        self._scope = scope
        self._done: set[tuple[str, str]] = set()
        self._found: dict[str, Difference] = {}
        self.docs: dict[Place, set[str]] = {}
        """What the SDK says of each field that both sides have, by place."""

    def differences(self) -> tuple[Difference, ...]:
        """The differences found so far, each once, in the order of the walk."""
        return tuple(self._found.values())

    def compare(self, theirs: Handle, ours: Handle, direction: Half, where: str) -> None:
        """Compares a type of the SDK with a schema of the document. `where` names the type for people."""
        sdk, document = self._sdk.shape(theirs), self._document.shape(ours)
        self._types(sdk, document, where)
        self._values(sdk, document, direction, where)
        if "array" in sdk.types & document.types and sdk.items is not None and document.items is not None:
            self.compare(sdk.items, document.items, direction, f"{where}[]")
        if "object" in sdk.types & document.types:
            self._objects(sdk, document, direction, where)

    def _types(self, sdk: Shape, document: Shape, where: str) -> None:
        theirs, ours = sdk.types - {"null"}, document.types - {"null"}
        if not (theirs and ours):
            if theirs != ours:
                kind = Kind.SDK_TYPE if theirs else Kind.DOCUMENT_TYPE
                self._add(kind, document.place, document.pointer, where, outline=" or ".join(sorted(theirs or ours)))
            return
        for name in sorted(theirs - ours):
            self._add(Kind.SDK_TYPE, document.place, document.pointer, where, name)
        for name in sorted(ours - theirs):
            self._add(Kind.DOCUMENT_TYPE, document.place, document.pointer, where, name)

    def _values(self, sdk: Shape, document: Shape, direction: Half, where: str) -> None:
        theirs, ours = sdk.values, document.values
        here = (document.place, document.pointer, where)
        if theirs is None or ours is None:
            if theirs is not ours:
                kind = Kind.SDK_LIST if ours is None else Kind.DOCUMENT_LIST
                self._add(kind, *here, outline=", ".join(_sorted(theirs or ours or ())))
            return
        for value in _sorted(theirs - ours):
            self._add(Kind.SDK_VALUE, *here, value)
        for value in _sorted(ours - theirs):
            self._add(Kind.DOCUMENT_VALUE, *here, value)
        if direction is Half.REQUEST and sdk.open != document.open:
            self._add(Kind.SDK_OPEN if sdk.open else Kind.DOCUMENT_OPEN, *here)

    def _objects(self, sdk: Shape, document: Shape, direction: Half, where: str) -> None:
        if not (sdk.objects and document.objects):
            if sdk.objects or document.objects:
                kind = Kind.SDK_OBJECT if sdk.objects else Kind.DOCUMENT_OBJECT
                self._add(kind, document.place, document.pointer, where)
            return
        tag = self._tag(sdk, document)
        if tag is None:
            self._fields(sdk.objects, document.objects, document, direction, where)
            return
        theirs, ours = self._by_value(self._sdk, sdk, tag), self._by_value(self._document, document, tag)
        here = (document.place, document.pointer)
        for value in _sorted(theirs.keys() - ours.keys()):
            self._add(Kind.SDK_MEMBER, *here, self._sdk.thing(theirs[value]).name, value)
        for value in _sorted(ours.keys() - theirs.keys()):
            self._add(Kind.DOCUMENT_MEMBER, *here, where, value)
        for mine in document.objects:
            values = [value for value in theirs if ours.get(value) is mine]
            same = list(dict.fromkeys(theirs[value] for value in values))
            if same:
                self._fields(same, [mine], document, direction, where, tag)

    def _tag(self, sdk: Shape, document: Shape) -> str | None:
        """The discriminating field of a union, or None without a union or such a field."""
        if len(sdk.objects) < 2 and len(document.objects) < 2 and document.tag is None:
            return None
        for tag in (document.tag, *_TAGS):
            if tag and self._discriminates(self._sdk, sdk, tag) and self._discriminates(self._document, document, tag):
                return tag
        return None

    def _discriminates(self, side: Side, shape: Shape, tag: str) -> bool:
        return bool(shape.objects) and all(_values_of(side, side.thing(each), tag) for each in shape.objects)

    def _by_value(self, side: Side, shape: Shape, tag: str) -> dict[Json, Handle]:
        return {value: each for each in shape.objects for value in _values_of(side, side.thing(each), tag)}

    def _fields(
        self,
        theirs: Sequence[Handle],
        ours: Sequence[Handle],
        document: Shape,
        direction: Half,
        where: str,
        tag: str | None = None,
    ) -> None:
        sdk = _merged(where, [self._sdk.thing(each) for each in theirs])
        known = _merged(document.pointer, [self._document.thing(each) for each in ours])
        key = (sdk.name, known.name)
        if key in self._done:
            return
        self._done.add(key)
        place = known.place or document.place
        for name, field in sdk.fields.items():
            spot = f"{field.owner or sdk.name}.{name}"
            if name not in known.fields:
                outline = self._outline(field)
                self._add(Kind.SDK_FIELD, (*place, name), known.name, spot, outline=outline)
                continue
            self.docs.setdefault((*place, name), set()).update(field.docs)
            self._field(field, known.fields[name], (*place, name), f"{known.name}/properties/{name}", spot)
            if name != tag:
                self.compare(field.handle, known.fields[name].handle, direction, spot)
        for name in known.fields.keys() - sdk.fields.keys():
            self._add(Kind.DOCUMENT_FIELD, (*place, name), f"{known.name}/properties/{name}", sdk.name)

    def _field(self, theirs: Field, ours: Field, place: Place, pointer: str, where: str) -> None:
        if theirs.required != ours.required:
            kind = Kind.SDK_REQUIRED if theirs.required else Kind.DOCUMENT_REQUIRED
            self._add(kind, place, pointer, where)
        sdk, document = self._sdk.shape(theirs.handle), self._document.shape(ours.handle)
        if sdk.types and document.types and sdk.nullable != document.nullable:
            self._add(Kind.SDK_NULLABLE if sdk.nullable else Kind.DOCUMENT_NULLABLE, place, pointer, where)

    def _outline(self, field: Field) -> str:
        shape = self._sdk.shape(field.handle)
        names = [name for name in sorted(shape.types) if name not in ("object", "array")]
        names += [self._sdk.thing(each).name.rpartition(".")[2] for each in shape.objects]
        names += ["object"] if "object" in shape.types and not shape.objects else []
        if "array" in shape.types:
            names.append(f"array of {self._outline(Field(shape.items, False))}" if shape.items is not None else "array")
        outline = " | ".join(names) or "anything"
        return f"{outline} ({', '.join(_sorted(shape.values))})" if shape.values else outline

    def _add(self, kind: Kind, place: Place, pointer: str, sdk: str, value: str = "", *, outline: str = "") -> None:
        found = Difference(kind, place, (self._scope,), sdk, pointer, value, outline)
        self._found.setdefault(found.id, found)


def united(scopes: Iterable[Iterable[Difference]]) -> tuple[Difference, ...]:
    """The differences of several scopes, merged by id."""
    every: dict[str, list[Difference]] = {}
    for found in scopes:
        for each in found:
            every.setdefault(each.id, []).append(each)
    return tuple(_joined(every[key]) for key in sorted(every, key=lambda key: (every[key][0].place, key)))


def _joined(same: Sequence[Difference]) -> Difference:
    first = same[0]
    scopes = tuple(scope for each in same for scope in each.scopes)
    return Difference(first.kind, first.place, scopes, first.sdk, first.pointer, first.value, first.outline)


def _values_of(side: Side, thing: Thing, tag: str) -> tuple[Json, ...]:
    field = thing.fields.get(tag)
    return tuple(side.shape(field.handle).values or ()) if field else ()


def _merged(nowhere: str, things: Sequence[Thing]) -> Thing:
    """Merges objects that no field discriminates: a field is required if all of them require it.

    Without any object (an object whose fields are not named), the result has no fields.
    """
    if len(things) == 1:
        return things[0]
    fields: dict[str, list[Field]] = {}
    for thing in things:
        for name, field in thing.fields.items():
            fields.setdefault(name, []).append(replace(field, owner=thing.name))
    return Thing(
        " | ".join(thing.name for thing in things) or nowhere,
        {name: _either(found, everywhere=len(found) == len(things)) for name, found in fields.items()},
        things[0].place if things else (),
    )


def _either(fields: Sequence[Field], *, everywhere: bool) -> Field:
    handle = fields[0].handle if len(fields) == 1 else Either(tuple(field.handle for field in fields))
    docs = tuple(dict.fromkeys(text for field in fields for text in field.docs))
    return Field(handle, everywhere and all(field.required for field in fields), fields[0].owner, docs)


def _sorted(values: Iterable[Json]) -> list[str]:
    return sorted(str(value) for value in values)
