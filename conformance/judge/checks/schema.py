"""Checks against a schema: a component of our OpenAPI document, or a JSON Schema written in the case.

What a component requires is in `specs/messages.openapi.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from jsonschema.exceptions import ValidationError

from conformance.base.json_schema import schema_errors
from conformance.base.pointer import is_within, join, look_up, parent, split, spread
from conformance.base.values import MISSING, Missing, show
from conformance.judge.arguments import JSON_SCHEMA, Schema
from conformance.judge.check import NOTHING_SEEN, Context, Observation, check, deviates, deviation, found
from conformance.model import Finding, Json
from conformance.protocol import message as content
from conformance.protocol.reply import Reply

MOST: Final = 5
"""Findings of one check on one reply; the first ones show what is wrong."""

MOST_PROBLEMS: Final = 1_000
"""Problems of one value that are looked for. Where there are more, nothing is said of a part without any."""

MOST_STEPS: Final = 200_000
"""Keywords of a case's own schema that are looked at for one value; an endpoint whose value needs more deviates."""

TOO_MANY: Final = Observation(
    seen=False, note=f"the answer has more than {MOST_PROBLEMS:,} problems, and not all of it was looked at"
)

SENT_BACK: Final = "ContentBlockParam"
"""The component of a block in a request."""

COMPONENT_FORM: Final[Schema] = {
    "type": "object",
    "properties": {
        "component": {"type": "string"},
        "pointer": {"type": "string"},
        "part": {"enum": ["at", "below"]},
        "except": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["component"],
    "additionalProperties": False,
}
SCHEMA_FORM: Final[Schema] = {
    "type": "object",
    "properties": {"schema": JSON_SCHEMA, "pointer": {"type": "string"}, "required": {"type": "boolean"}},
    "required": ["schema"],
    "additionalProperties": False,
}
SHORT_FORM: Final[Schema] = {
    **JSON_SCHEMA,
    "minProperties": 1,
    "properties": {"component": False, "schema": False, "pointer": False, "part": False, "except": False},
}
BLOCKS_FORM: Final[Schema] = {
    "type": "object",
    "properties": {"type": {"type": "string"}, "component": {"type": "string"}, "schema": JSON_SCHEMA},
    "required": ["type"],
    "oneOf": [{"required": ["component"]}, {"required": ["schema"]}],
    "additionalProperties": False,
}


@check("matches", argument={"anyOf": [COMPONENT_FORM, SCHEMA_FORM, SHORT_FORM]})
def matches(reply: Reply, argument: Json, context: Context) -> Observation:
    """The body, or the Message, or a part of it, is valid under a JSON Schema or a component of our OpenAPI document.

    The argument is a JSON Schema, or one of two long forms. `{component, pointer, part, except}`: the whole value is
    validated under the component, and what counts are the problems at and below `pointer` (`part: at` or `part: below`
    takes one of the two), save those at and below the pointers of `except`. `{schema, pointer, required}`: the value at
    `pointer` (`*` is each item of an array) is validated; with `required` it is a finding where it does not exist.
    """
    whole = subject(reply)
    if isinstance(whole, Missing) or reply.status is None or (whole is None and reply.events is not None):
        return NOTHING_SEEN
    if "component" in argument:
        return _matches_component(reply, whole, argument, context)
    return _matches_schema(reply, whole, argument if "schema" in argument else {"schema": argument})


@check("blocks", argument=BLOCKS_FORM)
def blocks(reply: Reply, argument: Json, context: Context) -> Observation:
    """Every content block of this type is valid under a component of our OpenAPI document, or under a JSON Schema."""
    picked = [
        (join("/content", at), block) for at, block in content.blocks(reply) if block.get("type") == argument["type"]
    ]
    if not picked:
        return NOTHING_SEEN
    component, whole = argument.get("component"), subject(reply)
    findings: list[Finding] = []
    for place, block in picked:
        problems = (
            component_problems(reply, context, component, block)
            if component
            else schema_problems(argument["schema"], block)
        )
        findings += [_finding(reply, whole, place + inner, problem) for inner, problem in problems[:MOST]]
        if len(findings) >= MOST:
            break
    return found(*findings[:MOST])


@check("can-be-sent-back")
def valid_when_sent_back(reply: Reply, context: Context) -> Observation:
    """Every block of an answer, of the types that a request knows, is valid in an assistant turn as it came.

    An empty text is left out, as clients do: a recording of the API has one.
    """
    known = context.document.members(SENT_BACK)
    picked = [
        (join("/content", at), block)
        for at, block in content.blocks(reply)
        if isinstance(block.get("type"), str) and block["type"] in known and block.get("text") != ""
    ]
    findings = (
        deviation(reply, "a block that a request takes as it is", problem, pointer=place + inner)
        for place, block in picked
        for inner, problem in component_problems(reply, context, f"Assistant{SENT_BACK}", block)
    )
    return found(*islice(findings, MOST)) if picked else NOTHING_SEEN


def subject(reply: Reply) -> Json | Missing:
    """What these checks look at: the Message of an answer in either mode, otherwise the JSON body, or MISSING."""
    if reply.message is not None:
        return reply.message
    return MISSING if reply.json is None and reply.json_problem is not None else reply.json


def component_problems(reply: Reply, context: Context, component: str, value: Json) -> list[tuple[str, str]]:
    """(pointer, problem) of a value, which is part of the reply, under a component of our OpenAPI document."""
    key = (context.document.version, component, id(value))
    if key not in reply.memo:
        violations = context.document.validate(component, value, MOST_PROBLEMS + 1)
        reply.memo[key] = [(violation.pointer, violation.message) for violation in violations]
    problems: list[tuple[str, str]] = reply.memo[key]
    return problems


def schema_problems(schema: Json, value: Json) -> list[tuple[str, str]]:
    """(pointer, problem) of a value under a JSON Schema (draft 2020-12); a missing key is located at its own place."""
    every = schema_errors(value, schema, MOST_STEPS)
    if every is None:
        return [("", "too large or nested too deeply to be validated")]
    errors = sorted(every[:MOST_PROBLEMS], key=lambda error: list(map(str, error.path)))
    return [located for error in errors for located in _locate(error)]


def _matches_component(reply: Reply, whole: Json, terms: Mapping[str, Json], context: Context) -> Observation:
    pointer, part = terms.get("pointer", ""), terms.get("part")
    every = component_problems(reply, context, terms["component"], whole)
    problems = [
        (place, text)
        for place, text in every
        if is_within(place, pointer)
        and (part is None or (place == pointer) == (part == "at"))
        and not any(is_within(place, other) for other in terms.get("except", ()))
    ]
    if not problems and len(every) > MOST_PROBLEMS:
        return TOO_MANY
    value = look_up(whole, pointer)
    if not problems and (isinstance(value, Missing) or (part == "below" and not _described(value, terms, context))):
        return NOTHING_SEEN
    return found(*(_finding(reply, whole, place, text) for place, text in problems[:MOST]))


def _described(value: Json, terms: Mapping[str, Json], context: Context) -> bool:
    """Whether a value has a member that the component describes and the check does not except."""
    schema = context.document.schema(terms["component"])
    for key in split(terms.get("pointer", "")):
        schema = context.document.resolve(schema.get("properties", {}).get(key, {}))
    excepted = {split(pointer)[-1] for pointer in terms.get("except", ())}
    return isinstance(value, dict) and bool((value.keys() & schema.get("properties", {}).keys()) - excepted)


def _matches_schema(reply: Reply, whole: Json, terms: Mapping[str, Json]) -> Observation:
    pointer = terms.get("pointer", "")
    places = list(spread(whole, pointer))
    if not places:
        return _absent(reply, whole, pointer) if terms.get("required") else NOTHING_SEEN
    every = (
        (place + inner, text) for place, value in places for inner, text in schema_problems(terms["schema"], value)
    )
    problems = islice(every, MOST)
    return found(*(_finding(reply, whole, place, text) for place, text in problems))


def _locate(error: ValidationError) -> Iterable[tuple[str, str]]:
    place = join("", *error.absolute_path)
    instance = error.instance
    if error.validator == "required" and isinstance(instance, dict) and isinstance(error.validator_value, list):
        return [(join(place, key), "is missing") for key in error.validator_value if key not in instance]
    return [(place, f"{error.validator}: {show(error.validator_value)}")]


def _absent(reply: Reply, whole: Json, pointer: str) -> Observation:
    """A missing key is a finding of its own only where the object around it exists; else that object is the defect."""
    if not isinstance(look_up(whole, parent(pointer)), dict):
        return NOTHING_SEEN
    return deviates(reply, f"a value at {pointer}", "missing", pointer=pointer)


def _finding(reply: Reply, whole: Json | Missing, place: str, problem: str) -> Finding:
    value = look_up(whole, place)
    expected = f"a value at {place}" if isinstance(value, Missing) else _wanted(problem)
    return deviation(reply, expected, show(value), pointer=place)


def _wanted(problem: str) -> str:
    """The part of a validator's sentence that says what was expected; the finding shows the actual value anyway."""
    return problem.removeprefix("expected ").partition(", found ")[0] if problem.startswith("expected ") else problem
