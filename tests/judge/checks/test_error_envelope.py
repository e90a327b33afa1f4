"""Checks on errors: the envelope of the API, what differs from it, and what shows nothing."""

from __future__ import annotations

import pytest

from support import make, streams


@pytest.mark.parametrize("check", ["error-envelope", "error-message", "error-request-id"])
def test_the_envelope_of_the_api_passes(check):
    observation = make.observe(check, True, make.reply(make.error(), 400))
    assert observation.seen
    assert observation.findings == ()


def test_extra_keys_and_new_types_are_legal():
    body = make.error("new_error", more=1)
    assert make.observe("error-envelope", True, make.reply(body, 418)).findings == ()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"error": {"message": "no", "type": "invalid_request_error", "code": None}}, "/type"),
        ({"type": "error", "error": "no"}, "/error"),
        ({"type": "error", "error": {"message": "no"}}, "/error/type"),
        ({"type": "error", "error": {"type": " ", "message": "no"}}, "/error/type"),
        ({"detail": [{"loc": ["body"]}]}, "/type"),
        ([], ""),
    ],
)
def test_an_envelope_of_another_api_is_reported_where_it_differs(body, place):
    assert make.places(make.observe("error-envelope", True, make.reply(body, 400))) == [place]


@pytest.mark.parametrize("text", ["", " ", None, ["no"], {"no": 1}])
def test_a_message_that_is_not_text_is_reported(text):
    observation = make.observe("error-message", True, make.reply(make.error(text=text), 400))
    assert make.places(observation) == ["/error/message"]


def test_a_missing_error_object_leaves_the_message_to_the_envelope_check():
    assert not make.observe("error-message", True, make.reply({"type": "error"}, 400)).seen


@pytest.mark.parametrize("check", ["error-envelope", "error-message", "error-request-id", "error-not-streamed"])
def test_success_says_nothing_about_errors(check):
    assert not make.observe(check, True, make.reply(make.message())).seen


def test_type_and_status_go_together():
    argument = {"status": 404, "type": "not_found_error"}
    assert make.observe("error-type", argument, make.reply(make.error("not_found_error"), 404)).findings == ()
    wrong = make.observe("error-type", argument, make.reply(make.error("invalid_request_error"), 404))
    assert make.places(wrong) == ["/error/type"]
    assert not make.observe("error-type", argument, make.reply(make.error(), 400)).seen


def test_request_id_of_an_error_is_a_string_or_null():
    assert make.observe("error-request-id", True, make.reply(make.error(request_id=None), 401)).findings == ()
    for body in ({"type": "error", "error": {"type": "a"}}, make.error(request_id=5), make.error(request_id="")):
        assert make.places(make.observe("error-request-id", True, make.reply(body, 401))) == ["/request_id"]


def test_details_are_an_object_with_a_code():
    def body(details):
        return {"type": "error", "error": {"type": "a", "message": "b", "details": details}}

    assert make.observe("error-details", True, make.reply(body({"error_code": "x"}), 400)).findings == ()
    assert not make.observe("error-details", True, make.reply(body(None), 400)).seen
    assert make.places(make.observe("error-details", True, make.reply(body("x"), 400))) == ["/error/details"]
    code = make.observe("error-details", True, make.reply(body({"error_code": 7}), 400))
    assert make.places(code) == ["/error/details/error_code"]


def test_an_error_on_a_request_for_a_stream_is_plain_json():
    asked = {"stream": True}
    assert make.observe("error-not-streamed", True, make.reply(make.error(), 400, request=asked)).findings == ()
    streamed = make.reply(streams.events({"type": "error", "error": {}}), 400, request=asked)
    assert make.observe("error-not-streamed", True, streamed).findings
    assert not make.observe("error-not-streamed", True, make.reply(make.error(), 400)).seen


def test_an_answer_is_no_error_in_disguise():
    for answer in (make.reply(make.message()), make.reply(streams.whole())):
        observation = make.observe("error-not-disguised", True, answer)
        assert observation.seen
        assert observation.findings == ()


@pytest.mark.parametrize("body", [{"type": "error"}, {"error": {"message": "no"}}, {"error": "no"}])
def test_an_error_body_with_status_200_is_reported(body):
    assert make.places(make.observe("error-not-disguised", True, make.reply(body))) == ["/error"]


def test_a_stream_that_opens_with_the_refusal_of_the_request_is_reported():
    ping = {"type": "ping"}
    refusal = make.reply(streams.events(ping, make.error()))
    findings = make.observe("error-not-disguised", True, refusal).findings
    assert [finding.where.event for finding in findings] == [2]


def test_a_stream_that_breaks_for_overload_is_no_disguise():
    overload = make.reply(streams.events(make.error("overloaded_error")))
    assert make.observe("error-not-disguised", True, overload).findings == ()


OVERFLOW = "prompt is too long: 9000 tokens > 8192 maximum"


def too_long(status, kind, message):
    return make.reply({"type": "error", "error": {"type": kind, "message": message}}, status)


def test_a_prompt_that_is_too_long_is_a_400_in_the_words_of_the_api():
    fitting = too_long(400, "invalid_request_error", OVERFLOW)
    for argument in ("type", "wording"):
        observed = make.observe("overflow", argument, fitting)
        assert (observed.seen, observed.findings) == (True, ())
    assert make.places(make.observe("overflow", "type", too_long(429, "rate_limit_error", OVERFLOW))) == ["/error/type"]
    reworded = too_long(400, "invalid_request_error", "This model's maximum context length is 8192 tokens.")
    assert make.places(make.observe("overflow", "wording", reworded)) == ["/error/message"]
    assert not make.observe("overflow", "type", too_long(400, "invalid_request_error", "max_tokens: too large")).seen
