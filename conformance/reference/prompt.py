"""A request body, which may have any shape, together with what is needed to check and answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.base.values import whole_number
from conformance.model import Json
from conformance.reference.answer import Terms
from conformance.reference.models import Model
from conformance.reference.signatures import Signer

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One entry of `messages`; a string as content is one text block (REQ-MSG-002). `path` is its place in the body."""

    path: str
    role: str
    content: Json
    blocks: tuple[Block, ...]

    def of_type(self, *kinds: str) -> list[Block]:
        """The blocks of these types."""
        return [block for block in self.blocks if block.get("type") in kinds]

    def numbered(self) -> Iterator[tuple[str, Block]]:
        """Each block with its place in the body."""
        for number, block in enumerate(self.blocks):
            yield f"{self.path}.content.{number}", block


@dataclass(frozen=True)
class Prompt:
    """A request body that is valid under the OpenAPI document, and what applies to it.

    `counting` is True for count_tokens.
    """

    body: dict[str, Json]
    terms: Terms
    model: Model
    signer: Signer
    counting: bool = False

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The entries of `messages`."""
        entries = self.body.get("messages")
        return tuple(
            Message(
                f"messages.{n}", str(entry.get("role")), entry.get("content"), tuple(blocks_of(entry.get("content")))
            )
            for n, entry in enumerate(entries if isinstance(entries, list) else [])
            if isinstance(entry, dict)
        )

    @property
    def tools(self) -> list[Block]:
        """The declared tools."""
        return dicts(self.body.get("tools"))

    @property
    def client_tools(self) -> list[Block]:
        """The declared tools that have a name and that the client runs."""
        return [tool for tool in self.tools if isinstance(tool.get("name"), str) and not is_server_tool(tool)]

    @property
    def choice(self) -> str:
        """The type of the tool choice, with its default (REQ-TOOL-004)."""
        given = self.object("tool_choice").get("type")
        return given if isinstance(given, str) else ("auto" if self.tools else "none")

    @property
    def max_tokens(self) -> int | None:
        """The limit for output tokens, or None if the body has none. 32.0 is one as well."""
        return whole_number(self.body.get("max_tokens"))

    @property
    def thinking(self) -> str | None:
        """The type of the thinking configuration, or None if the request does not say."""
        value = self.object("thinking").get("type")
        return value if isinstance(value, str) else None

    @property
    def output_schema(self) -> Json:
        """The JSON Schema that the reply has to follow, or None (REQ-BODY-022)."""
        shape = self.object("output_config").get("format") or self.body.get("output_format")
        return shape.get("schema") if isinstance(shape, dict) else None

    @property
    def prefill(self) -> str | None:
        """The text of a final assistant message, which the reply continues (REQ-MSG-016)."""
        if not self.messages or self.messages[-1].role != "assistant":
            return None
        texts = [str(block.get("text")) for block in self.messages[-1].of_type("text")]
        return texts[-1] if texts else None

    def object(self, name: str) -> dict[str, Json]:
        """A body field if it is an object, otherwise an empty object."""
        value = self.body.get(name)
        return value if isinstance(value, dict) else {}

    def controls(self) -> Iterator[tuple[str, dict[str, Json]]]:
        """Every `cache_control` in prompt order, with the place of its owner; the automatic one is last."""
        owners = [(f"tools.{n}", tool) for n, tool in enumerate(self.tools)]
        owners += [(f"system.{n}", block) for n, block in enumerate(dicts(self.body.get("system")))]
        for message in self.messages:
            for path, block in message.numbered():
                inner = [(f"{path}.content.{n}", part) for n, part in enumerate(dicts(block.get("content")))]
                owners += [*inner, (path, block)]
        for path, owner in [*owners, ("", self.body)]:
            control = owner.get("cache_control")
            if isinstance(control, dict):
                yield path, control


def dicts(value: Json) -> list[Block]:
    """The objects of an array; an empty list for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def blocks_of(content: Json) -> list[Block]:
    """Content as blocks; a string is one text block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else dicts(content)


def is_server_tool(tool: Block) -> bool:
    """Whether the server would run the tool (REQ-TOOL-019)."""
    kind = tool.get("type")
    prefixes = ("web_search_", "web_fetch_", "code_execution_", "tool_search_tool_", "advisor_", "mcp_toolset")
    return isinstance(kind, str) and kind.startswith(prefixes)
