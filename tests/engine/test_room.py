"""What a run may take of this machine: the journal and the memory of all answers, live and judged again."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from conformance.base.records import StopNote
from conformance.engine.rejudge import rejudge
from conformance.model import Mode, Outcome
from conformance.protocol.exchange import NO_ROOM, TOO_LARGE
from conformance.wire.cut import KEPT
from conformance.wire.importers.files import open_recording
from support import make
from support.endpoint import Done

pytestmark = pytest.mark.slow

LARGE: Final = 900_000
"""Bytes of an answer that is no larger than an ordinary one may be, and large for these budgets."""


TOKENS: Final = 128_000


def padded(size: int) -> Any:
    """Makes each message longer by text that nobody asked for."""

    def intervene(call: Any, number: int) -> Any:
        if call.path != "/v1/messages":
            return None
        return 200, b'{"type":"message","content":[{"type":"text","text":"' + b"x" * size + b'"}]}', {}

    return intervene


def kinds(done: Done) -> list[str | None]:
    """The kinds of trouble in order of the journal."""
    return [each.trouble.kind if each.trouble else None for each in done.recording.exchanges]


def test_a_journal_never_grows_beyond_its_budget_and_the_run_says_so(serve: Any, run: Any) -> None:
    done = run(serve(padded(LARGE)), area=["messages"], max_journal=3)
    assert (done.folder / "journal.ndjson").stat().st_size <= 3_000_000
    assert "limit-journal" in kinds(done)
    (stop,) = (note for note in done.recording.notes if isinstance(note, StopNote))
    assert "3 MB (--max-journal)" in stop.why
    assert Outcome.NOT_RUN in {judgement.outcome for judgement in done.judgements.values()}


def test_answers_take_no_more_memory_than_their_budget_and_the_run_says_so(serve: Any, run: Any) -> None:
    done = run(serve(padded(LARGE)), area=["messages"], max_memory=10)
    held = [each for each in done.recording.exchanges if each.response is not None and each.response.cut is None]
    assert LARGE <= sum(len(each.response.body) for each in held if each.response is not None) <= 10_000_000
    cut = [
        each for each in done.recording.exchanges if each.trouble is not None and each.trouble.kind == "limit-memory"
    ]
    assert cut
    for each in cut:
        assert each.response is not None
        assert len(each.response.body) == KEPT
        assert each.response.cut is not None
        assert each.response.cut.length > LARGE


def test_an_answer_of_any_size_costs_its_own_scenario_only(serve: Any, run: Any) -> None:
    def intervene(call: Any, number: int) -> Any:
        about = (call.header("user-agent") or "").endswith("(messages-consecutive-user-turns)")
        return (200, b" " * 5_000_000, {}) if about else None

    calm, done = run(serve(), area=["messages"]), run(serve(intervene), area=["messages"])
    changed = {key for key, outcome in done.outcomes().items() if outcome != calm.outcomes()[key]}
    assert {case for case, _ in changed} == {"messages-consecutive-user-turns"}
    judged = done.of("messages-consecutive-user-turns")
    assert judged.outcome is Outcome.FAIL
    assert [finding.kind for finding in judged.findings] == ["answer-size"]


def test_a_cut_answer_is_judged_again_as_it_was_judged_live(serve: Any, run: Any) -> None:
    def intervene(call: Any, number: int) -> Any:
        return (200, b" " * 5_000_000, {}) if number % 3 == 0 else None

    done = run(serve(intervene), area=["messages"])
    path = done.folder / "journal.ndjson"
    assert set(kinds(done)) & {*TOO_LARGE, *NO_ROOM}
    again = {(each.case, each.mode): each for each in rejudge(open_recording(path), ()).judgements}
    assert {key: again[key] for key in done.judgements} == done.judgements


def test_a_stream_of_128_000_tokens_fits_and_is_judged_whole_live_and_again(serve: Any, run: Any) -> None:
    tokens = ["LAPIS-7431", *(f" w{number}" for number in range(TOKENS - 1))]
    deltas = ({"type": "text_delta", "text": token} for token in tokens)
    events = [
        {"type": "message_start", "message": make.message(stop_reason=None)},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": make.USAGE},
        {"type": "message_stop"},
    ]
    body = b"".join(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode() for data in events)

    def intervene(call: Any, number: int) -> Any:
        about = (call.header("user-agent") or "").endswith("(text)") and b'"stream":true' in call.body
        return (200, body, {"content-type": "text/event-stream", "request-id": "req_1"}) if about else None

    done = run(serve(intervene), case=["messages-content-string", "stream-ends-with-message-stop"], mode=Mode.STREAM)
    assert set(kinds(done)) == {None}
    (large,) = (each for each in done.recording.exchanges if each.response and len(each.response.body) > LARGE)
    assert large.response is not None
    assert large.response.body == body
    assert set(done.outcomes().values()) == {"pass"}
    path = done.folder / "journal.ndjson"
    again = {(each.case, each.mode): each for each in rejudge(open_recording(path), ()).judgements}
    assert {key: again[key] for key in done.judgements} == done.judgements
