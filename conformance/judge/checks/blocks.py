"""Checks on which blocks a Message has. Their shape is in `schema.py`, how they are streamed in `block_starts.py`."""

from __future__ import annotations

from itertools import islice
from typing import Final

from conformance.base.pointer import join, look_up
from conformance.base.values import show
from conformance.judge.arguments import TEXT, list_of
from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, deviates, deviation, found
from conformance.judge.checks.schema import MOST, component_problems
from conformance.model import Json
from conformance.protocol.blocks import is_server_result
from conformance.protocol.message import blocks, stop_reason
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import leaves_server_call

TYPES: Final = list_of(TEXT)


@check("block-types")
def block_types(reply: Reply) -> Observation:
    """Every item of content is an object with a non-empty string as type; the type itself can be a new one."""
    content = look_up(reply.message, "/content")
    if not isinstance(content, list) or not content:
        return NOTHING_SEEN
    wrong = [
        (join("/content", index, "type") if isinstance(block, dict) else join("/content", index), block)
        for index, block in enumerate(content)
        if not isinstance(block, dict) or not isinstance(block.get("type"), str) or not block["type"]
    ]
    expected = "an object with a non-empty string as type"
    return found(*(deviation(reply, expected, show(block), pointer=pointer) for pointer, block in wrong[:3]))


@check("has-blocks", argument=TYPES)
def has_blocks(reply: Reply, argument: list[str]) -> Observation:
    """The answer has a block of one of these types."""
    if reply.message is None:
        return NOTHING_SEEN
    types = [block.get("type") for _, block in blocks(reply)]
    if any(kind in argument for kind in types):
        return FINE
    actual = ", ".join(str(kind) for kind in types) or "no block"
    return deviates(reply, f"a block of type {' or '.join(argument)}", actual, pointer="/content", kind="ignored")


@check("lacks-blocks", argument=TYPES)
def lacks_blocks(reply: Reply, argument: list[str]) -> Observation:
    """The answer has no block of any of these types."""
    if reply.message is None:
        return NOTHING_SEEN
    expected = f"no block of type {' or '.join(argument)}"
    return found(
        *(
            deviation(reply, expected, show(block.get("type")), pointer=join("/content", index), kind="ignored")
            for index, block in blocks(reply)
            if block.get("type") in argument
        )
    )


@check("server-results-follow")
def server_results_follow(reply: Reply) -> Observation:
    """Every server tool call is followed by a result with its id, unless the answer ended before that."""
    called = [(index, block) for index, block in blocks(reply) if block.get("type") == "server_tool_use"]
    if not called or leaves_server_call(stop_reason(reply)):
        return NOTHING_SEEN
    results = {
        str(block.get("tool_use_id")): index for index, block in blocks(reply) if is_server_result(block.get("type"))
    }
    return found(
        *(
            deviation(reply, f"a result for {show(block.get('id'))} after it", "none", pointer=join("/content", index))
            for index, block in called
            if results.get(str(block.get("id")), -1) < index
        )
    )


@check("open-calls-answered")
def open_calls_answered(reply: Reply) -> Observation:
    """Server tool calls that the last turn of the request leaves open have their results in the answer."""
    open_calls = _open_calls(reply.request.get("messages"))
    if reply.message is None or not open_calls:
        return NOTHING_SEEN
    results = {str(block.get("tool_use_id")) for _, block in blocks(reply) if is_server_result(block.get("type"))}
    missing = [name for name in open_calls if name not in results]
    if not missing:
        return FINE
    expected = f"a result for {show(missing[0])}, which the request leaves open"
    return deviates(reply, expected, "none", pointer="/content")


def _open_calls(messages: Json) -> list[str]:
    """The ids of the server tool calls without results in a last turn of the assistant."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, dict) and last.get("role") == "assistant" else None
    turn = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    done = {str(block.get("tool_use_id")) for block in turn if is_server_result(block.get("type"))}
    called = [str(block.get("id")) for block in turn if block.get("type") == "server_tool_use"]
    return [name for name in called if name not in done]


@check("results-typed")
def results_typed(reply: Reply, context: Context) -> Observation:
    """Every result of a tool that the server ran is valid under its component of our OpenAPI document.

    A type that the document does not know shows nothing.
    """
    known = context.document.members("ContentBlock")
    results = [(at, block) for at, block in blocks(reply) if is_server_result(block.get("type"))]
    picked = [(join("/content", at), block) for at, block in results if block["type"] in known]
    if not picked:
        return NOTHING_SEEN
    findings = (
        deviation(reply, "a complete result", problem, pointer=place + inner)
        for place, block in picked
        for inner, problem in component_problems(reply, context, known[block["type"]], block)
    )
    return found(*islice(findings, MOST))


@check("server-tool-errors")
def server_tool_errors(reply: Reply) -> Observation:
    """An error in the result of a server tool has a string as error_code."""
    errors = [
        (index, block["content"])
        for index, block in blocks(reply)
        if str(block.get("type")).endswith("_tool_result")
        and isinstance(block.get("content"), dict)
        and str(block["content"].get("type")).endswith("_error")
    ]
    if not errors:
        return NOTHING_SEEN
    return found(
        *(
            deviation(reply, "a string as error_code", show(content), pointer=join("/content", index, "content"))
            for index, content in errors
            if not (isinstance(content.get("error_code"), str) and content["error_code"])
        )
    )
