"""Faults in the shape of the Message that need code."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.answer import Answer, dump
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, blocks_of_type, in_message, in_steps
from conformance.reference.pipeline import Steps


@fault(in_message)
def tool_ids_repeated(message: Data) -> None:
    """Gives all tool calls of a reply the same id."""
    calls = blocks_of_type(message, "tool_use")
    for call in calls:
        call["id"] = calls[0]["id"]


@fault(in_message)
def tool_name_invented(message: Data) -> None:
    """Adds a call of multi_tool_use.parallel, a tool that nobody declared, to parallel calls."""
    calls = blocks_of_type(message, "tool_use")
    if len(calls) > 1:
        invented = {"id": f"{calls[0]['id']}0", "name": "multi_tool_use.parallel", "input": {"tool_uses": []}}
        message["content"].append({**calls[0], **invented})


@fault(in_steps)
def json_member_twice(steps: Steps) -> Steps:
    """Writes the member type of a JSON reply twice."""

    def encode(message: Data) -> Answer:
        answer = steps.encode_json(message)
        return replace(answer, chunks=(f'{dump(answer.body)[:-1]},"type":"message"}}'.encode(),))

    return replace(steps, encode_json=encode)
