"""Deviations of data from a JSON Schema as plain sentences, each with its place and the name that was probably meant.

This is for files that people write. What an endpoint sends is validated by `dialect.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.base.patterns import PatternError, compiled
from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

_BOUNDS = {
    "pattern": "Expected a string that matches {bound!r}, found {got}",
    "minLength": "Expected at least {bound} character{s}, found {got}",
    "maxLength": "Expected at most {bound} character{s}, found {size}",
    "minItems": "Expected at least {bound} item{s}, found {got}",
    "maxItems": "Expected at most {bound} item{s}, found {got}",
    "minProperties": "Expected at least {bound} key{s}, found {got}",
    "maxProperties": "Expected at most {bound} key{s}, found {got}",
    "minimum": "Expected at least {bound}, found {got}",
    "maximum": "Expected at most {bound}, found {got}",
    "uniqueItems": "Duplicate item",
}


@dataclass(frozen=True)
class Misfit:
    """One place where data does not fit: JSON pointer, one sentence, and the name that was probably meant."""

    pointer: str
    problem: str
    suggestion: str | None = None


def misfits(data: Json, schema: Mapping[str, Json] | bool) -> Iterator[Misfit]:
    """Every deviation of data from a JSON Schema (draft 2020-12), in no particular order."""
    for error in _validators()(schema, format_checker=_formats()).iter_errors(data):
        yield _misfit(_deepest(error))


@cache
def _validators() -> Any:
    """The class of validators. Loading jsonschema takes longer than reading all our files, so only callers that need it
    pay.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(Draft202012Validator, {"uniqueItems": _unique_items})  # type: ignore[no-untyped-call]


@cache
def _formats() -> Any:
    """What `format` means in our schemas: a pattern of RE2, and a JSON Schema with such patterns."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError

    formats = FormatChecker(formats=())

    @formats.checks("regex", raises=PatternError)
    def is_pattern(value: object) -> bool:
        return not isinstance(value, str) or compiled(value) is not None

    @formats.checks("json-schema", raises=(SchemaError, PatternError, RecursionError))
    def is_schema(value: Json) -> bool:
        Draft202012Validator.check_schema(value)
        return all(compiled(pattern) is not None for pattern in _patterns(value))

    return formats


def _patterns(schema: Json) -> Iterator[str]:
    """Every regular expression in a schema, and whatever looks like one."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            yield from schema["patternProperties"]
    if isinstance(schema, dict | list):
        for item in schema.values() if isinstance(schema, dict) else schema:
            yield from _patterns(item)


def _unique_items(_: Any, asked: Any, value: Json, __: Any) -> Iterator[ValidationError]:
    """As jsonschema has it, which compares each item with each other one where they cannot be sorted."""
    from jsonschema.exceptions import ValidationError

    if asked and isinstance(value, list) and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield ValidationError("Duplicate item")


def _deepest(error: ValidationError) -> ValidationError:
    """Of alternatives (anyOf, oneOf), the deviation in the one that was probably meant."""
    from jsonschema.exceptions import best_match

    return best_match(iter([error])) or error


def _misfit(error: ValidationError) -> Misfit:
    here = join("", *error.absolute_path)
    value, rule, schema = error.instance, error.validator, error.schema
    bound: Json = error.validator_value
    if "propertyNames" in error.absolute_schema_path:
        return _unknown_key(here, str(value), bound if rule == "enum" else ())
    if rule == "additionalProperties" and isinstance(value, dict) and isinstance(schema, Mapping):
        known = schema.get("properties", {})
        unknown = [key for key in value if key not in known and not _in_patterns(key, schema)]
        free = [key for key in known if key not in value]
        return _unknown_key(here, next((key for key in unknown if nearest(key, free)), unknown[0]), free)
    near = None
    if rule == "enum" and isinstance(value, str):
        near = nearest(value, [name for name in bound if isinstance(name, str)])
    return Misfit(here, _sentence(error, bound), near)


def _unknown_key(here: str, key: str, names: Iterable[str]) -> Misfit:
    return Misfit(join(here, key), f"Unknown key {key!r}", nearest(key, names))


def _in_patterns(key: str, schema: Mapping[str, Any]) -> bool:
    return any(re.search(pattern, key) for pattern in schema.get("patternProperties", {}))


def _sentence(error: ValidationError, bound: Json) -> str:
    rule, got = str(error.validator), _shown(error.instance)
    if rule == "required" and isinstance(error.instance, dict):
        missing = next((name for name in bound if name not in error.instance), "")
        return f"Missing key {missing!r}"
    if rule == "type":
        names = [bound] if isinstance(bound, str) else bound
        return f"Expected {' or '.join(_TYPE_NAMES.get(name, name) for name in names)}, found {got}"
    if rule == "const":
        return f"Expected {_shown(bound)}, found {got}"
    if rule == "enum":
        more = ", ..." if len(bound) > 12 else ""
        return f"Expected one of {', '.join(_shown(value) for value in bound[:12])}{more}, found {got}"
    if rule == "format":
        what = {"regex": "a regular expression (RE2)", "json-schema": "a JSON Schema"}.get(str(bound), str(bound))
        why = str(getattr(error.cause, "message", error.cause)).splitlines()
        return f"Expected {what}: {why[0][:160] if why else got}"
    if rule in ("anyOf", "oneOf"):
        return _alternatives(error.instance, bound, got)
    if rule in _BOUNDS:
        return _BOUNDS[rule].format(bound=bound, s="" if bound == 1 else "s", got=got, size=len(str(error.instance)))
    return f"Invalid value: {error.message.splitlines()[0][:160]}"


def _alternatives(value: Json, branches: list[Json], got: str) -> str:
    """A choice between forms. In our schemas it is mostly one between keys, which is worded by the keys."""
    keys = [branch["required"][0] for branch in branches if isinstance(branch, dict) and set(branch) == {"required"}]
    if len(keys) < len(branches) or not isinstance(value, dict):
        return f"Expected one of {len(branches)} forms, found {got}"
    present = [repr(key) for key in keys if key in value]
    if present:
        return f"The keys {' and '.join(present)} exclude each other"
    return f"Missing key {' or '.join(map(repr, keys))}"


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return f"a mapping with the keys {', '.join(map(str, value))}"[:80] if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
