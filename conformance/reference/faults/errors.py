"""Faults in errors that need code."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal, ServerEvent
from conformance.reference.errors import refusal
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import in_steps
from conformance.reference.models import Model
from conformance.reference.pipeline import Desk, Steps


@fault(in_steps)
def error_as_stream(steps: Steps) -> Steps:
    """Sends the error for a request with stream true as an event stream."""

    def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        try:
            return steps.create_message(call, desk, all_steps)
        except Refusal as problem:
            if b'"stream":true' not in call.body:
                raise
            refused = steps.refuse(problem)
            return replace(refused, events=(ServerEvent("error", refused.body),))

    return replace(steps, create_message=create)


@fault(in_steps)
def empty_messages_break(steps: Steps) -> Steps:
    """Answers 500 to an empty list of messages."""

    def parse(call: Call, limit: int) -> Json:
        value = steps.parse(call, limit)
        if isinstance(value, dict) and value.get("messages") == []:
            raise refusal(500, "list index out of range", None)
        return value

    return replace(steps, parse=parse)


@fault(in_steps)
def unknown_model_served(steps: Steps) -> Steps:
    """Answers requests for an unknown model with another model."""

    def find(models: tuple[Model, ...], name: str) -> Model:
        try:
            return steps.find_model(models, name)
        except Refusal:
            return steps.find_model(models, "reference-latest")

    return replace(steps, find_model=find)
