"""Requests, exchanges, replies and cases made by hand, and what a check says of them. One way to make each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.check import Observation
from conformance.judge.checks import REGISTRY
from conformance.model import Case, CheckCall, Direction, Level, Mode, Plane, ScenarioName
from conformance.protocol.exchange import Chunk, Exchange, Response, SentRequest, Trouble
from conformance.protocol.reply import Reply
from conformance.standard.document import Document, load_document

URL = "https://target.invalid/v1/messages"
NOW = "2026-11-22T10:00:00.000Z"
JSON_HEADERS = {"content-type": "application/json", "request-id": "req_1"}
STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "request-id": "req_1"}
USAGE = {"input_tokens": 20, "output_tokens": 5}


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


def request(
    body: Any = ..., *, url: str = URL, method: str = "POST", headers: Sequence[tuple[str, str]] = ()
) -> SentRequest:
    """A request with `body` as JSON, by default an empty object; bytes stay as they are."""
    return SentRequest(method, url, tuple(headers), encoded({} if body is ... else body))


def exchange(
    body: Any = None,
    status: int | None = 200,
    *,
    sent: SentRequest | None = None,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = JSON_HEADERS.items(),
    mode: Mode = Mode.JSON,
    scenario: str = "probe",
    step: int = 1,
    attempt: int = 1,
    line: int = 7,
    cut: int | None = None,
    chunks: tuple[Chunk, ...] | None = None,
    first_byte: float | None = None,
    ended: float | None = None,
    trouble: Trouble | None = None,
) -> Exchange:
    """A request and its response: `body` as JSON; bytes stay as they are. Without a status there is no response.

    `cut` is the size of the chunks in which the body arrives.
    """
    response = None
    if status is not None:
        raw = encoded(body)
        size = cut or len(raw) or 1
        parts = tuple(Chunk(0.1, raw[at : at + size]) for at in range(0, len(raw), size)) if chunks is None else chunks
        named = headers.items() if isinstance(headers, Mapping) else headers
        response = Response(status, tuple(named), parts, first_byte=first_byte, ended=ended)
    asked = request({"stream": True} if mode is Mode.STREAM else {}) if sent is None else sent
    return Exchange(scenario, mode, step, attempt, NOW, asked, response, trouble, line=line)


def reply(body: Any = None, status: int | None = 200, **more: Any) -> Reply:
    """A reply with `body` as JSON; bytes stay as they are, a `str` is an event stream.

    `request` is the body that was asked with, `method` and `path` say where, `stream` sets the mode; everything else
    is as in `exchange`.
    """
    streamed = isinstance(body, str)
    mode = Mode.STREAM if more.pop("stream", streamed) else Mode.JSON
    asked = more.pop("request", {"stream": True} if mode is Mode.STREAM else {})
    url = URL.removesuffix("/v1/messages") + more.pop("path", "/v1/messages")
    more.setdefault("sent", request(asked, url=url, method=more.pop("method", "POST")))
    more.setdefault("headers", STREAM_HEADERS if streamed else JSON_HEADERS)
    raw = body.encode() if isinstance(body, str) else body
    return Reply(exchange(raw, status, mode=mode, **more), streamed=streamed)


def encoded(body: Any) -> bytes:
    """A body on the wire."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def case(*expect: CheckCall, **changes: Any) -> Case:
    """A case of must level."""
    plain: dict[str, Any] = {
        "id": "a-case",
        "title": "A claim",
        "area": "request",
        "clauses": ("REQ-BODY-001",),
        "level": Level.MUST,
        "direction": Direction.SERVE,
        "informational": False,
        "plane": Plane.PROTOCOL,
        "modes": (Mode.JSON,),
        "expect": expect,
        "file": "a.yaml",
        "line": 1,
    }
    return Case(**plain | changes)


@dataclass(frozen=True)
class HandMadeContext:
    """What a check looks up: a case, and the replies of other scenarios, keyed `name`, `name/mode` or `name/step`."""

    case: Case = field(default_factory=case)
    replies: Mapping[str, Reply] = field(default_factory=dict)
    model: str = "m"

    @property
    def document(self) -> Document:
        return load_document()

    def reply(self, scenario: Any, mode: Mode, step: int | None = None) -> Reply | None:
        keys = (f"{scenario}/{step}", f"{scenario}/{mode}", str(scenario))
        return next((self.replies[key] for key in keys if key in self.replies), None)


def gauges(count: Callable[[int, Mode], int] = lambda size, _: 8 + size // 4) -> dict[str, Reply]:
    """The replies of gauges by scenario and mode, which count what `count` makes of the length of a message."""
    found = {}
    for size in (2, 50, 600):
        asked = {"messages": [{"role": "user", "content": "x" * size}]}
        for mode in Mode:
            counted = message("hm", usage={"input_tokens": count(size, mode), "output_tokens": 1})
            found[f"gauge-{size}/{mode}"] = Reply(exchange(counted, sent=request(asked), mode=mode))
        sent = {"request": asked, "path": "/v1/messages/count_tokens"}
        found[f"count-gauge-{size}"] = reply({"input_tokens": count(size, Mode.JSON)}, **sent)
    return found


def context(control: str | None = None, **replies: Reply) -> HandMadeContext:
    """The context of a case with this control; `replies` are those of other scenarios by name.

    Token counts are alive, unless the replies name other `gauges`.
    """
    known = {**gauges(), **replies}
    names = dict.fromkeys(name.partition("/")[0] for name in known if "gauge-" in name)
    named = ScenarioName(control) if control else None
    return HandMadeContext(case(control=named, gauges=tuple(map(ScenarioName, names))), known)


def observe(check: str, argument: Any, subject: Reply | Sequence[Reply], **others: Any) -> Observation:
    """What a check says of a reply, or of several. `others` are replies by scenario, or `control`."""
    looked_up = context(others.pop("control", None), **others.pop("replies", others))
    entry = REGISTRY[check]
    several = [subject] if isinstance(subject, Reply) else list(subject)
    return entry(several if entry.across else several[0], argument, looked_up)


def places(observation: Observation) -> list[str | None]:
    """The pointers of the findings."""
    return [finding.where.pointer for finding in observation.findings]
