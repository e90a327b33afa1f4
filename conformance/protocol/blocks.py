"""Content blocks and their deltas, as two tables.

The grammar, the accumulated Message and the checks read these tables; none of them has its own list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from conformance.model import Json


class Joins(Enum):
    """How a delta changes its block."""

    APPENDS = auto()  # its string is joined to what came before
    REPLACES = auto()  # its value takes the place of what came before (REQ-STREAM-016)
    COLLECTS = auto()  # its value is added to a list (REQ-STREAM-018)
    MERGES = auto()  # all its fields become fields of the block


@dataclass(frozen=True)
class DeltaType:
    """One type of delta: the field that it carries, its type (REQ-STREAM-010 to -012, -018), and what it does."""

    name: str
    carries: str | None
    value: type
    joins: Joins

    @property
    def value_words(self) -> str:
        """The type of the value, for people."""
        return "a string" if self.value is str else "one object"


@dataclass(frozen=True)
class BlockType:
    """One type of content block in an answer.

    `deltas` are the deltas that fit it (REQ-STREAM-010); None: the API documents none, and any fits. `starts` are the
    fields that deltas fill, in the form in which they start (REQ-STREAM-008). `whole`: it arrives whole in its start
    (REQ-STREAM-009). `calls`: it calls a tool. `by_server`: the server runs that tool.
    """

    name: str
    deltas: frozenset[str] | None = None
    starts: Mapping[str, Json] = field(default_factory=dict)
    whole: bool = False
    calls: bool = False
    by_server: bool = False


DELTAS: Final[Mapping[str, DeltaType]] = {
    row.name: row
    for row in (
        DeltaType("text_delta", "text", str, Joins.APPENDS),
        DeltaType("thinking_delta", "thinking", str, Joins.APPENDS),
        DeltaType("signature_delta", "signature", str, Joins.REPLACES),
        DeltaType("input_json_delta", "partial_json", str, Joins.APPENDS),
        DeltaType("citations_delta", "citation", dict, Joins.COLLECTS),
        DeltaType("compaction_delta", None, dict, Joins.MERGES),
    )
}
"""The types of delta that the API documents. One that is not listed fits any block and changes nothing."""

BLOCKS: Final[Mapping[str, BlockType]] = {
    row.name: row
    for row in (
        BlockType("text", frozenset({"text_delta", "citations_delta"}), {"text": ""}),
        BlockType("thinking", frozenset({"thinking_delta", "signature_delta"}), {"thinking": ""}),
        BlockType("redacted_thinking", whole=True),
        BlockType("tool_use", frozenset({"input_json_delta"}), {"input": {}}, calls=True),
        BlockType("server_tool_use", frozenset({"input_json_delta"}), calls=True, by_server=True),
        BlockType("mcp_tool_use", frozenset({"input_json_delta"}), calls=True, by_server=True),
        BlockType("compaction", frozenset({"compaction_delta"})),
        BlockType("container_upload", whole=True),
        BlockType("fallback", whole=True),
    )
}
"""The types of block that an answer may hold, besides the results of server tools (`is_server_result`)."""

CARRYING: Final = tuple(row.name for row in DELTAS.values() if row.carries is not None)
"""Delta types that carry one field."""

FITS: Final[Mapping[str, frozenset[str]]] = {row.name: row.deltas for row in BLOCKS.values() if row.deltas is not None}
"""Block type -> delta types that fit it. Any delta fits a block type that is not listed."""

TOOL_CALLS: Final = tuple(row.name for row in BLOCKS.values() if row.calls)
"""Block types that call a tool, the client's first."""

SERVER_TOOL_CALLS: Final = tuple(row.name for row in BLOCKS.values() if row.by_server)
"""Block types that call a tool which the server runs."""

THINKING: Final = tuple(name for name in BLOCKS if name.endswith("thinking"))
"""Block types of thinking."""

STARTS: Final[Mapping[str, Mapping[str, Json]]] = {row.name: row.starts for row in BLOCKS.values() if row.starts}
"""Block type -> the fields that deltas fill, in the form in which they start."""


def is_server_result(kind: Json) -> bool:
    """Whether a block type is the result of a tool that the server ran, such as `web_search_tool_result`."""
    return isinstance(kind, str) and kind.endswith("_tool_result")


def arrives_whole(kind: Json) -> bool:
    """Whether a block of this type arrives whole in its start, without deltas (REQ-STREAM-009)."""
    return is_server_result(kind) or (isinstance(kind, str) and kind in BLOCKS and BLOCKS[kind].whole)
