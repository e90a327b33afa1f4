"""Checks on structured output: one JSON document that is valid for the schema of the request.

Belongs here: REQ-THINK-010 and REQ-THINK-012. Does not belong here: the input of strict tools (see `tools.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from conformance.base.pointer import look_up
from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.message import stop_reason, text_of
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import cut_short


def json_output(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The text is one JSON document that is valid for the schema; letters of enum values may differ in case."""
    schema = _schema(reply)
    if schema is None or reply.message is None or cut_short(stop_reason(reply)):
        return NOTHING_SEEN
    text = text_of(reply)
    try:
        value = json.loads(text)
        errors = [error for error in Draft202012Validator(schema).iter_errors(value) if not _same_but_for_case(error)]
    except (ValueError, RecursionError):
        expected = "one JSON document"
        return found(
            deviation("json-output", reply, expected=expected, actual=show(text), pointer="/content", kind="ignored")
        )
    except (SchemaError, Unresolvable):
        return NOTHING_SEEN
    if not errors:
        return FINE
    place = "/".join(str(step) for step in errors[0].absolute_path)
    actual = f"{show(text)}: {errors[0].message[:200]}{f' at {place}' if place else ''}"
    return found(
        deviation("json-output", reply, expected="JSON that is valid for the schema", actual=actual, pointer="/content")
    )


def json_order(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The properties of the output: required ones first, then the others, both in the order of the schema."""
    schema = _schema(reply)
    try:
        value = json.loads(text_of(reply))
    except (ValueError, RecursionError):
        return NOTHING_SEEN
    properties = look_up(schema, "/properties")
    if not isinstance(value, dict) or not isinstance(properties, dict) or len(value) < 2:
        return NOTHING_SEEN
    required = look_up(schema, "/required")
    needed = required if isinstance(required, list) else []
    wanted = [name for name in properties if name in needed] + [name for name in properties if name not in needed]
    expected = [name for name in wanted if name in value]
    actual = [name for name in value if name in properties]
    if actual == expected:
        return FINE
    return found(
        deviation("json-order", reply, expected=", ".join(expected), actual=", ".join(actual), pointer="/content")
    )


def _schema(reply: Reply) -> dict[str, Json] | None:
    schema = look_up(reply.request, "/output_config/format/schema")
    return schema if isinstance(schema, dict) else None


def _same_but_for_case(error: ValidationError) -> bool:
    if error.validator != "enum" or not isinstance(error.instance, str):
        return False
    members: Json = error.validator_value
    return error.instance.casefold() in [str(member).casefold() for member in members]


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "json-output": Check("json-output", each=json_output),
        "json-order": Check("json-order", each=json_order),
    }
)
