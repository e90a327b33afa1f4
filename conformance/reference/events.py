"""From a Message to the events of a stream (REQ-STREAM-001 to REQ-STREAM-030)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.model import Json
from conformance.reference.answer import ServerEvent, dump
from conformance.reference.tokens import pieces

_TOKENS_PER_DELTA = 3
_MOST_DELTAS = 64
_JSON_PER_DELTA = 12
_DELTA_USAGE = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
    "server_tool_use",
)


def to_events(message: Mapping[str, Any]) -> tuple[ServerEvent, ...]:
    """All events of a Message in order; accumulated they are the Message again (REQ-STREAM-028)."""
    return tuple(ServerEvent(str(data["type"]), data) for data in _all(message))


def _all(message: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    yield _start(message)
    for index, block in enumerate(message["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
        if index == 0:
            yield {"type": "ping"}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield _end(message)
    yield {"type": "message_stop"}


def _start(message: Mapping[str, Any]) -> dict[str, Json]:
    """The Message as it is before anything was generated (REQ-STREAM-003)."""
    usage = {key: value for key, value in message["usage"].items() if key != "output_tokens_details"}
    usage["output_tokens"] = min(1, usage["output_tokens"])
    usage["server_tool_use"] = None
    late: dict[str, Json] = {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    known = {key: value for key, value in message.items() if key != "context_management"}
    return {"type": "message_start", "message": {**known, **late}}


def _end(message: Mapping[str, Any]) -> dict[str, Json]:
    """Why generation ended, and the totals (REQ-STREAM-019 to REQ-STREAM-022)."""
    delta = {key: message.get(key) for key in ("container", "stop_reason", "stop_sequence", "stop_details")}
    usage = {key: message["usage"][key] for key in _DELTA_USAGE if key in message["usage"]}
    event: dict[str, Json] = {"type": "message_delta", "delta": delta, "usage": usage}
    if "context_management" in message:
        event["context_management"] = message["context_management"]
    return event


def _empty(block: Mapping[str, Any]) -> dict[str, Json]:
    """A block as it is when it starts (REQ-STREAM-008, REQ-STREAM-009)."""
    if block["type"] == "text":
        return {**block, "text": "", **({"citations": []} if block.get("citations") else {})}
    if block["type"] == "thinking":
        return {**block, "thinking": "", "signature": ""}
    if block["type"] == "compaction":
        return {**block, "content": None}
    return {**block, "input": {}} if block["type"] in ("tool_use", "server_tool_use") else dict(block)


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    if block["type"] == "text":
        for citation in block.get("citations") or ():
            yield {"type": "citations_delta", "citation": citation}
        for part in _parts(block["text"]):
            yield {"type": "text_delta", "text": part}
    elif block["type"] == "thinking":
        for part in _parts(block["thinking"]):
            yield {"type": "thinking_delta", "thinking": part}
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif block["type"] == "compaction":
        yield {"type": "compaction_delta", "content": block["content"], "encrypted_content": block["encrypted_content"]}
    elif block["type"] in ("tool_use", "server_tool_use"):
        yield {"type": "input_json_delta", "partial_json": ""}
        text = dump(block["input"])
        for start in range(0, len(text), _JSON_PER_DELTA):
            yield {"type": "input_json_delta", "partial_json": text[start : start + _JSON_PER_DELTA]}


def _parts(text: str) -> list[str]:
    """A text in parts of a few tokens, at most 64 of them."""
    tokens = pieces(text)
    size = max(_TOKENS_PER_DELTA, -(-len(tokens) // _MOST_DELTAS))
    return ["".join(tokens[start : start + size]) for start in range(0, len(tokens), size)]
