"""JSON Schema as our OpenAPI document uses it: draft 2020-12, whose unions report what is wrong in the right branch.

Importing jsonschema is slow, so `document.py` imports this module when something is validated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Specification

from conformance.base.pointer import join
from conformance.model import Json
from conformance.standard.document import SchemaViolation

SCHEMAS = "#/components/schemas/"
_DOCUMENT = "document:"
_LONGEST = 60
_MOST = 8
_PLAIN = Draft202012Validator.VALIDATORS


class _Validator(Protocol):
    """What the keyword functions use of a jsonschema validator."""

    def descend(self, instance: Json, schema: Any) -> Iterator[ValidationError]: ...

    def is_type(self, instance: Json, type: str) -> bool: ...


class Dialect:
    """Validates instances against the components of one document.

    A union with a discriminator (OpenAPI 3.2, section 4.25) is judged by the branch that the discriminator names, one
    without by the only branch that admits the JSON type. A missing or unknown key is located at the key itself.
    """

    def __init__(self, tree: Mapping[str, Json]) -> None:
        resource = Specification.OPAQUE.create_resource(tree)
        self._resolver = Registry().with_resource(_DOCUMENT, resource).resolver(_DOCUMENT)
        self._schemas: dict[str, Any] = {}
        self._class = extend(  # type: ignore[no-untyped-call]
            Draft202012Validator,
            {
                "$ref": self._reference,
                "oneOf": self._one_of,
                "anyOf": self._any_of,
                "required": _required,
                "additionalProperties": _additional_properties,
            },
        )

    def violations(self, component: str, instance: Json) -> Iterator[SchemaViolation]:
        """Every violation of a component by an instance, each once. Raises `Unresolvable` for a broken `$ref`."""
        seen = set()
        validator = self._class({"$ref": SCHEMAS + component})
        for error in validator.iter_errors(instance):
            pointer, keyword = join("", *error.absolute_path), str(error.validator)
            if (pointer, keyword) not in seen:
                seen.add((pointer, keyword))
                where = getattr(error, "component", component)
                yield SchemaViolation(pointer, keyword, _sentence(error), where, error.validator_value)

    def schema(self, reference: str) -> Any:
        """The schema that a `$ref` points to."""
        if reference not in self._schemas:
            self._schemas[reference] = self._resolver.lookup(reference).contents
        return self._schemas[reference]

    def _reference(self, validator: _Validator, reference: str, instance: Json, _: Any) -> Iterator[ValidationError]:
        name = reference.removeprefix(SCHEMAS)
        for error in validator.descend(instance, self.schema(reference)):
            vars(error).setdefault("component", name)
            yield error

    def _one_of(self, validator: _Validator, branches: Any, instance: Json, schema: Any) -> Iterator[ValidationError]:
        yield from self._union("oneOf", validator, branches, instance, schema)

    def _any_of(self, validator: _Validator, branches: Any, instance: Json, schema: Any) -> Iterator[ValidationError]:
        yield from self._union("anyOf", validator, branches, instance, schema)

    def _union(
        self, keyword: str, validator: _Validator, branches: Sequence[Any], instance: Json, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        if "discriminator" in schema:
            yield from self._discriminated(validator, schema["discriminator"], instance, schema)
            return
        fitting = [branch for branch in branches if self._admits(validator, branch, instance)]
        if len(fitting) == 1:
            yield from validator.descend(instance, fitting[0])
        elif fitting:
            yield from _PLAIN[keyword](validator, branches, instance, schema)
        else:
            admitted = [name for branch in branches for name in self._types(branch)]
            yield ValidationError("", validator="type", validator_value=admitted, instance=instance)

    def _discriminated(
        self, validator: _Validator, discriminator: Mapping[str, Any], instance: Json, schema: Any
    ) -> Iterator[ValidationError]:
        if not isinstance(instance, dict):
            return
        name, mapping = discriminator["propertyName"], discriminator["mapping"]
        value = instance.get(name)
        target = mapping.get(value) if isinstance(value, str) else None
        target = target or discriminator.get("defaultMapping")
        if target is not None:
            yield from self._reference(validator, target, instance, schema)
        elif name in instance:
            known = list(mapping)
            yield ValidationError("", validator="discriminator", validator_value=known, instance=value, path=[name])

    def _admits(self, validator: _Validator, branch: Mapping[str, Any], instance: Json) -> bool:
        types = self._types(branch)
        return not types or any(validator.is_type(instance, name) for name in types)

    def _types(self, branch: Mapping[str, Any]) -> list[str]:
        schema = self.schema(branch["$ref"]) if "$ref" in branch else branch
        types = schema.get("type", [])
        return [types] if isinstance(types, str) else list(types)


def _required(_: _Validator, names: Sequence[str], instance: Json, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError("", path=[name])


def _additional_properties(
    validator: _Validator, allowed: Any, instance: Json, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if allowed is not False:
        yield from _PLAIN["additionalProperties"](validator, allowed, instance, schema) or ()
    elif isinstance(instance, dict):
        known = schema.get("properties", {})
        for name in instance:
            if name not in known:
                yield ValidationError("", path=[name])


def _sentence(error: ValidationError) -> str:
    keyword, found = str(error.validator), _short(error.instance)
    value: Any = error.validator_value
    match keyword:
        case "required":
            return "is missing"
        case "additionalProperties":
            return "is not a known field"
        case "type":
            types = value if isinstance(value, list) else [value]
            return f"expected {_listed(types)}, found {_type(error.instance)}{found}"
        case "const":
            return f"expected {_short(value)}, found {found}"
        case "enum" | "discriminator":
            return f"expected one of {_listed([_short(item) for item in value])}, found {found}"
        case "not":
            return f"is not legal here: {found}"
        case "minimum" | "minLength" | "minItems":
            return f"expected {_measured(keyword)} of at least {value}, found {found}"
        case "maximum" | "maxLength" | "maxItems":
            return f"expected {_measured(keyword)} of at most {value}, found {found}"
        case "pattern":
            return f"expected text like {value}, found {found}"
        case _:
            return f"is not valid under {keyword}: {found}"


def _measured(keyword: str) -> str:
    return {"Length": "a length", "Items": "a number of items"}.get(keyword[3:], "a value")


def _listed(words: Sequence[str]) -> str:
    if len(words) > _MOST:
        return f"{', '.join(words[:_MOST])}, ..."
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _type(value: Json) -> str:
    names = {dict: "object ", list: "array ", str: "string ", bool: "boolean ", int: "integer ", float: "number "}
    return names.get(type(value), "")


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=True) if not isinstance(value, (dict, list)) else _outline(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _outline(value: Json) -> str:
    if isinstance(value, list):
        return f"of {len(value)} items"
    return "{" + ", ".join(json.dumps(key) for key in list(value)[:5]) + (", ..." if len(value) > 5 else "") + "}"
