"""A request body against the OpenAPI document. Rules that no schema can express are in `rules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from conformance.base.pointer import split
from conformance.model import Json
from conformance.reference.answer import Cause, Terms
from conformance.reference.errors import invalid, refusal
from conformance.reference.negotiate import BETA_FIELDS
from conformance.standard.document import SchemaViolation

CREATE = "MessageCreateParams"
COUNT = "MessageCountTokensParams"

_TASK_BUDGET = "task-budgets-2026-03-13"


class Validator(Protocol):
    """The part of the OpenAPI document that validation needs."""

    def validate(self, component: str, instance: Json) -> list[SchemaViolation]:
        """The violations of a value, empty where it is valid."""


def split_extras(body: Json, terms: Terms) -> tuple[Json, dict[str, Json]]:
    """The body without the fields that an opt-in of this call added, and those fields (REQ-BODY-030)."""
    if not isinstance(body, dict):
        return body, {}
    extras = {name: body[name] for name, betas in BETA_FIELDS.items() if name in body and betas & terms.betas}
    plain = {name: value for name, value in body.items() if name not in extras}
    config = plain.get("output_config")
    if _TASK_BUDGET in terms.betas and isinstance(config, dict) and "task_budget" in config:
        extras["task_budget"] = config["task_budget"]
        plain["output_config"] = {name: value for name, value in config.items() if name != "task_budget"}
    return plain, extras


def refuse_stored_thread(extras: Mapping[str, Json]) -> None:
    """Refuses to continue a thread with 404: nothing of a conversation is stored here (REQ-MSG-018, REQ-ERR-019)."""
    thread = extras.get("thread")
    if isinstance(thread, dict) and thread.get("type") == "continue":
        raise refusal(404, "thread: not found", "REQ-ERR-019", code="thread_not_found")


def validate(component: str, body: Json, terms: Terms, documents: Mapping[str, Validator]) -> None:
    """Refuses with 400 a body that does not match its component in the version of the call (REQ-BODY-033)."""
    violations = documents[terms.version].validate(component, body)
    if violations:
        raise invalid(sentence(violations[0]), cause_of(violations[0]))


def cause_of(violation: SchemaViolation) -> Cause:
    """A violation as the cause of a refusal: an unknown field (REQ-HTTP-032), or anything else (REQ-BODY-033)."""
    clause = "REQ-HTTP-032" if violation.keyword == "additionalProperties" else "REQ-BODY-033"
    place = "/".join("*" if step.isdecimal() else step for step in violation.pointer.split("/"))
    return Cause(clause, place, violation.keyword, violation.component)


def sentence(violation: SchemaViolation) -> str:
    """A violation in the words of an error message: the place with dots, then what is wrong."""
    place = ".".join(split(violation.pointer))
    if violation.keyword == "required":
        return f"{place}: Field required"
    if violation.keyword == "additionalProperties":
        return f"{place}: Extra inputs are not permitted"
    return f"{place}: {violation.message}" if place else violation.message
