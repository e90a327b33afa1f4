"""Faults of the Models API that need code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.reference.answer import Answer, Call, Refusal
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_steps
from conformance.reference.pipeline import Desk, Steps


@fault(in_steps)
def models_listed_twice(steps: Steps) -> Steps:
    """Lists the last model of a long page twice."""

    def pages(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        answer = steps.list_models(call, desk, all_steps)
        rows = answer.body["data"]
        return replace(answer, body={**answer.body, "data": [*rows, rows[-1]] if len(rows) > 1 else rows})

    return replace(steps, list_models=pages)


@fault(in_steps)
def models_before_id_ignored(steps: Steps) -> Steps:
    """Lists models from the end, whatever before_id is."""

    def pages(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        if not call.parameters("before_id"):
            return steps.list_models(call, desk, all_steps)
        whole = steps.list_models(replace(call, query=()), desk, all_steps)
        last = whole.body["data"][-1:]
        ends = {"first_id": last[0]["id"], "last_id": last[0]["id"]}
        return replace(whole, body={**whole.body, "data": last, **ends, "has_more": True})

    return replace(steps, list_models=pages)


@fault(in_steps)
def model_retrieve_missing(steps: Steps) -> Steps:
    """Answers a request for a single model with a page of the list."""
    return _retrieving(steps, lambda body, _: {"data": [body], "has_more": False})


@fault(in_steps)
def model_retrieve_changes(steps: Steps) -> Steps:
    """Adds a number that is never the same to a single model."""
    return _retrieving(steps, lambda body, desk: {**body, "revision": desk.new_id("rev")})


@fault(in_steps)
def model_unknown_answered(steps: Steps) -> Steps:
    """Invents a model for any id."""

    def one(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        try:
            return steps.get_model(call, desk, all_steps)
        except Refusal:
            known = steps.get_model(replace(call, path="/v1/models/reference-latest"), desk, all_steps)
            return replace(known, body={**known.body, "id": call.path.removeprefix("/v1/models/")})

    return replace(steps, get_model=one)


def _retrieving(steps: Steps, change: Callable[[Data, Desk], Data]) -> Steps:
    def one(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        answer = steps.get_model(call, desk, all_steps)
        return replace(answer, body=change(answer.body, desk))

    return replace(steps, get_model=one)
