"""Faults with tools that need code: calls that are changed, and results that are read in part."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import (
    Data,
    blocks_of_type,
    in_message,
    in_message_of,
    in_messages_request,
    in_steps,
)
from conformance.reference.faults.stop import calls_as_text
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt, dicts
from conformance.reference.rules import Rule


@fault(in_steps)
def tools_uncounted(steps: Steps) -> Steps:
    """Does not count tools as input."""

    def make(prompt: Prompt, desk: Desk, all_steps: Steps) -> Data:
        message = steps.make_message(prompt, desk, all_steps)
        bare = {key: value for key, value in prompt.body.items() if key != "tools"}
        uncounted = all_steps.count(prompt.body) - all_steps.count(bare)
        return {**message, "usage": {**message["usage"], "input_tokens": message["usage"]["input_tokens"] - uncounted}}

    return replace(steps, make_message=make)


@fault(in_message)
def tool_calls_as_text(message: Data) -> None:
    """Writes tool calls as XML into the text, and ends with end_turn."""
    if blocks_of_type(message, "tool_use"):
        calls_as_text(message)
        message["stop_reason"] = "end_turn"


@fault(in_message)
def parallel_calls_merged(message: Data) -> None:
    """Merges the input of parallel tool calls into one call."""
    first, *later = blocks_of_type(message, "tool_use") or [{}]
    for call in later:
        first["input"] = {**first["input"], **call["input"]}
    message["content"] = [block for block in message["content"] if block not in later]


@fault(in_message_of)
def strict_ignored(message: Data, prompt: Prompt) -> None:
    """Writes numbers in the input of strict tools as strings."""
    strict = [tool.get("name") for tool in prompt.tools if tool.get("strict") is True]
    for block in blocks_of_type(message, "tool_use"):
        if block["name"] in strict:
            block["input"] = {key: str(value) for key, value in block["input"].items()}


@fault(in_messages_request)
def parallel_results_first_only(body: Data) -> None:
    """Reads only the first of several tool results."""
    later = [result["tool_use_id"] for message in body["messages"] for result in _results(message)[1:]]
    for message in body["messages"]:
        if isinstance(message["content"], list):
            message["content"] = [
                block for block in message["content"] if {block.get("id"), block.get("tool_use_id")}.isdisjoint(later)
            ]


@fault(in_messages_request)
def text_after_result_dropped(body: Data) -> None:
    """Ignores text after tool results."""
    for message in body["messages"]:
        message["content"] = _results(message) or message["content"]


@fault(in_steps)
def tool_results_incomplete_accepted(steps: Steps) -> Steps:
    """Accepts the result of one of several parallel calls as the result of all."""

    def eased(rule: Rule) -> Rule:
        return lambda prompt: None if any(m.of_type("tool_result") for m in prompt.messages) else rule(prompt)

    table = tuple((clause, eased(rule) if clause == "REQ-MSG-019" else rule) for clause, rule in steps.rules)
    return replace(steps, rules=table)


def _results(message: Data) -> list[Data]:
    return [block for block in dicts(message["content"]) if block.get("type") == "tool_result"]
