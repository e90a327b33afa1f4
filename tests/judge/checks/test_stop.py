"""Checks on why an answer ended: each with a reply that passes, one that fails, one with nothing."""

from __future__ import annotations

import pytest

from conformance.judge.checks.stop import stop_reason_is, stop_sequence_is
from support import make, streams

STOPS = {"stop_sequences": ["7", "9"]}


def test_the_stop_reason_is_one_of_those_named():
    reply = make.reply(make.message("a", stop_reason="max_tokens"))
    assert not stop_reason_is(reply, "max_tokens", make.context()).findings
    assert not stop_reason_is(reply, ["end_turn", "max_tokens"], make.context()).findings
    (finding,) = stop_reason_is(reply, "end_turn", make.context()).findings
    assert (finding.actual, finding.where.pointer) == ('"max_tokens"', "/stop_reason")


def test_a_refusal_by_the_model_shows_nothing_of_other_stop_reasons():
    assert not stop_reason_is(make.reply(make.message(stop_reason="refusal")), "end_turn", make.context()).seen


@pytest.mark.parametrize(("wanted", "seen"), [("tool_use", False), ("end_turn", False), ("stop_sequence", True)])
def test_a_reply_that_its_own_limit_cut_shows_nothing_of_how_it_would_have_ended(wanted, seen):
    message = {**make.message("a", stop_reason="max_tokens"), "usage": {"input_tokens": 3, "output_tokens": 150}}
    assert stop_reason_is(make.reply(message, request={"max_tokens": 150}), wanted, make.context()).seen is seen
    assert stop_reason_is(make.reply(message, request={"max_tokens": 300}), wanted, make.context()).findings


def test_the_stop_sequence_is_the_string_or_null():
    met = make.reply(make.message("1", stop_reason="stop_sequence", stop_sequence="7"))
    assert not stop_sequence_is(met, "7", make.context()).findings
    assert stop_sequence_is(met, None, make.context()).findings
    assert stop_sequence_is(make.reply(make.message("1")), "7", make.context()).findings


@pytest.mark.parametrize("check", [stop_reason_is, stop_sequence_is])
def test_nothing_is_seen_in_a_reply_that_is_no_message(check):
    assert not check(make.reply({}, status=400), "a", make.context()).seen


class TestStopFields:
    @pytest.mark.parametrize(
        ("reason", "sequence", "request_body"),
        [("end_turn", None, {}), ("stop_sequence", "7", STOPS), ("stop_sequence", "x", {})],
    )
    def test_a_stop_sequence_that_fits_passes(self, reason, sequence, request_body):
        answer = make.reply(make.message(stop_reason=reason, stop_sequence=sequence), request=request_body)
        assert make.observe("stop-sequence-fits", True, answer).findings == ()

    @pytest.mark.parametrize(
        ("reason", "sequence", "request_body"),
        [("end_turn", "", {}), ("end_turn", "7", STOPS), ("stop_sequence", None, STOPS), ("stop_sequence", "8", STOPS)],
    )
    def test_a_stop_sequence_that_does_not_fit_is_reported(self, reason, sequence, request_body):
        answer = make.reply(make.message(stop_reason=reason, stop_sequence=sequence), request=request_body)
        assert make.places(make.observe("stop-sequence-fits", True, answer)) == ["/stop_sequence"]

    def test_an_absent_key_is_another_case(self):
        assert not make.observe("stop-sequence-fits", True, make.reply(make.message(stop_sequence=...))).seen

    def test_stop_details_belong_to_refusals(self):
        details = {"type": "refusal", "category": None, "explanation": None}
        refusal = make.reply(make.message(stop_reason="refusal", stop_details=details))
        for check in ("stop-details-fit", "refusal-explained"):
            assert make.observe(check, True, refusal).findings == ()
        plain = make.reply(make.message(stop_details=details))
        assert make.places(make.observe("stop-details-fit", True, plain)) == ["/stop_details"]
        unexplained = make.reply(make.message(stop_reason="refusal"))
        assert make.places(make.observe("refusal-explained", True, unexplained)) == ["/stop_details"]
        assert not make.observe("refusal-explained", True, plain).seen
        assert not make.observe("stop-details-fit", True, make.reply(make.message(stop_reason=None))).seen

    def test_a_new_stop_reason_is_unknown_but_native(self):
        answer = make.reply(make.message(stop_reason="brand_new"))
        assert make.observe("stop-reason-native", True, answer).findings == ()
        assert make.places(make.observe("stop-reason-known", True, answer)) == ["/stop_reason"]

    @pytest.mark.parametrize("word", ["stop", "length", "tool_calls", "STOP", "eos"])
    def test_a_stop_reason_of_another_api_is_reported(self, word):
        assert make.places(make.observe("stop-reason-native", True, make.reply(streams.whole(stop_reason=word)))) == [
            "/stop_reason"
        ]

    @pytest.mark.parametrize("check", ["stop-reason-native", "stop-reason-known"])
    def test_documented_stop_reasons_pass_and_absent_ones_show_nothing(self, check):
        assert make.observe(check, True, make.reply(make.message())).findings == ()
        assert not make.observe(check, True, make.reply(make.message(stop_reason=None))).seen

    @pytest.mark.parametrize("reason", ["tool_use", "max_tokens"])
    def test_a_tool_call_ends_with_tool_use_or_a_cut(self, reason):
        answer = make.reply(make.message("hi", make.call(), stop_reason=reason))
        assert make.observe("tool-call-stops", True, answer).findings == ()

    @pytest.mark.parametrize("reason", ["end_turn", "stop", "pause_turn"])
    def test_a_tool_call_that_ends_otherwise_is_reported(self, reason):
        answer = make.reply(make.message(make.call(), "hi", stop_reason=reason))
        assert make.places(make.observe("tool-call-stops", True, answer)) == ["/stop_reason"]

    def test_tool_use_without_a_call_is_reported(self):
        assert make.observe(
            "tool-stop-has-call", True, make.reply(make.message(make.call(), stop_reason="tool_use"))
        ).seen
        empty = make.reply(make.message("<tool_call>", stop_reason="tool_use"))
        assert make.places(make.observe("tool-stop-has-call", True, empty)) == ["/content"]
        assert not make.observe("tool-stop-has-call", True, make.reply(make.message("hi"))).seen

    def test_a_pause_holds_no_client_call(self):
        paused = make.reply(make.message("hi", stop_reason="pause_turn"))
        assert make.observe("pause-has-no-call", True, paused).findings == ()
        wrong = make.reply(make.message(make.call(), stop_reason="pause_turn"))
        assert make.places(make.observe("pause-has-no-call", True, wrong)) == ["/stop_reason"]
        assert not make.observe("pause-has-no-call", True, make.reply(make.message(make.call()))).seen


@pytest.mark.parametrize(
    ("tokens", "content", "seen", "places"),
    [(0, [], True, []), (3, [], True, ["/usage/output_tokens"]), (3, ["No."], False, [])],
)
def test_a_refusal_without_content_costs_nothing(tokens, content, seen, places):
    refused = make.message(*content, stop_reason="refusal", usage={"input_tokens": 5, "output_tokens": tokens})
    observed = make.observe("refusal-costs-nothing", True, make.reply(refused))
    assert (observed.seen, make.places(observed)) == (seen, places)


@pytest.mark.parametrize(
    ("reason", "output", "seen", "findings"),
    [
        ("model_context_window_exceeded", 7, True, 0),
        ("model_context_window_exceeded", 32, True, 1),
        ("max_tokens", 32, False, 0),
        ("model_context_window_exceeded", None, False, 0),
    ],
)
def test_a_window_is_full_before_max_tokens(reason, output, seen, findings):
    message = make.message("a", stop_reason=reason) | {"usage": {"output_tokens": output}}
    observed = make.observe("window-full", True, make.reply(message, request={"max_tokens": 32}))
    assert (observed.seen, len(observed.findings)) == (seen, findings)
