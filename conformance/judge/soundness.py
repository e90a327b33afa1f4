"""Whether an answer is sound enough that the Message in it says what the endpoint meant.

The defects that are asked for here are reported by the cases of the streaming and response areas. What an unsound
answer means for a case is in `verdict.py`.
"""

from __future__ import annotations

from typing import Final

from conformance.judge.check import Check, Context
from conformance.judge.checks import (
    REGISTRY,
    block_starts,
    blocks,
    citations,
    deltas,
    event_order,
    events,
    frames,
    schema,
    thinking,
    tools,
)
from conformance.model import Finding, Json
from conformance.protocol.blocks import CARRYING
from conformance.protocol.grammar import RULES
from conformance.protocol.message import tool_calls
from conformance.protocol.reply import Reply

Call = tuple[Check, Json]
"""A check with its argument."""

HARMLESS_MEMBERS: Final = (
    "message_delta.delta.stop_sequence",
    "error.error",
    "message_start.message.usage.cache_creation_input_tokens",
    "message_start.message.usage.cache_read_input_tokens",
)
"""Members of events that change nothing else of the Message. Many endpoints leave out stop_sequence."""

STREAM: Final[tuple[Call, ...]] = (
    (frames.utf_8, True),
    (frames.whole_characters, True),
    (frames.data_is_object, True),
    (event_order.grammar, list(RULES)),
    *((events.event_member, name) for name in events.MEMBERS if name not in HARMLESS_MEMBERS),
    (events.message_delta_counts, True),
    (events.final_stop_reason, True),
    (events.cumulative_usage, True),
    *((block_starts.block_starts, name) for name in block_starts.STARTS if name != "signature"),
    (block_starts.whole_blocks, True),
    *((deltas.delta_carries, kind) for kind in CARRYING),
    (deltas.tool_input_joins, True),
    (deltas.one_signature, True),
    *((deltas.incremental, kind) for kind in ("text_delta", "thinking_delta")),
)
"""The checks on streams whose findings also change the Message."""

BODY: Final[tuple[Call, ...]] = (
    (schema.matches, {"component": "Message", "pointer": "/content", "part": "at"}),
    (blocks.block_types, True),
    *(
        (schema.blocks, {"type": kind, "component": component})
        for kind, component in (
            ("text", "TextBlock"),
            ("thinking", "ThinkingBlock"),
            ("redacted_thinking", "RedactedThinkingBlock"),
            ("tool_use", "ToolUseBlock"),
        )
    ),
)
"""The checks on JSON answers whose findings hide what the answer says."""

ECHO: Final[tuple[Call, ...]] = ((tools.tool_ids_unique, True), (thinking.thinking_signed, True))
"""Checks whose findings mean that an answer cannot be sent back as it came."""

_ON_HTTP: Final = frozenset(check.name for check in REGISTRY.values() if check.family in ("http", "refusal"))
_ON_BODY: Final = frozenset(
    check.name for check in (*(check for check, _ in (*BODY, *ECHO)), citations.citations_typed)
)


def is_sound(reply: Reply, context: Context) -> bool:
    """True for an answer without a defect that changes or hides its Message, and for what is no answer.

    What did not arrive whole hides the rest of itself, whatever it was to be.
    """
    if reply.cut_off is not None:
        return False
    if reply.events is not None:
        unread = any(isinstance(call.input, str) for call in tool_calls(reply))
        return not unread and not _finds(STREAM, reply, context)
    return not _is_answer(reply) or not _finds(BODY, reply, context)


def is_readable(reply: Reply) -> bool:
    """True for a reply that can be read: what it does not contain did not occur.

    That is an answer, an error whatever its form, and a stream that an error event ended.
    """
    ended = reply.trace is not None and reply.trace.complete
    return ended or reply.malformed is not None or reply.answers or (not reply.ok and isinstance(reply.json, dict))


def can_be_sent_back(reply: Reply, context: Context) -> bool:
    """True for an answer whose content a next request can hold: sound, with ids and signatures of its own."""
    return is_sound(reply, context) and not _finds(ECHO, reply, context)


def is_about_form(finding: Finding, reply: Reply) -> bool:
    """True for a finding in the stream itself, in status and headers, or in the shape of a JSON answer.

    All other findings are about what the answer says.
    """
    in_stream = finding.where.event is not None or finding.where.offset is not None
    in_body = reply.events is None and finding.check in _ON_BODY
    return in_stream or in_body or finding.check in _ON_HTTP


def _is_answer(reply: Reply) -> bool:
    request = reply.exchange.request
    creates = request.method == "POST" and request.url.partition("?")[0].endswith("/messages")
    return creates and reply.message is not None and reply.message.get("type") == "message"


def _finds(calls: tuple[Call, ...], reply: Reply, context: Context) -> bool:
    return any(check(reply, argument, context).findings for check, argument in calls)
