"""Rules for `tools` and `tool_choice`. Calls and results in the history are in `messages`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing.exceptions import Unresolvable

from conformance.base.json_schema import errors_under_valid
from conformance.model import Json
from conformance.reference.prompt import Prompt, dicts

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_STRICT, _MOST_OPTIONAL, _MOST_UNIONS = 20, 24, 16
_MOST_REMEMBERED = 16_000


def names_are_plain(prompt: Prompt) -> str | None:
    """REQ-TOOL-002: names of user-defined tools match `^[a-zA-Z0-9_-]{1,64}$`."""
    for number, tool in enumerate(prompt.tools):
        name = tool.get("name")
        if tool.get("type") in (None, "custom") and not (isinstance(name, str) and _NAME.fullmatch(name)):
            return f"tools.{number}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
    return None


def names_are_unique(prompt: Prompt) -> str | None:
    """REQ-TOOL-003: tool names are unique."""
    names = [tool.get("name") for tool in prompt.tools if tool.get("name") is not None]
    return "tools: Tool names must be unique." if len(names) != len({str(name) for name in names}) else None


def choice_needs_tools(prompt: Prompt) -> str | None:
    """REQ-TOOL-010: tool_choice needs tools."""
    if prompt.object("tool_choice") and not prompt.tools:
        return "tool_choice: tool_choice may only be specified while providing tools"
    return None


def chosen_tool_exists(prompt: Prompt) -> str | None:
    """REQ-TOOL-009: tool_choice names a tool of the request."""
    choice = prompt.object("tool_choice")
    if choice.get("type") == "tool" and choice.get("name") not in [tool.get("name") for tool in prompt.tools]:
        return f"tool_choice: Tool '{choice.get('name')}' not found in provided tools"
    return None


def model_can_be_forced(prompt: Prompt) -> str | None:
    """REQ-CAP-009: some models refuse a forced tool choice."""
    if prompt.choice in ("any", "tool") and not prompt.model.forced_tool_choice:
        return f"tool_choice: type '{prompt.choice}' is not supported on this model"
    return None


def no_force_with_manual_thinking(prompt: Prompt) -> str | None:
    """REQ-TOOL-017: enabled thinking excludes a forced tool choice."""
    if prompt.choice in ("any", "tool") and prompt.thinking == "enabled":
        return "Thinking may not be enabled when tool_choice forces tool use."
    return None


def strict_schemas_are_within_limits(prompt: Prompt) -> str | None:
    """REQ-TOOL-014: at most 20 strict tools, 24 optional parameters and 16 parameters with union types."""
    strict = [tool for tool in prompt.tools if tool.get("strict") is True]
    if len(strict) > _MOST_STRICT:
        return f"Too many strict tools ({len(strict)}). The maximum number of strict tools supported is {_MOST_STRICT}."
    schemas = [tool.get("input_schema") for tool in strict]
    if prompt.output_schema is not None:
        schemas.append(prompt.output_schema)
    parts = [part for schema in schemas for part in subschemas(schema)]
    optional = sum(len(set(_keys(part.get("properties"))) - set(_keys(part.get("required")))) for part in parts)
    if optional > _MOST_OPTIONAL:
        return f"Schemas contains too many optional parameters ({optional})."
    unions = sum(1 for part in parts if "anyOf" in part or isinstance(part.get("type"), list))
    return f"Schemas contains too many parameters with union types ({unions})." if unions > _MOST_UNIONS else None


def examples_match_schema(prompt: Prompt) -> str | None:
    """REQ-TOOL-015: input_examples match input_schema, which is a valid schema (REQ-TOOL-001).

    An example that cannot be checked within bounds matches.
    """
    for number, tool in enumerate(prompt.tools):
        schema, examples = tool.get("input_schema"), tool.get("input_examples")
        if not isinstance(schema, dict):
            continue
        try:
            problem = _defect_of(schema)
            for position, example in enumerate(examples if isinstance(examples, list) and not problem else []):
                if errors_under_valid(example, schema):
                    return f"tools.{number}.custom.input_examples.{position}: Example does not match input_schema"
        except (Unresolvable, RecursionError):
            problem = "unresolvable reference"
        if problem:
            return f"tools.{number}.custom.input_schema: JSON schema is invalid: {problem}"
    return None


def _defect_of(schema: dict[str, Json]) -> str:
    """What makes a schema invalid; empty if nothing does. A client sends the same tools with every request."""
    text = json.dumps(schema)
    return _remembered_defect(text) if len(text) <= _MOST_REMEMBERED else _defect(schema)


@lru_cache(maxsize=256)
def _remembered_defect(schema: str) -> str:
    return _defect(json.loads(schema))


def _defect(schema: dict[str, Json]) -> str:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        return problem.message
    return ""


def not_all_deferred(prompt: Prompt) -> str | None:
    """REQ-TOOL-016: at least one tool is not deferred."""
    if prompt.tools and all(tool.get("defer_loading") is True for tool in prompt.tools):
        return "tools: At least one tool must have defer_loading=false."
    return None


def deferred_is_not_cached(prompt: Prompt) -> str | None:
    """REQ-TOOL-026: a deferred tool has no cache breakpoint."""
    for number, tool in enumerate(prompt.tools):
        if tool.get("defer_loading") is True and isinstance(tool.get("cache_control"), dict):
            return f"tools.{number}: defer_loading and cache_control cannot be combined"
    return None


def references_are_declared(prompt: Prompt) -> str | None:
    """REQ-TOOL-027: a tool_reference names a tool of the request."""
    names = {tool.get("name") for tool in prompt.tools}
    for message in prompt.messages:
        for path, block in message.numbered():
            for part in dicts(block.get("content")):
                if part.get("type") == "tool_reference" and part.get("tool_name") not in names:
                    return f"{path}: tool_reference '{part.get('tool_name')}' does not match any declared tool"
    return None


def one_domain_list(prompt: Prompt) -> str | None:
    """REQ-TOOL-020: allowed_domains and blocked_domains exclude each other."""
    for number, tool in enumerate(prompt.tools):
        if tool.get("allowed_domains") and tool.get("blocked_domains"):
            return f"tools.{number}: Only one of allowed_domains and blocked_domains can be specified"
    return None


def subschemas(schema: Json) -> Iterator[dict[str, Json]]:
    """A JSON Schema and all schemas inside it."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from subschemas(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from subschemas(value)


def _keys(value: Json) -> list[str]:
    return [str(item) for item in value] if isinstance(value, dict | list) else []
