"""What is in a Message: its blocks, its text, its tool calls. A Message of any shape is read without raising."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.stop_reasons import cut_short


@dataclass(frozen=True)
class ToolUse:
    """A `tool_use` block: its place in the content, and its fields as they came (None: absent)."""

    index: int
    id: Json
    name: Json
    input: Json

    @property
    def pointer(self) -> str:
        """The JSON pointer of the block inside the Message."""
        return f"/content/{self.index}"


def blocks(reply: Reply) -> list[tuple[int, dict[str, Json]]]:
    """The content blocks that are objects, each with its index; none where there is no Message."""
    content = reply.message.get("content") if reply.message is not None else None
    if not isinstance(content, list):
        return []
    return [(index, block) for index, block in enumerate(content) if isinstance(block, dict)]


def text_of(reply: Reply) -> str:
    """All text blocks joined; empty without any."""
    found = [block.get("text") for _, block in blocks(reply) if block.get("type") == "text"]
    return "".join(text for text in found if isinstance(text, str))


def tool_calls(reply: Reply) -> list[ToolUse]:
    """The client tool calls in order of the content."""
    return [
        ToolUse(index, block.get("id"), block.get("name"), block.get("input"))
        for index, block in blocks(reply)
        if block.get("type") == "tool_use"
    ]


def stop_reason(reply: Reply) -> Json:
    """The `stop_reason` of the Message as it came, or None."""
    return reply.message.get("stop_reason") if reply.message is not None else None


def was_cut(reply: Reply) -> bool:
    """True where the stop reason says that the answer was cut, so that something may be missing from it."""
    return cut_short(stop_reason(reply))


def declared_tools(reply: Reply) -> dict[str, Json]:
    """The `input_schema` of every tool that the request declares, by name."""
    tools = reply.request.get("tools")
    if not isinstance(tools, list):
        return {}
    named = [tool for tool in tools if isinstance(tool, dict) and isinstance(tool.get("name"), str)]
    return {tool["name"]: tool.get("input_schema") for tool in named}
