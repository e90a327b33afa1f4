"""What the tests on streams share: streams as events and replies, and the streaming cases run on them."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.judge.check import Observation
from conformance.judge.checks import REGISTRY
from conformance.model import Chunk, Exchange, Level, Mode, Response, SentRequest
from conformance.protocol.reply import Reply
from conformance.standard.ledger import load_ledger
from conformance.standard.source import load_yaml
from support.data import genuine

ROOT = Path(__file__).parents[3]
HEADERS = {"content-type": "text/event-stream; charset=utf-8", "request-id": "req_1"}


def event(kind: str, **data) -> str:
    """One event as text."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"


def message(**changes) -> dict:
    """The message of a message_start; a change to None stays, `...` deletes."""
    whole = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 1},
    } | changes
    return {key: value for key, value in whole.items() if value is not ...}


def start(index, **block) -> str:
    return event("content_block_start", index=index, content_block=block)


def delta(index, kind: str, **fields) -> str:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def stop(index) -> str:
    return event("content_block_stop", index=index)


def block(index, opening: dict, *deltas: dict) -> str:
    """A whole block."""
    middle = "".join(event("content_block_delta", index=index, delta=item) for item in deltas)
    return start(index, **opening) + middle + stop(index)


def text(index: int = 0, *parts: str) -> str:
    """A whole text block."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": part} for part in parts))


def tool(index: int, *parts: str, **opening) -> str:
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


def reply_to(body: str | bytes, *, request: Mapping | None = None, headers: Mapping | None = None, **more) -> Reply:
    """A streamed reply with this body, read as a run reads it. `cut` is the size of the chunks."""
    raw = body.encode() if isinstance(body, str) else body
    cut = more.pop("cut", len(raw) or 1)
    chunks = more.pop("chunks", None) or tuple(Chunk(0.0, raw[at : at + cut]) for at in range(0, len(raw), cut))
    sent = SentRequest("POST", "https://x.test/v1/messages", (), json.dumps(request or {"stream": True}).encode())
    response = Response(
        200, tuple((HEADERS if headers is None else headers).items()), chunks, ended=more.pop("ended", None)
    )
    exchange = Exchange("text", Mode.STREAM, 1, 1, "", sent, response, line=1, **more)
    return Reply(exchange, streamed=True)


@cache
def streaming_cases() -> tuple[SimpleNamespace, ...]:
    """The streaming cases that judge what other scenarios produced, each with its level and its checks."""
    ledger = load_ledger(ROOT / "specs" / "clauses")
    cases = []
    for path in sorted((ROOT / "conformance" / "catalogue" / "streaming").glob("*.yaml")):
        for entry in load_yaml(path):
            clause = ledger[entry["clauses"][0]]
            must = clause.level is Level.MUST and not clause.informational
            calls = [next(iter(item.items())) for item in entry["expect"]]
            cases.append(
                SimpleNamespace(id=entry["id"], must=must, calls=calls, on=entry.get("on"), caught=entry["caught"])
            )
    return tuple(cases)


def observe(case: SimpleNamespace, reply: Reply) -> Observation:
    """What a case's checks say of one reply: the first findings, or what the last check saw."""
    facts = SimpleNamespace(reply=lambda *_: None, case=None, model="m")
    for name, argument in case.calls:
        observation = REGISTRY[name](reply, argument, facts)
        if observation.findings or not observation.seen:
            return observation
    return observation


def failing(reply: Reply, *, must: bool = True) -> list[str]:
    """The ids of the cases on streams with findings for a reply: those of must level, or all others."""
    judged = (case for case in streaming_cases() if case.must is must and case.on)
    return [case.id for case in judged if observe(case, reply).findings]


def recorded_streams(corpus: Path) -> Iterator[dict]:
    """The genuine recorded message streams of a corpus."""
    for record in genuine(corpus):
        if "sse" in record["response"] and record["request"]["url"].partition("?")[0].endswith("/v1/messages"):
            yield record


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """The helpers of this module, for tests that cannot import it."""
    return SimpleNamespace(**{name: value for name, value in globals().items() if not name.startswith("_")})
