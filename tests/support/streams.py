"""Event streams as text, replies that are streams, and what the cases on streams say of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.judge.check import Observation
from conformance.judge.checks import REGISTRY
from conformance.model import Case, Level
from conformance.protocol.reply import Reply
from support import make
from support.data import genuine
from support.standard import library


def event(kind: str, **data: Any) -> str:
    """One event as text."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"


def message(**changes: Any) -> dict[str, Any]:
    """The message of a message_start; a change to None stays, `...` deletes."""
    return make.message(**{"stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}} | changes)


def start(index: Any, **block: Any) -> str:
    return event("content_block_start", index=index, content_block=block)


def delta(index: Any, kind: str, **fields: Any) -> str:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def stop(index: Any) -> str:
    return event("content_block_stop", index=index)


def block(index: Any, opening: Mapping[str, Any], *deltas: Mapping[str, Any]) -> str:
    """A whole block."""
    middle = "".join(event("content_block_delta", index=index, delta=item) for item in deltas)
    return start(index, **opening) + middle + stop(index)


def text(index: int = 0, *parts: str) -> str:
    """A whole text block."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": part} for part in parts))


def tool(index: int, *parts: str, **opening: Any) -> str:
    """A whole tool_use block."""
    first = {"type": "tool_use", "id": f"toolu_{index}", "name": "f", "input": {}} | opening
    return block(index, first, *({"type": "input_json_delta", "partial_json": part} for part in parts))


def thinking(index: int, *parts: str) -> str:
    """A whole thinking block."""
    deltas = [{"type": "thinking_delta", "thinking": part} for part in parts]
    first = {"type": "thinking", "thinking": "", "signature": ""}
    return block(index, first, *deltas, {"type": "signature_delta", "signature": "c2ln"})


START = event("message_start", message=message())
DELTA = event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 7})
STOP = event("message_stop")


def events(*items: Mapping[str, Any]) -> str:
    """Events as text, each named by its type."""
    return "".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items)


def whole(*, usage: Any = None, stop_reason: Any = "end_turn", **changes: Any) -> str:
    """A short text stream; changes go into the message of message_start."""
    opening = make.message(stop_reason=None, usage=make.USAGE if usage is None else usage, **changes)
    end = event("message_delta", delta={"stop_reason": stop_reason, "stop_sequence": None}, usage={"output_tokens": 5})
    return event("message_start", message=opening) + text(0, "hi") + end + STOP


def reply_to(body: str | bytes, **more: Any) -> Reply:
    """A streamed reply with this body. `request` is the body of the request; everything else as in `make.reply`."""
    more.setdefault("request", {"stream": True})
    text = body.encode() if isinstance(body, str) else body
    return make.reply(text, stream=True, **{"headers": make.STREAM_HEADERS} | more)


def streaming_cases() -> tuple[Case, ...]:
    """The cases on streams that judge each stream alone."""
    every = (case for case in library().catalogue.cases if case.area == "streaming")
    return tuple(case for case in every if not any(REGISTRY[call.name].across for call in case.expect))


def decides(case: Case) -> bool:
    """Whether a case is of must level and does not merely inform."""
    return case.level is Level.MUST and not case.informational


def observe(case: Case, reply: Reply) -> Observation:
    """What a case's checks say of one reply: the first findings, or what the last check saw."""
    for call in case.expect:
        observation = REGISTRY[call.name](reply, call.argument, make.context())
        if observation.findings or not observation.seen:
            return observation
    return observation


def failing(reply: Reply, *, must: bool = True) -> list[str]:
    """The ids of the cases on streams with findings for a reply: those of must level, or all others."""
    judged = (case for case in streaming_cases() if decides(case) is must and case.on)
    return [case.id for case in judged if observe(case, reply).findings]


def recorded_streams(corpus: Path) -> Iterator[dict[str, Any]]:
    """The genuine recorded message streams of a corpus."""
    for record in genuine(corpus):
        if "sse" in record["response"] and record["request"]["url"].partition("?")[0].endswith("/v1/messages"):
            yield record
