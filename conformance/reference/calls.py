"""Which tools the scripted model calls, and with which input. The rules of tool_choice are in `rules`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from conformance.model import Json
from conformance.reference.instances import instance, subject_of
from conformance.reference.prompt import Block, Prompt
from conformance.reference.words import names, plain_words, stem

_GENERIC_WORDS = """get set fetch lookup look up find do run call use tool tools function the a an of for in and or to
    from with by make create current given returns return this that it is be as on at your you specific particular
    information data value values name string number any all which when what user"""
_GENERIC = frozenset(stem(word) for word in _GENERIC_WORDS.split())
_CLAUSE = re.compile(r"[.;!?\n]+|,\s*|\band\b|\bthen\b|\balso\b", re.IGNORECASE)
_NO_TOOL = re.compile(
    r"\b(?:do not|don't|without|never|no)\b[^.\n]{0,30}\b(?:tools?|calls?|calling|function)\b", re.IGNORECASE
)
_ANY_TOOL = re.compile(r"\b(?:use|using|call|invoke|run|try)\b[^.\n]{0,40}\b(?:tools?|functions?)\b", re.IGNORECASE)
_EVERY_TOOL = re.compile(r"\b(?:both|all|each|every)\b[^.\n]{0,30}\b(?:tools?|functions?)\b", re.IGNORECASE)
_MOST_CALLS = 8
_PURPOSE = 400

_BUILT_IN: dict[str, dict[str, Json]] = {
    "bash": {"type": "object", "properties": {"command": {"const": "echo hello"}}, "required": ["command"]},
    "str_replace": {
        "type": "object",
        "properties": {"command": {"const": "view"}, "path": {"const": "/example.txt"}},
        "required": ["command", "path"],
    },
    "memory": {
        "type": "object",
        "properties": {"command": {"const": "view"}, "path": {"const": "/memories"}},
        "required": ["command", "path"],
    },
}


@dataclass(frozen=True)
class ToolCall:
    """One call that the model makes."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


def choose_calls(prompt: Prompt, request: str, *, answered: bool, ordered: bool) -> list[ToolCall]:
    """The calls that answer a request; none if text answers it.

    `answered`: the last turn already contains results. `ordered`: the request literally asks for a text. A forced
    choice always makes a call (REQ-TOOL-005), `none` never does (REQ-TOOL-006), and with `disable_parallel_tool_use`
    there is at most one (REQ-TOOL-007).
    """
    tools = prompt.client_tools
    if prompt.choice == "none" or not tools:
        return []
    if prompt.choice == "tool":
        name = prompt.object("tool_choice").get("name")
        chosen = [tool for tool in tools if tool.get("name") == name]
    elif prompt.choice == "any":
        chosen = _wanted(tools, request) or tools[:1]
    else:
        explicit = _names_a_tool(tools, request) or _ANY_TOOL.search(request)
        if answered or _NO_TOOL.search(request) or (ordered and not explicit):
            return []
        chosen = _wanted(tools, request)
    chosen = chosen[:_MOST_CALLS]
    shares = _shares(chosen, request)
    calls = [call for tool, share in zip(chosen, shares, strict=True) for call in _calls_of(tool, share, request)]
    single = prompt.object("tool_choice").get("disable_parallel_tool_use") is True
    return calls[: 1 if single else _MOST_CALLS]


def _wanted(tools: list[Block], request: str) -> list[Block]:
    if _EVERY_TOOL.search(request):
        return tools
    named = [tool for tool in tools if _mentions(request, str(tool["name"]))]
    if named:
        return named
    spoken = _stems(request)
    best = [tool for tool in tools if _matches(_vocabulary(tool), spoken)]
    return best or (tools[:1] if _ANY_TOOL.search(request) else [])


def _names_a_tool(tools: list[Block], request: str) -> bool:
    return any(_mentions(request, str(tool["name"])) for tool in tools)


def _mentions(request: str, name: str) -> bool:
    if re.search(rf"(?<![\w-]){re.escape(name)} tool\b|\btool [\"'`]?{re.escape(name)}(?![\w-])", request):
        return True
    pattern = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    return ("_" in name or len(name) > 3) and bool(re.search(pattern, request)) and not name.isalpha()


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in set(plain_words(text)))


def _vocabulary(tool: Block) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a tool's name, and those of its description as far as that says what the tool is for."""
    described = str(tool.get("description") or "")[:_PURPOSE]
    long_words = " ".join(word for word in plain_words(described) if len(word) > 3)
    return _stems(str(tool["name"])) - _GENERIC, _stems(long_words) - _GENERIC


def _matches(vocabulary: tuple[frozenset[str], frozenset[str]], spoken: frozenset[str]) -> bool:
    """Whether a text contains a word of the tool's name, or two of its description."""
    own, described = vocabulary
    return bool(own & spoken) or len(described & spoken) >= 2


def _shares(chosen: list[Block], request: str) -> list[str]:
    """For each tool the parts of the request that concern it: from where it is matched to where another one is."""
    if len(chosen) < 2:
        return [request] * len(chosen)
    vocabularies = [_vocabulary(tool) for tool in chosen]
    shares: list[list[str]] = [[] for _ in chosen]
    owners: list[int] = []
    for clause in _CLAUSE.split(request):
        spoken = _stems(clause)
        matched = [number for number, vocabulary in enumerate(vocabularies) if _matches(vocabulary, spoken)]
        owners = matched or owners
        for number in owners:
            shares[number].append(clause)
    return [", ".join(share) or request for share in shares]


def _calls_of(tool: Block, share: str, request: str) -> list[ToolCall]:
    name = str(tool["name"])
    schema = tool.get("input_schema")
    if not isinstance(schema, dict):
        schema = next((shape for key, shape in _BUILT_IN.items() if name.startswith(key)), {"type": "object"})
    subject = subject_of(schema)
    found = [item for item in names(share) or names(request) if item != name]
    if subject is None or len(found) < 2 or sum(1 for key in schema["properties"] if subject_like(key)) > 1:
        return [ToolCall(name, _arguments(schema, share, found))]
    return [ToolCall(name, _arguments(schema, share, [item])) for item in found]


def subject_like(key: str) -> bool:
    """Whether a property is a place or a name, so that two of them share the names of one call."""
    return subject_of({"properties": {key: {"type": "string"}}}) is not None


def _arguments(schema: dict[str, Json], text: str, subjects: list[str]) -> dict[str, Any]:
    made = instance(schema, text, subjects=subjects, optional=False)
    return made if isinstance(made, dict) else {}
