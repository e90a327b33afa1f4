"""What an endpoint sends costs work in proportion to its size, whatever its shape, and never more than a bound."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from conformance.engine.offline import RecordingJudge
from conformance.judge.check import MOST_FINDINGS
from conformance.judge.verdict import Policy
from conformance.model import Level, Mode
from conformance.protocol.exchange import Exchange
from conformance.protocol.reply import Reply
from conformance.wire.importers.reader import RecordedExchange
from conformance.wire.journal_format import line_of, record_of
from conformance.wire.redact import Redactor
from support import make, standard

GROWTH: Final = 4
"""How much larger the second answer is."""

MOST: Final = 3.0
"""How much more the work may grow than the answer does. Work that grows with the square grows 4 times more."""

NOTICED_S: Final = 0.25
"""Seconds of CPU below which growth is noise."""

CHUNK: Final = 4096


def events(*all_of_them: Mapping[str, Any]) -> bytes:
    """A body of events."""
    return b"".join(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode() for data in all_of_them)


START = {"type": "message_start", "message": make.message(stop_reason=None)}
END = (
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": make.USAGE},
    {"type": "message_stop"},
)
TEXT = {"type": "text", "text": ""}


def block(index: int, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The start of a block."""
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index: int, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """A delta of a block."""
    return {"type": "content_block_delta", "index": index, "delta": content}


def stop(index: int) -> Mapping[str, Any]:
    """The stop of a block."""
    return {"type": "content_block_stop", "index": index}


def many(content: Mapping[str, Any], one: Mapping[str, Any]) -> Callable[[int], bytes]:
    """A stream of one block with many equal deltas."""
    return lambda n: events(START, block(0, content)) + events(delta(0, one)) * n + events(stop(0), *END)


def whole(n: int) -> bytes:
    """A stream of many blocks."""
    each = (e for i in range(n) for e in (block(i, TEXT), delta(i, {"type": "text_delta", "text": "a"}), stop(i)))
    return events(START, *each, *END)


STREAMS: Final[Mapping[str, Callable[[int], bytes]]] = {
    "text": many(TEXT, {"type": "text_delta", "text": "a "}),
    "input": many(make.call(), {"type": "input_json_delta", "partial_json": "[1,"}),
    "signatures": many(
        {"type": "thinking", "thinking": "", "signature": ""}, {"type": "signature_delta", "signature": "x"}
    ),
    "citations": many(TEXT, {"type": "citations_delta", "citation": {"type": "char_location"}}),
    "blocks": whole,
    "blocks that never stop": lambda n: events(START, *(block(i, TEXT) for i in range(n)), *END),
    "deltas without a block": lambda n: events(
        START, *(delta(i, {"type": "text_delta", "text": ""}) for i in range(n))
    ),
    "members of message_delta": lambda n: events(
        START, *({"type": "message_delta", "delta": {f"a{i}": 1}, "usage": {f"b{i}": 1}} for i in range(n)), END[1]
    ),
    "starts": lambda n: events(START) * n,
    "stops": lambda n: events(START) + events(stop(5)) * n,
    "comments": lambda n: b": x\n" * 20 * n,
    "blank lines": lambda n: b"\n" * 20 * n,
    "one event of many lines": lambda n: b"data: [\n" * 20 * n + b"\n",
    "no JSON": lambda n: b"data: {\n\n" * n,
    "no UTF-8": lambda n: b"data: \xff\n\n" * n,
}
BODIES: Final[Mapping[str, Callable[[int], bytes]]] = {
    "blocks": lambda n: make.encoded(make.message(*[TEXT] * n)),
    "calls": lambda n: make.encoded(make.message(*(make.call(f"toolu_{i}") for i in range(n)))),
    "citations": lambda n: make.encoded(make.message({**TEXT, "citations": [{"type": "char_location"}] * n})),
    "members": lambda n: make.encoded(make.message(usage={f"x{i}": 1 for i in range(n)})),
    "names twice": lambda n: b'{"a":1' + b',"a":1' * n + b"}",
    "depth": lambda n: b"[" * 20 * n,
    "an escaped string without an end": lambda n: b'["\\' + b'\\"' * 20 * n,
    "quotes": lambda n: b'"' * 20 * n,
    "backslashes": lambda n: b"\\" * 20 * n,
    "percent signs": lambda n: b"%" + b"25" * 20 * n,
    "halves of surrogates": lambda n: b'"' + b"\\ud800" * n + b'"',
    "digits": lambda n: b"1" * 20 * n,
}
SHAPES: Final = [
    *(pytest.param(shape, True, id=f"stream of {name}") for name, shape in STREAMS.items()),
    *(pytest.param(shape, False, id=f"body of {name}") for name, shape in BODIES.items()),
]


def answer(body: bytes, *, streamed: bool) -> Exchange:
    """An answer that arrived in pieces."""
    mode, headers = (Mode.STREAM, make.STREAM_HEADERS) if streamed else (Mode.JSON, make.JSON_HEADERS)
    sent = make.request({"model": "m", "max_tokens": 9, "messages": [], "stream": streamed})
    return make.exchange(body, sent=sent, mode=mode, headers=headers, cut=CHUNK, ended=1.0, line=1)


def cpu_of(body: bytes, *, streamed: bool) -> float:
    """Seconds of CPU to redact, record, read and judge an answer."""
    judge = RecordingJudge(standard.library(), Policy(Level.MUST), lambda *_: None)
    exchange = answer(body, streamed=streamed)
    gc.collect()
    gc.disable()  # what earlier tests left is not looked through again and again
    try:
        before = time.process_time()
        redacted = Redactor(["canary-0123456789", "short"]).exchange(exchange)
        line_of(record_of(redacted))
        judge.take(RecordedExchange(redacted), 1, "file:1")
        return time.process_time() - before
    finally:
        gc.enable()


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "streamed"), SHAPES)
def test_work_grows_with_the_size_of_an_answer_and_no_faster(shape: Callable[[int], bytes], streamed: bool) -> None:
    size = 250
    small = cpu_of(shape(size), streamed=streamed)
    while (large := cpu_of(shape(size * GROWTH), streamed=streamed)) < NOTICED_S and size < 16_000:
        size, small = size * GROWTH, large
    if large >= small * GROWTH * MOST:  # once more: a busy machine adds to the CPU of a single measurement
        large = min(large, cpu_of(shape(size * GROWTH), streamed=streamed))
    assert large < NOTICED_S or large < small * GROWTH * MOST, f"{small:.3f} s and {large:.3f} s"


def test_no_check_reports_more_findings_than_anybody_reads() -> None:
    body = events(START, *(delta(i, {"type": "text_delta", "text": ""}) for i in range(3000)), *END)
    kept: list[int] = []
    library = standard.library()
    judge = RecordingJudge(library, Policy(Level.MUST), lambda _, noticed, __: kept.append(len(noticed)))
    judge.take(RecordedExchange(answer(body, streamed=True)), 1, "file:1")
    assert kept
    for judgement in judge.audited(()).judgements:
        assert len(judgement.findings) <= MOST_FINDINGS


def test_counts_of_a_stream_are_added_up_without_changing_its_events() -> None:
    usage = [{"type": "message_delta", "delta": {}, "usage": {f"a{i}": i}} for i in range(3)]
    reply = Reply(answer(events(START, *usage, *END), streamed=True))
    assert reply.usage == {**make.USAGE, "a0": 0, "a1": 1, "a2": 2}
    assert reply.events is not None
    assert reply.events[0].json == START
