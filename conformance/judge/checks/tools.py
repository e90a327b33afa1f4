"""Checks on the tool calls of a reply.

Belongs here: which tools a reply calls, how often, in what order and with what input. Does not belong here: the shape
of any tool call (see `message.py`), how its input is streamed (see the checks of streams), `stop_reason` (`text.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.message import ToolUse, blocks, declared_tools, stop_reason, text_of, tool_calls
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import cut_short


def calls_tool(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The reply calls this tool with an object that has the required keys, and with the values that are asked for.

    The argument is the name, or `{name, input: {key: text that the value contains}}`. Nothing is seen where the reply
    was cut off or refused by the model.
    """
    if reply.message is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {"name": argument}
    name, values = wanted.get("name"), wanted.get("input")
    calls = [call for call in tool_calls(reply) if call.name == name]
    if not calls:
        return _not_called(reply, f"a call of {name}")
    required = _required(declared_tools(reply).get(str(name)))
    expected_values = values if isinstance(values, dict) else {}
    if any(_fits(call, required, expected_values) for call in calls):
        return FINE
    if _is_cut(reply):
        return NOTHING_SEEN
    call = calls[0]
    expected = f"input with {show({**dict.fromkeys(required, '...'), **expected_values})}"
    return found(
        deviation("calls-tool", reply, expected=expected, actual=show(call.input), pointer=f"{call.pointer}/input")
    )


def calls_no_tool(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The reply calls no client tool."""
    if reply.message is None:
        return NOTHING_SEEN
    return found(
        *(
            deviation(
                "calls-no-tool",
                reply,
                expected="no tool call",
                actual=f"a call of {show(call.name)}",
                pointer=call.pointer,
                kind="ignored",
            )
            for call in tool_calls(reply)
        )
    )


def calls(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The number of tool calls is exactly, at least or at most this, and only the named tool is called."""
    if reply.message is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {}
    made = tool_calls(reply)
    count = len(made)
    low, high = wanted.get("at-least", wanted.get("exactly")), wanted.get("at-most", wanted.get("exactly"))
    if low is not None and count < low:
        return NOTHING_SEEN if _is_cut(reply) else _calls_finding(reply, _amount(wanted), _calls(made), "ignored")
    if high is not None and count > high:
        return _calls_finding(reply, _amount(wanted), _calls(made), "ignored")
    strangers = [call for call in made if "only" in wanted and call.name != wanted["only"]]
    if strangers:
        return _calls_finding(reply, f"calls of {wanted['only']} only", _calls(made), "ignored", strangers[0].pointer)
    return FINE


def text_before_call(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """No text stands before the first tool call; blank text and thinking do not count."""
    made = tool_calls(reply)
    if not made:
        return NOTHING_SEEN
    early = [
        (index, block.get("text"))
        for index, block in blocks(reply)
        if index < made[0].index and block.get("type") == "text"
    ]
    spoken = [(index, text) for index, text in early if isinstance(text, str) and text.strip()]
    return found(
        *(
            deviation(
                "text-before-call",
                reply,
                expected="no text before the tool call",
                actual=show(text),
                pointer=f"/content/{index}",
            )
            for index, text in spoken
        )
    )


def input_valid(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The input of every tool call is valid for the tool's `input_schema` (JSON Schema, draft 2020-12)."""
    schemas = declared_tools(reply)
    made = [call for call in tool_calls(reply) if isinstance(call.name, str) and call.name in schemas]
    if not made or _is_cut(reply):
        return NOTHING_SEEN
    problems = [(call, _schema_problem(call.input, schemas[str(call.name)])) for call in made]
    return found(
        *(
            deviation(
                "input-valid",
                reply,
                expected="an input that its input_schema allows",
                actual=f"{show(call.input)}: {problem}",
                pointer=f"{call.pointer}/input",
            )
            for call, problem in problems
            if problem
        )
    )


def _not_called(reply: Reply, expected: str) -> Observation:
    if _is_cut(reply):
        return NOTHING_SEEN
    made = tool_calls(reply)
    return found(
        deviation(
            "calls-tool",
            reply,
            expected=expected,
            actual=_calls(made) if made else f"no call, and the text {show(text_of(reply))}",
            pointer="/content",
            kind="ignored",
        )
    )


def _fits(call: ToolUse, required: list[str], values: Mapping[str, Json]) -> bool:
    if not isinstance(call.input, dict) or any(key not in call.input for key in required):
        return False
    return all(str(text).casefold() in str(call.input.get(key, "")).casefold() for key, text in values.items())


def _required(schema: Json) -> list[str]:
    required = schema.get("required") if isinstance(schema, dict) else None
    return [key for key in required if isinstance(key, str)] if isinstance(required, list) else []


def _schema_problem(value: Json, schema: Json) -> str:
    """Why a value is not valid for a schema, or the empty string.

    A schema that is none, or that nothing can be checked against (a reference outside itself), forbids nothing. The
    empty registry keeps the validator from fetching references.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        problem = best_match(Draft202012Validator(schema, registry=Registry()).iter_errors(value))
    except (SchemaError, Unresolvable, ArithmeticError, RecursionError, TypeError, ValueError, re.error):
        return ""
    return "" if problem is None else problem.message


def _is_cut(reply: Reply) -> bool:
    return cut_short(stop_reason(reply))


def _amount(wanted: Mapping[str, Json]) -> str:
    bounds = [
        f"{word.replace('-', ' ')} {wanted[word]}" for word in ("exactly", "at-least", "at-most") if word in wanted
    ]
    return " and ".join(bounds) + " tool calls"


def _calls(made: Sequence[ToolUse]) -> str:
    return f"{len(made)} calls: " + ", ".join(show(call.name) for call in made) if made else "no tool call"


def _calls_finding(reply: Reply, expected: str, actual: str, kind_: str, pointer: str = "/content") -> Observation:
    return found(deviation("calls", reply, expected=expected, actual=actual, pointer=pointer, kind=kind_))


NAME: Final = {"type": "string", "minLength": 1}
COUNT: Final = {"type": "integer", "minimum": 0}
CALL: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {"name": NAME, "input": {"type": "object", "additionalProperties": {"type": "string"}}},
}
AMOUNT: Final = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {"exactly": COUNT, "at-least": COUNT, "at-most": COUNT, "only": NAME},
}

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "calls-tool": Check("calls-tool", each=calls_tool, argument={"oneOf": [NAME, CALL]}),
        "calls-no-tool": Check("calls-no-tool", each=calls_no_tool),
        "calls": Check("calls", each=calls, argument=AMOUNT),
        "text-before-call": Check("text-before-call", each=text_before_call, argument={"const": False}),
        "input-valid": Check("input-valid", each=input_valid),
    }
)
