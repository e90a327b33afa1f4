"""JSON Schemas that somebody else wrote (in a request, in a case of a user), and what a value deviates from them in.

Such a schema may ask for anything: for references that double at each level, for patterns that backtrack, for what is
on the network. So validation takes a bounded number of steps, patterns are matched by RE2, nothing is fetched, and
what cannot be checked within these bounds forbids nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from conformance.base.patterns import occurs_in
from conformance.base.values import MISSING

MOST_STEPS: Final = 50_000
"""Keywords that are looked at for one value, and as many subschemas; a step takes 10 to 50 microseconds."""

MOST_VALUES: Final = 2_500
"""Values that a schema may hold."""

_Keyword = Callable[[Any, Any, Any, Any], Any]

_RAISED = (ArithmeticError, TypeError, ValueError, AttributeError, KeyError)
"""What jsonschema raises for schemas that its own schema admits, and `patterns` for a pattern that it cannot match."""


class _TooManyStepsError(Exception):
    """The validation of a value took more steps than are allowed."""


def schema_errors(value: Any, schema: Any, most_steps: int = MOST_STEPS) -> list[ValidationError] | None:
    """All deviations of a value from a schema, or None where the schema is none or cannot be checked within bounds."""
    if _is_beyond(schema):
        return None
    try:
        if not _is_schema(_Asked(json.dumps(schema), schema)):
            return None
        return errors_under_valid(value, schema, most_steps)
    except (Unresolvable, RecursionError, *_RAISED):
        return None


@dataclass(frozen=True)
class _Asked:
    """A schema, which is equal to another of the same text."""

    text: str
    schema: Any = field(compare=False)


@lru_cache(maxsize=256)
def _is_schema(asked: _Asked) -> bool:
    """Whether a schema is one. Remembered, because cases and requests ask with the same few again and again."""
    try:
        Draft202012Validator.check_schema(asked.schema)
    except SchemaError:
        return False
    return True


def errors_under_valid(value: Any, schema: Any, most_steps: int = MOST_STEPS) -> list[ValidationError] | None:
    """All deviations of a value from a schema that is a valid one, or None where finding them exceeds the bounds.

    Raises Unresolvable for a reference to something outside the schema, RecursionError for one that leads to itself.
    """
    if _is_beyond(schema):
        return None
    try:
        return list(_validators(most_steps)(schema, registry=Registry()).iter_errors(value))
    except (_TooManyStepsError, *_RAISED):
        return None


def _is_beyond(schema: Any) -> bool:
    """Whether there are too many values, or patterns that jsonschema itself matches, for `unevaluatedProperties`."""
    if next(islice(_values(schema), MOST_VALUES, None), MISSING) is not MISSING:
        return True
    names = {name for value in _values(schema) if isinstance(value, dict) for name in value}
    return names >= {"unevaluatedProperties", "patternProperties"}


def _values(schema: Any) -> Iterator[Any]:
    """The schema and every value in it."""
    left = [schema]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, dict | list):
            left += value.values() if isinstance(value, dict) else value


class _Steps:
    """Counts down to zero, and then raises."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, number: int = 1) -> None:
        self._left -= number
        if self._left < 0:
            raise _TooManyStepsError


def _validators(most_steps: int) -> Any:
    """A class of validators that counts its steps, in all of a schema: a part that names another dialect is read in
    this one, because that dialect's own validators would count nothing.
    """
    steps, subschemas = _Steps(most_steps), _Steps(most_steps)

    def counted(keyword: _Keyword) -> _Keyword:
        def check(validator: Any, asked: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
            steps.take(1 + _looks(keyword, value, schema))
            yield from keyword(validator, asked, value, schema) or ()

        return check

    known: dict[str, _Keyword] = {
        **Draft202012Validator.VALIDATORS,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    keywords = {name: counted(keyword) for name, keyword in known.items()}
    made: Any = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    into = made.evolve

    def evolve(validator: Any, **changes: Any) -> Any:
        subschemas.take()
        schema = changes.get("schema")
        if isinstance(schema, dict) and "$schema" in schema:
            changes["schema"] = {name: value for name, value in schema.items() if name != "$schema"}
        return into(validator, **changes)

    made.evolve = evolve
    return made


def _looks(keyword: _Keyword, value: Any, schema: Any) -> int:
    """How often a keyword matches the name of a member with a pattern."""
    if keyword not in (_pattern_properties, _additional_properties) or not isinstance(value, dict):
        return 0
    return len(value) * len(schema.get("patternProperties", {}))


def _pattern(validator: Any, pattern: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(value, "string") and not occurs_in(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(value, "object"):
        for pattern, schema in patterns.items():
            for name, item in value.items():
                if occurs_in(pattern, name):
                    yield from validator.descend(item, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(value, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in [name for name in value if name not in known]:
        if any(occurs_in(pattern, name) for pattern in patterns):
            continue
        if allowed is False:
            yield ValidationError(f"Additional properties are not allowed ({name!r} was unexpected)")
            return  # one for all of them, as jsonschema has it
        yield from validator.descend(value[name], allowed, path=name)


def _unique_items(validator: Any, asked: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    is_list = validator.is_type(value, "array")
    if asked and is_list and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield ValidationError(f"{value!r} has non-unique elements")
