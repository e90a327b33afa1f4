"""Replies and facts made by hand, for the tests of checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.model import Case, Chunk, Direction, Exchange, Level, Mode, Plane, Response, ScenarioName, SentRequest
from conformance.protocol.reply import Reply
from conformance.standard.document import load_document


def make_reply(body: Any = None, *, status: int | None = 200, request: Any = None, mode: Mode = Mode.JSON) -> Reply:
    """The reply to a request: `body` as JSON with this status, or no response at all where the status is None."""
    sent = SentRequest("POST", "https://target.invalid/v1/messages", (), json.dumps(request or {}).encode())
    response = None
    if status is not None:
        headers = (("content-type", "application/json"),)
        response = Response(status, headers, (Chunk(0.1, json.dumps(body).encode()),))
    return Reply(Exchange("probe", mode, 1, 1, "2026-11-22T00:00:00Z", sent, response, line=7))


def make_message(*content: Any, **changes: Any) -> dict[str, Any]:
    """A Message with these blocks; a string stands for a text block."""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    usage = {"input_tokens": 20, "output_tokens": 5}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": blocks, "usage": usage}
    return message | {"stop_reason": "end_turn", "stop_sequence": None} | changes


@dataclass(frozen=True)
class HandMadeFacts:
    """What a check looks up: one case, and the replies of other scenarios by name."""

    case: Case
    replies: Mapping[str, Reply] = field(default_factory=dict)
    document: Any = field(default_factory=load_document)
    model: str = "m"

    def reply(self, scenario: ScenarioName | str, mode: Mode, step: int | None = None) -> Reply | None:
        return self.replies.get(str(scenario))


def make_facts(control: str | None = None, **replies: Reply) -> HandMadeFacts:
    """Facts of a case with this control; `replies` are those of other scenarios by name."""
    case = Case(
        id="a-case",
        title="A claim",
        area="messages",
        clauses=("REQ-MSG-001",),
        level=Level.MUST,
        direction=Direction.SERVE,
        informational=False,
        plane=Plane.PROTOCOL,
        modes=(Mode.JSON,),
        expect=(),
        file="x.yaml",
        line=1,
        control=ScenarioName(control) if control else None,
    )
    return HandMadeFacts(case, replies)


@pytest.fixture(scope="session")
def reply_of() -> Any:
    return make_reply


@pytest.fixture(scope="session")
def message_of() -> Any:
    return make_message


@pytest.fixture(scope="session")
def facts_of() -> Any:
    return make_facts
