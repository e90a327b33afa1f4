"""What the tests on shapes share: replies made by hand, facts, and the cases of these areas as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.judge.check import Observation
from conformance.judge.checks import REGISTRY
from conformance.model import Chunk, Exchange, Mode, Response, SentRequest
from conformance.protocol.reply import Reply
from conformance.standard.document import load_document

JSON_HEADERS = {"content-type": "application/json", "request-id": "req_1"}
USAGE = {"input_tokens": 20, "output_tokens": 5}
ERROR = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}, "request_id": "req_1"}


def message(*content: Any, **changes: Any) -> dict[str, Any]:
    """A Message with these blocks; a string is a text block, a change to `...` deletes a key."""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": blocks}
    whole |= {"stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE} | changes
    return {key: value for key, value in whole.items() if value is not ...}


def call(identity: Any = "toolu_1", name: Any = "get_weather", **more: Any) -> dict[str, Any]:
    """A tool_use block."""
    return {"type": "tool_use", "id": identity, "name": name, "input": {}} | more


def error(kind: Any = "invalid_request_error", text: Any = "no", **more: Any) -> dict[str, Any]:
    """An error envelope."""
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"} | more


def reply(body: Any = None, status: int | None = 200, **more: Any) -> Reply:
    """A reply with `body` as JSON (bytes stay as they are; a `str` is an event stream)."""
    streamed = isinstance(body, str)
    mode = Mode.STREAM if more.get("stream", streamed) else Mode.JSON
    request = more.get("request", {"stream": True} if mode is Mode.STREAM else {})
    headers = more.get("headers", {"content-type": "text/event-stream"} if streamed else JSON_HEADERS)
    raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
    url = "https://x.test" + more.get("path", "/v1/messages")
    sent = SentRequest(more.get("method", "POST"), url, (), json.dumps(request).encode())
    response = None
    if status is not None:
        response = Response(status, tuple(headers.items()), (Chunk(0.1, raw),) if raw else ())
    exchange = Exchange(more.get("scenario", "probe"), mode, more.get("step", 1), 1, "", sent, response, line=7)
    return Reply(exchange, streamed=streamed)


def events(*items: Mapping[str, Any]) -> str:
    """An event stream as text."""
    return "".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items)


def stream(*, usage: Any = None, stop_reason: Any = "end_turn", **changes: Any) -> str:
    """A short text stream; changes go into the message of message_start."""
    start = message(stop_reason=None, usage=USAGE if usage is None else usage, **changes)
    return events(
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason, "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    )


@dataclass(frozen=True)
class HandMadeFacts:
    """What a check looks up: the replies of other scenarios, keyed `name`, `name/mode` or `name/step`."""

    replies: Mapping[str, Reply] = field(default_factory=dict)
    control: str | None = None
    model: str = "m"

    @property
    def document(self) -> Any:
        return load_document()

    @property
    def case(self) -> Any:
        return SimpleNamespace(control=self.control, id="a-case")

    def reply(self, scenario: str, mode: Mode, step: int | None = None) -> Reply | None:
        keys = (f"{scenario}/{step}", f"{scenario}/{mode}", scenario)
        return next((self.replies[key] for key in keys if key in self.replies), None)


def observe(check: str, argument: Any, subject: Reply | Sequence[Reply], **others: Any) -> Observation:
    """What a check says of a reply, or of several. `others` are replies by scenario, or `control`."""
    control = others.pop("control", None)
    facts = HandMadeFacts(others.pop("replies", others), control)
    entry = REGISTRY[check]
    replies = [subject] if isinstance(subject, Reply) else list(subject)
    return entry(replies if entry.across else replies[0], argument, facts)


def places(observation: Observation) -> list[str | None]:
    """The pointers of the findings."""
    return [finding.where.pointer for finding in observation.findings]


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The helpers of this folder by name."""
    return SimpleNamespace(
        message=message,
        call=call,
        error=error,
        reply=reply,
        events=events,
        stream=stream,
        observe=observe,
        places=places,
        facts=HandMadeFacts,
        usage=USAGE,
    )
