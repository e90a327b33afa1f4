"""Checks on the client tool calls of a reply: which, how many, in what order and with what input.

How their input is streamed is checked in `deltas.py`, the stop reason in `stop.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from jsonschema.exceptions import best_match

from conformance.base.json_schema import schema_errors
from conformance.base.pointer import join
from conformance.base.values import show
from conformance.judge.arguments import COUNT, TEXT, Schema, partial
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates, deviation, found
from conformance.model import Json
from conformance.protocol.message import ToolUse, blocks, declared_tools, text_of, tool_calls, was_cut
from conformance.protocol.reply import Reply

CALL: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {"name": TEXT, "input": {"type": "object", "additionalProperties": {"type": "string"}}},
}
AMOUNT: Final = partial({"exactly": COUNT, "at-least": COUNT, "at-most": COUNT, "only": TEXT})


@check("calls-tool", argument={"oneOf": [TEXT, CALL]})
def calls_tool(reply: Reply, argument: Json) -> Observation:
    """The reply calls this tool with an object that has the required keys, and with these values.

    The argument is the name, or `{name, input: {key: text that the value contains}}`. Nothing is seen where the reply
    was cut or refused by the model.
    """
    if reply.message is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {"name": argument}
    name, values = wanted["name"], wanted.get("input", {})
    made = tool_calls(reply)
    calls_of_it = [call for call in made if call.name == name]
    if not calls_of_it:
        if was_cut(reply):
            return NOTHING_SEEN
        actual = _listed(made) if made else f"no call, and the text {show(text_of(reply))}"
        return deviates(reply, f"a call of {name}", actual, pointer="/content", kind="ignored")
    required = _required(declared_tools(reply).get(name))
    if any(_fits(call, required, values) for call in calls_of_it):
        return FINE
    if was_cut(reply):
        return NOTHING_SEEN
    call = calls_of_it[0]
    expected = f"input with {show({**dict.fromkeys(required, '...'), **values})}"
    return deviates(reply, expected, show(call.input), pointer=join(call.pointer, "input"))


@check("calls", argument=AMOUNT)
def calls(reply: Reply, argument: Mapping[str, Json]) -> Observation:
    """The number of tool calls is exactly, at least or at most this, and `only` the named tool is called."""
    if reply.message is None:
        return NOTHING_SEEN
    made = tool_calls(reply)
    low = argument.get("at-least", argument.get("exactly", 0))
    high = argument.get("at-most", argument.get("exactly", len(made)))
    if len(made) < low:
        if was_cut(reply):
            return NOTHING_SEEN
        return deviates(reply, _amount(argument), _listed(made), pointer="/content", kind="ignored")
    if len(made) > high:
        return deviates(reply, _amount(argument), _listed(made), pointer=made[high].pointer, kind="ignored")
    strangers = [call for call in made if call.name != argument.get("only", call.name)]
    if strangers:
        expected = f"calls of {argument['only']} only"
        return deviates(reply, expected, _listed(made), pointer=strangers[0].pointer, kind="ignored")
    return FINE


@check("no-text-before-call")
def no_text_before_call(reply: Reply) -> Observation:
    """No text comes before the first tool call; blank text and thinking do not count."""
    made = tool_calls(reply)
    if not made:
        return NOTHING_SEEN
    early = [(index, block.get("text")) for index, block in blocks(reply) if block.get("type") == "text"]
    return found(
        *(
            deviation(reply, "no text before the tool call", show(text), pointer=join("/content", index))
            for index, text in early
            if index < made[0].index and isinstance(text, str) and text.strip()
        )
    )


@check("input-valid")
def input_valid(reply: Reply) -> Observation:
    """The input of every tool call is valid for the tool's `input_schema` (JSON Schema, draft 2020-12)."""
    schemas = declared_tools(reply)
    made = [call for call in tool_calls(reply) if isinstance(call.name, str) and call.name in schemas]
    if not made or was_cut(reply):
        return NOTHING_SEEN
    problems = [(call, _schema_problem(call.input, schemas[str(call.name)])) for call in made]
    return found(
        *(
            deviation(
                reply,
                "an input that is valid for its input_schema",
                f"{show(call.input)}: {problem}",
                pointer=join(call.pointer, "input"),
            )
            for call, problem in problems
            if problem
        )
    )


@check("tool-ids-unique")
def tool_ids_unique(reply: Reply) -> Observation:
    """No two tool calls of a message share an id, and none has an id of the request's history."""
    made = [(call, call.id) for call in tool_calls(reply) if isinstance(call.id, str) and call.id]
    if not made:
        return NOTHING_SEEN
    counts = Counter(identity for _, identity in made)
    known = set(_history_ids(reply.request))
    wrong = [(call, identity) for call, identity in made if counts[identity] > 1 or identity in known]
    expected = "an id that no other tool call has"
    return found(
        *(deviation(reply, expected, show(identity), pointer=join(call.pointer, "id")) for call, identity in wrong[:3])
    )


@check("tool-names-declared")
def tool_names_declared(reply: Reply) -> Observation:
    """Every client tool that is called is one of the request's tools; tools of Anthropic's schemas show nothing."""
    made = [call for call in tool_calls(reply) if isinstance(call.name, str)]
    tools = reply.request.get("tools", [])
    if not made or not isinstance(tools, list):
        return NOTHING_SEEN
    if any(not isinstance(tool, dict) or tool.get("type") not in (None, "custom") for tool in tools):
        return NOTHING_SEEN
    names = [tool.get("name") for tool in tools]
    expected = f"one of the request's tools: {show(names)}"
    return found(
        *(
            deviation(reply, expected, show(call.name), pointer=join(call.pointer, "name"))
            for call in made
            if call.name not in names
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

    A schema that is none, or that nothing can be checked against (a reference outside itself), forbids nothing.
    """
    errors = schema_errors(value, schema)
    problem = best_match(iter(errors)) if errors else None
    return "" if problem is None else str(problem.message)


def _history_ids(request: Mapping[str, Json]) -> Iterator[str]:
    """The ids of the tool calls in the request's messages."""
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("type") == "tool_use" and isinstance(block.get("id"), str):
                yield block["id"]


def _amount(wanted: Mapping[str, Json]) -> str:
    if wanted.get("exactly") == 0:
        return "no tool call"
    words = [word for word in ("exactly", "at-least", "at-most") if word in wanted]
    return " and ".join(f"{word.replace('-', ' ')} {_number(wanted[word])}" for word in words)


def _listed(made: Sequence[ToolUse]) -> str:
    return f"{_number(len(made))}: " + ", ".join(show(call.name) for call in made) if made else "no tool call"


def _number(calls: int) -> str:
    return "1 tool call" if calls == 1 else f"{calls} tool calls"
