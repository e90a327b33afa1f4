"""Checks on structured output: one JSON document that is valid for the schema of the request (REQ-THINK-010, -012).

The input of strict tools is checked in `tools.py`.
"""

from __future__ import annotations

from jsonschema.exceptions import ValidationError

from conformance.base.json_schema import schema_errors
from conformance.base.pointer import join, look_up
from conformance.base.strict_json import read
from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates
from conformance.model import Json
from conformance.protocol.message import text_of, was_cut
from conformance.protocol.reply import Reply


@check("json-output")
def json_output(reply: Reply) -> Observation:
    """The text is one JSON document that is valid for the schema; letters of enum values may differ in case.

    An answer that was cut need not follow the schema.
    """
    schema = _schema(reply)
    if schema is None or reply.message is None or was_cut(reply):
        return NOTHING_SEEN
    text = text_of(reply)
    reading = read(text)
    if reading.problem is not None:
        return deviates(reply, "one JSON document", show(text), pointer="/content", kind="ignored")
    found = schema_errors(reading.value, schema)
    if found is None:
        return NOTHING_SEEN
    errors = [error for error in found if not _same_but_for_case(error)]
    if not errors:
        return FINE
    place = join("", *errors[0].absolute_path)
    actual = f"{show(text)}: {errors[0].message[:200]}{f' at {place}' if place else ''}"
    return deviates(reply, "JSON that is valid for the schema", actual, pointer="/content")


@check("json-order")
def json_order(reply: Reply) -> Observation:
    """The properties of the output: required ones first, then the others, both in the order of the schema."""
    schema = _schema(reply)
    value = read(text_of(reply)).value
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
    return deviates(reply, ", ".join(expected), ", ".join(actual), pointer="/content")


def _schema(reply: Reply) -> dict[str, Json] | None:
    schema = look_up(reply.request, "/output_config/format/schema")
    return schema if isinstance(schema, dict) else None


def _same_but_for_case(error: ValidationError) -> bool:
    if error.validator != "enum" or not isinstance(error.instance, str):
        return False
    members: Json = error.validator_value
    return error.instance.casefold() in [str(member).casefold() for member in members]
