"""Cases that follow from the OpenAPI document: every way in which one component of a valid request can be broken.

`catalogue/request/derived.yaml` says which components and fields are worth a request. What breaks a field, by its
schema:

- required: the field is missing (`-missing`);
- `enum`, `const`, the discriminator of a union: an unknown value (`-unknown`), which covers the wrong type as well;
- any other type: a value of another type (`-type`), and in arrays an item of another type (`-item-type`). The wrong
  value is never null and never a number as text, because no source says what an endpoint does with these
  (REQ-BODY-032, REQ-BODY-005);
- `minimum`, `maximum`: one step outside (`-below`, `-above`); `minItems`, `minLength`: nothing (`-empty`); `pattern`:
  illegal characters (`-malformed`). `maxItems` and `maxLength` are not crossed: such requests are too large to send.

Unknown fields are not derived: their refusal is one claim, with its own case (REQ-HTTP-032).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.base.pointer import join, split
from conformance.base.suggestions import nearest
from conformance.base.values import kind
from conformance.base.versions import API_VERSIONS, NEWEST_VERSION
from conformance.model import Json
from conformance.standard.document import Document

UNKNOWN = "conformance-unknown"
KINDS = ("missing", "type", "bound", "unknown")

_ABSENT = object()


class DeriveError(ValueError):
    """An entry that does not fit the document.

    `steps` lead to the place inside the entry, `suggestion` is the name that was meant.
    """

    def __init__(self, message: str, *steps: str | int, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.steps = steps
        self.suggestion = suggestion


@dataclass(frozen=True)
class Derived:
    """One broken request. `control` is the base request that it was made from.

    `pointer` is where the document finds the only violation, in the API version `version` (None: in any). `kind` is
    one of KINDS. `protects` is True for missing fields that the entry lists.
    """

    id: str
    title: str
    body: Json
    kind: str
    clauses: tuple[str, ...]
    protects: bool
    needs: tuple[str, ...]
    control: str
    pointer: str
    version: str | None = None


@dataclass(frozen=True)
class _Break:
    """One way to break a field: the value put at `path` below the instance, or its removal."""

    field: str
    suffix: str
    kind: str
    path: tuple[str | int, ...]
    value: Json = _ABSENT


def derive(document: Document, entry: Mapping[str, Json], frame_body: Json) -> Iterator[Derived]:
    """The cases of one entry of `derived.yaml`. `frame_body` is the valid body of the base request `entry['frame']`.

    `catalogue/schema.json` describes the keys of an entry.
    Raises DeriveError for an entry that does not fit the document.
    """
    prefix, version, component = entry["prefix"], entry.get("version"), entry["schema"]
    if version is not None and version not in API_VERSIONS:
        raise DeriveError(f"Unknown API version {version!r}", "version")
    source = document.in_version(version or NEWEST_VERSION)  # so that the cases do not depend on the version of the run
    if component not in source.components():
        raise DeriveError(
            f"Unknown component {component!r}", "schema", suggestion=nearest(component, source.components())
        )
    at = _steps(entry.get("at", ""))
    frame = _with(frame_body, at, entry["plant"]) if "plant" in entry else frame_body
    left_out = dict(entry.get("leave-out", {}))
    protects = entry.get("protects", ())
    used = set()
    for item in _breaks(source, entry):
        short = f"{item.field}-{item.suffix}"
        reasons = {item.field, short, f"{prefix}-{short}"} & set(left_out)
        used |= reasons
        clauses = _clauses(entry, item, left_out=bool(reasons))
        if clauses and not reasons:
            value = entry.get("values", {}).get(short, item.value)
            yield Derived(
                id=f"{prefix}-{short}",
                title=_title(entry["subject"], item, value),
                body=_with(frame, (*at, *item.path), value),
                kind=item.kind,
                clauses=clauses,
                protects=item.kind == "missing" and item.field in protects,
                needs=tuple(entry.get("needs", ())),
                control=entry["frame"],
                pointer=join("", *at, *item.path),
                version=version,
            )
    if strange := set(protects) - set(source.schema(component).get("required", ())):
        raise DeriveError(f"{sorted(strange)[0]!r} is not required in {component}", "protects")
    if stale := set(left_out) - used:
        raise DeriveError(f"Nothing is derived for {sorted(stale)[0]!r}", "leave-out", sorted(stale)[0])


def _breaks(document: Document, entry: Mapping[str, Json]) -> Iterator[_Break]:
    component = entry["schema"]
    schema = document.schema(component)
    name = document.discriminator(component)
    if name is not None:
        if name in schema.get("required", ()):
            yield _Break(name, "missing", "missing", (name,))
        yield _Break(name, "unknown", "unknown", (name,), UNKNOWN)
        return
    properties = schema.get("properties", {})
    only = entry.get("fields", properties)
    if strange := [field for field in only if field not in properties]:
        position = list(only).index(strange[0])
        near = nearest(strange[0], properties)
        raise DeriveError(f"Unknown field {strange[0]!r} of {component}", "fields", position, suggestion=near)
    telling = _telling_fields(document, component)
    for field in (field for field in properties if field in only and field not in telling):
        if field in schema.get("required", ()):
            yield _Break(field, "missing", "missing", (field,))
        yield from _value_breaks(document, field, document.resolve(properties[field]))


def _value_breaks(document: Document, field: str, schema: Mapping[str, Any]) -> Iterator[_Break]:
    here = (field,)
    if "enum" in schema or "const" in schema:
        yield _Break(field, "unknown", "unknown", here, UNKNOWN)
        return
    if types := _types(document, schema):
        yield _Break(field, "type", "type", here, _wrong(types))
    if types == {"array"} and (inner := _types(document, schema.get("items", {}))):
        yield _Break(field, "item-type", "type", (field, 0), _wrong(inner))
    step: float = 0.5 if "number" in types else 1
    if "minimum" in schema:
        yield _Break(field, "below", "bound", here, schema["minimum"] - step)
    if "maximum" in schema:
        yield _Break(field, "above", "bound", here, schema["maximum"] + step)
    if schema.get("minItems", 0) > 0:
        yield _Break(field, "empty", "bound", here, [])
    if schema.get("minLength", 0) > 0:
        yield _Break(field, "empty", "bound", here, "")
    if "pattern" in schema:
        yield _Break(field, "malformed", "bound", here, "not legal!")


def _telling_fields(document: Document, component: str) -> set[str | None]:
    """The fields by which unions identify the component. Breaking them is part of the union."""
    unions = (name for name in document.components() if component in document.members(name).values())
    return {document.discriminator(union) for union in unions}


def _types(document: Document, schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a schema admits; empty where it admits any."""
    schema = document.resolve(schema)
    if "type" in schema:
        return {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    branches = schema.get("oneOf", schema.get("allOf", ()))
    return {name for branch in branches for name in _types(document, branch)}


def _wrong(types: set[str]) -> Json:
    return 7 if "string" in types else "conformance"


def _clauses(entry: Mapping[str, Json], item: _Break, *, left_out: bool) -> tuple[str, ...]:
    clauses = entry["clauses"].get(item.kind, [])
    if isinstance(clauses, dict):
        if item.field not in clauses and not left_out:
            problem = f"No clause for {item.field}-{item.suffix}. Name one, or add it to leave-out"
            raise DeriveError(problem, "clauses", item.kind)
        clauses = clauses.get(item.field, [])
    return tuple(clauses)


def _title(subject: str, item: _Break, value: Json) -> str:
    match item.suffix:
        case "missing":
            rest = f"no {item.field}"
        case "unknown":
            rest = f"the unknown {item.field} {json.dumps(value)}"
        case "type":
            rest = f"{kind(value)} for {item.field}"
        case "item-type":
            rest = f"{kind(value)} in its {item.field} array"
        case "empty":
            rest = f"an empty {item.field} {'array' if value == [] else 'string'}"
        case _:
            rest = f"a {item.field} of {json.dumps(value)}"
    return f"The endpoint refuses {subject} with {rest}"


def _steps(pointer: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdecimal() else part for part in split(pointer))


def _with(body: Json, path: Sequence[str | int], value: Json) -> Json:
    """A copy of the body with the value at the path, or without the path if the value is _ABSENT."""
    if not path:
        return copy.deepcopy(value)
    changed = copy.deepcopy(body)
    holder = changed
    for step in path[:-1]:
        holder = holder.setdefault(step, [] if path[-1] == 0 else {}) if isinstance(holder, dict) else holder[step]
    if value is _ABSENT:
        holder.pop(path[-1], None)
    elif isinstance(holder, list) and path[-1] == len(holder):
        holder.append(value)
    else:
        holder[path[-1]] = copy.deepcopy(value)
    return changed
