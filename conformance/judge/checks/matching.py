"""Checks that compare a reply with a schema: our OpenAPI document's components, or a JSON Schema written in the case.

Belongs here: picking the value, validating it, turning problems into findings that point to the defect. Does not belong
here: what a component requires (see `specs/messages.openapi.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.judge import content
from conformance.judge.checking import NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.judge.pointer import MISSING, Missing, is_within, join, look_up, parent, show, spread
from conformance.judge.reading import Reply
from conformance.model import Finding, Json

MOST: Final = 5
"""Findings of one check on one reply; the first ones tell what is wrong."""

def subject(reply: Reply) -> Json | Missing:
    """What shape checks look at: the Message of an answer in either mode, otherwise the JSON body, or MISSING."""
    if reply.message is not None:
        return reply.message
    return MISSING if reply.json is None and reply.json_problem is not None else reply.json


def matches(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The body, or the Message, or a part of it, is valid under a JSON Schema or a component of our OpenAPI document.

    The argument is a JSON Schema, or `{schema | component, pointer, required, shallow, except}`. `pointer` picks a part
    (`*` is each item of an array); where it does not exist, `required` makes that a finding. With `component` the
    whole value is validated and the problems at or below `pointer` count, with `shallow` only those exactly there,
    and none of those at or below the pointers of `except`.
    """
    whole = subject(reply)
    if isinstance(whole, Missing) or reply.status is None or (whole is None and reply.events is not None):
        return NOTHING_SEEN
    long = isinstance(argument, dict) and bool({"component", "schema"} & argument.keys())
    terms: Mapping[str, Json] = argument if long else {"schema": argument}
    pointer = terms.get("pointer", "")
    places = dict(spread(whole, pointer))
    if not places:
        return _absent(reply, whole, pointer) if terms.get("required") else NOTHING_SEEN
    problems = _problems(whole, places, terms, facts)
    if terms.get("shallow"):
        problems = [(place, problem) for place, problem in problems if place in places]
    apart = terms.get("except", ())
    problems = [(place, text) for place, text in problems if not any(is_within(place, other) for other in apart)]
    return found(*(_finding(reply, whole, place, problem) for place, problem in problems[:MOST]))


def blocks(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Every content block of this type is valid under this component of our OpenAPI document."""
    picked = [
        (join("/content", at), block) for at, block in content.blocks(reply) if block.get("type") == argument["type"]
    ]
    if not picked:
        return NOTHING_SEEN
    findings: list[Finding] = []
    for place, block in picked:
        for inner, problem in component_problems(facts, argument["component"], block):
            findings.append(_finding(reply, subject(reply), place + inner, problem))
    return found(*findings[:MOST])


def component_problems(facts: Facts, component: str, value: Json) -> list[tuple[str, str]]:
    """(pointer, problem) of a value under a component of our OpenAPI document."""
    return [(problem.pointer, problem.message) for problem in facts.document.validate(component, value)]


def schema_problems(schema: Json, value: Json) -> list[tuple[str, str]]:
    """(pointer, problem) of a value under a JSON Schema (draft 2020-12); a missing key is located where it belongs."""
    try:
        errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path)))
    except RecursionError:
        return [("", "nested too deeply to be validated")]
    return [located for error in errors for located in _locate(error)]


def _problems(
    whole: Json, places: Mapping[str, Json], terms: Mapping[str, Json], facts: Facts
) -> list[tuple[str, str]]:
    if "component" in terms:
        problems = component_problems(facts, terms["component"], whole)
        return [(at, text) for at, text in problems if any(is_within(at, place) for place in places)]
    return [
        (place + inner, text)
        for place, value in places.items()
        for inner, text in schema_problems(terms["schema"], value)
    ]


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
    return found(deviation("matches", reply, expected=f"a value at {pointer}", actual="missing", pointer=pointer))


def _finding(reply: Reply, whole: Json | Missing, place: str, problem: str) -> Finding:
    return deviation("matches", reply, expected=problem, actual=show(look_up(whole, place)), pointer=place)


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("matches", each=matches, argument={"type": ["object", "boolean"]}),
        Check(
            "blocks",
            each=blocks,
            argument={
                "type": "object",
                "properties": {"type": {"type": "string"}, "component": {"type": "string"}},
                "required": ["type", "component"],
                "additionalProperties": False,
            },
        ),
    )
}
