"""A request body against the OpenAPI document. Rules that no schema can express are in `rules`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from conformance.base.pointer import join, look_up, split
from conformance.model import Json
from conformance.reference.answer import Cause, Terms
from conformance.reference.errors import invalid, refusal
from conformance.standard.document import SchemaViolation

CREATE = "MessageCreateParams"
COUNT = "MessageCountTokensParams"

_TYPES = {
    "array": "list",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "object": "dictionary",
    "string": "string",
}


_MOST = {"min": "least", "max": "most"}


class Validator(Protocol):
    """The part of the OpenAPI document that validation needs."""

    def validate(self, component: str, instance: Json) -> list[SchemaViolation]:
        """The violations of a value, empty where it is valid."""

    def with_betas(self, names: Iterable[str]) -> Validator:
        """The document with what these betas add."""


def refuse_stored_thread(body: Mapping[str, Json]) -> None:
    """Refuses to continue a thread with 404: nothing of a conversation is stored here (REQ-MSG-018, REQ-ERR-019)."""
    thread = body.get("thread")
    if isinstance(thread, dict) and thread.get("type") == "continue":
        raise refusal(404, "thread: not found", "REQ-ERR-019", code="thread_not_found")


def validate(component: str, body: Json, terms: Terms, documents: Mapping[str, Validator]) -> None:
    """Refuses with 400 a body that does not match its component in the version of the call (REQ-BODY-033).

    The betas of the call add to the document what `specs/betas/` says, so that their fields need their names
    (REQ-BODY-030).
    """
    violations = documents[terms.version].with_betas(terms.betas).validate(component, body)
    if violations:
        raise invalid(sentence(violations[0], body), cause_of(violations[0]))


def cause_of(violation: SchemaViolation) -> Cause:
    """A violation as the cause of a refusal: an unknown field (REQ-HTTP-032), or anything else (REQ-BODY-033)."""
    clause = "REQ-HTTP-032" if violation.keyword == "additionalProperties" else "REQ-BODY-033"
    place = join("", *("*" if step.isdecimal() else step for step in split(violation.pointer)))
    return Cause(clause, place, violation.keyword, violation.component)


def sentence(violation: SchemaViolation, body: Json) -> str:
    """A violation as the API words it: the place with dots, then what is wrong."""
    place = ".".join(split(violation.pointer))
    problem = _problem(violation, look_up(body, violation.pointer))
    return f"{place}: {problem}" if place else problem


def _problem(violation: SchemaViolation, value: Any) -> str:
    keyword, bound = violation.keyword, violation.bound
    match keyword:
        case "required":
            return "Field required"
        case "additionalProperties":
            return "Extra inputs are not permitted"
        case "type":
            types = [bound] if isinstance(bound, str) else bound
            return f"Input should be a valid {_either([_TYPES[name] for name in types if name != 'null'])}"
        case "const" | "enum":
            members = bound if keyword == "enum" else [bound]
            return f"Input should be {_either([repr(member) for member in members if member is not None])}"
        case "discriminator":
            known = ", ".join(map(repr, bound))
            key = split(violation.pointer)[-1]
            return f"Input tag {value!r} found using '{key}' does not match any of the expected tags: {known}"
        case "not":
            return f"Input {value!r} is not permitted here"
        case "minimum":
            return f"Input should be greater than or equal to {bound}"
        case "maximum":
            return f"Input should be less than or equal to {bound}"
        case "minLength" | "maxLength":
            return f"String should have at {_MOST[keyword[:3]]} {_counted(bound, 'character')}"
        case "minItems" | "maxItems":
            items = _counted(bound, "item")
            return f"List should have at {_MOST[keyword[:3]]} {items} after validation, not {len(value)}"
        case "pattern":
            return f"String should match pattern '{bound}'"
        case _:
            return "Input does not match the expected shape."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
