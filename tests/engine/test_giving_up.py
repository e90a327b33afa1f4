"""An endpoint that stopped answering is given up only where a request that worked before fails as well."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.base.records import PROBE, UnsentNote
from conformance.engine.vitals import Vitality, is_doubtful, vitality_of, what_came
from conformance.model import Outcome
from conformance.protocol.exchange import Trouble
from support import make

USAGE: dict[str, Any] = {"area": ["usage"], "mode": "json"}


@pytest.mark.parametrize(
    ("reply", "sign"),
    [
        (make.reply(status=None, trouble=Trouble("closed", "gone", 0.1)), Vitality.NOTHING),
        (make.reply(make.message("a"), trouble=Trouble("closed", "gone", 0.1)), Vitality.NOTHING),
        (make.reply(b""), Vitality.BREAKDOWN),
        (make.reply(b"<html>"), Vitality.BREAKDOWN),
        (make.reply({}), Vitality.BREAKDOWN),
        (make.reply(make.error("api_error"), 500), Vitality.BREAKDOWN),
        (make.reply(b"<html>", 502), Vitality.BREAKDOWN),
        (make.reply(make.error("rate_limit_error"), 429), Vitality.BREAKDOWN),
        (make.reply(b"<html>", 404), Vitality.UNCLEAR),
        (make.reply(make.error(), 400), Vitality.UNCLEAR),
        (make.reply(status=None, trouble=Trouble("protocol", "bad Content-Length", 0.1)), Vitality.UNCLEAR),
        (make.reply(status=None, trouble=Trouble("protocol", "illegal status line: b'SSH-2'", 0.1)), Vitality.NOTHING),
        (make.reply("{}".encode("utf-16")), Vitality.UNCLEAR),
        (make.reply(make.message("a"), 999), Vitality.UNCLEAR),
        (make.reply(make.message("a")), Vitality.ANSWER),
    ],
)
def test_what_a_reply_says_about_its_endpoint(reply, sign) -> None:
    assert vitality_of(reply) is sign
    assert is_doubtful(sign, Vitality.ANSWER) == (sign < Vitality.UNCLEAR)
    assert bool(what_came(reply))


def test_what_is_no_worse_than_the_first_answer_raises_no_doubt() -> None:
    assert not is_doubtful(Vitality.BREAKDOWN, Vitality.BREAKDOWN)
    assert is_doubtful(Vitality.NOTHING, Vitality.BREAKDOWN)
    assert not is_doubtful(Vitality.NOTHING, Vitality.NOTHING)


def test_what_failed_before_the_end_was_noticed_is_not_judged_and_is_asked_for_again(serve: Any, run: Any) -> None:
    """Answers of a dead endpoint are no findings about it, live or when the journal is judged again."""
    dead: list[bool] = []

    def intervene(call: Any, number: int) -> Any:
        dead.extend([True] if number == 4 else [])
        return (200, b"", {}) if dead else None

    endpoint = serve(intervene)
    broken = run(endpoint, concurrency=1, **USAGE)
    assert Outcome.FAIL not in {judgement.outcome for judgement in broken.judgements.values()}
    stop = broken.recording.notes[-2]
    assert "no longer answers an ordinary request (status 200 without an answer)" in stop.why
    endpoint._intervene = lambda call, number: None
    again = run(endpoint, resume=str(broken.folder), concurrency=1, **USAGE)
    assert set(again.outcomes().values()) <= {"pass", "not-applicable"}


@pytest.mark.parametrize("failures", [1, 3])
def test_the_control_is_asked_after_so_many_failures_in_a_row(serve: Any, run: Any, failures: int) -> None:
    crash = b"Internal Server Error"
    endpoint = serve(lambda call, number: (500, crash, {}) if b"get_weather" in call.body else None)
    done = run(endpoint, area=["tools"], mode="json", concurrency=1, give_up_after=failures)
    assert Outcome.NOT_RUN not in {judgement.outcome for judgement in done.judgements.values()}
    controls = endpoint.names().count("preflight")
    failed = sum(b"get_weather" in call.body for call in endpoint.calls)
    assert 0 < controls <= failed / failures


def test_an_endpoint_that_lives_is_asked_no_more_than_the_plan(serve: Any, run: Any) -> None:
    endpoint = serve()
    run(endpoint, **USAGE)
    assert "preflight" not in endpoint.names()


def test_a_request_that_was_not_sent_again_is_unsent_when_the_journal_is_judged_again(serve: Any, run: Any) -> None:
    """Its first attempt is in the journal, and has no response."""
    endpoint = serve(lambda call, number: (0, b"", {}) if number > 3 else None)
    done = run(endpoint, concurrency=2, **USAGE)
    notes = {note.sending for note in done.recording.history.all(UnsentNote)}
    failed = {
        (each.scenario_id, each.repetition)
        for each in done.recording.exchanges
        if each.response is None and each.scenario != PROBE
    }
    assert failed
    assert failed <= notes
