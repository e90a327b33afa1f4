"""Faults with tools that Anthropic defines.

Belongs here: server tools, and tools without a schema that the client runs. Does not belong here: the client's own
tools.
"""

from __future__ import annotations

from conformance.reference.answer import Call
from conformance.reference.faults.base import Data, DeafFault, LaxFault, MessageFault, RefusingFault, blocks_of_type
from conformance.reference.prompt import Prompt, is_server_tool


class ServerToolsRefused(RefusingFault):
    """Wants an input_schema of server tools."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        found = any(map(is_server_tool, prompt.tools))
        return "tools.0.input_schema: Field required" if found else None


class AnthropicToolsRefused(RefusingFault):
    """Wants an input_schema of the bash, text editor and memory tools."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        found = any("input_schema" not in tool and not is_server_tool(tool) for tool in prompt.tools)
        return "tools.0.input_schema: Field required" if found else None


class ServerToolsDropped(DeafFault):
    """Answers as though server tools were not declared."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if "tools" in body:
            body["tools"] = [tool for tool in body["tools"] if not is_server_tool(tool)]
            if not body["tools"]:
                del body["tools"]


class ServerToolResultMissing(MessageFault):
    """Tells of searches, and not what they found."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["content"] = [block for block in message["content"] if not block["type"].endswith("_tool_result")]


class ServerToolIdsDiffer(MessageFault):
    """Gives the result of a search another id than its call."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "web_search_tool_result"):
            block["tool_use_id"] = "srvtoolu_011111111111111111111111"


class ServerToolUseUncounted(MessageFault):
    """Does not count searches."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["usage"]["server_tool_use"] is not None:
            message["usage"]["server_tool_use"] = {"web_search_requests": 0}


class ServerToolDomainsUnchecked(LaxFault):
    """Takes allowed and blocked domains together."""

    without = ("REQ-TOOL-020",)


class ToolsAllDeferredAccepted(LaxFault):
    """Takes tools that are all deferred."""

    without = ("REQ-TOOL-016",)
