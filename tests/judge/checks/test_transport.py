"""Checks on status, headers, kind of body and errors: what passes, what fails, what shows nothing."""

from __future__ import annotations

import pytest

from support import make, streams

REQUEST_ID = {"content-type": "application/json", "Request-Id": "req_1"}
LIMITS = {"anthropic-ratelimit-tokens-limit": "80000", "anthropic-ratelimit-tokens-reset": "2026-01-08T04:04:31.25Z"}
COUNTS = {"names": "anthropic-ratelimit-.*-(limit|remaining)", "pattern": "[0-9]+"}
RESETS = {"names": "anthropic-ratelimit-.*-reset", "format": "date-time"}
LAPIS = {"marker": "LAPIS-7431"}
AGREE = {"header": "request-id", "pointer": "/request_id"}


@pytest.mark.parametrize(
    ("check", "argument", "status"),
    [("status", 200, 200), ("status", [200, "4xx"], 405), ("status-not", [408, 409, "5xx"], 400)],
)
def test_a_status_that_is_wanted_passes(check, argument, status):
    assert make.observe(check, argument, make.reply({}, status)).findings == ()


@pytest.mark.parametrize(
    ("check", "argument", "status"),
    [
        ("status", 200, 201),
        ("status", ["4xx"], 500),
        ("status-not", [408, 409, "5xx"], 500),
        ("status-not", [409], 409),
    ],
)
def test_a_status_that_is_not_wanted_is_told(check, argument, status):
    findings = make.observe(check, argument, make.reply({}, status)).findings
    assert [finding.actual for finding in findings] == [f"status {status}"]
    assert findings[0].where.line == 7


@pytest.mark.parametrize("status", [None, 200, 429, 503, 529])
def test_success_and_transient_trouble_say_nothing_about_the_status_of_mistakes(status):
    assert not make.observe("status-not", ["4xx", "5xx"], make.reply({}, status)).seen


def test_header_names_are_compared_without_case():
    assert make.observe("header-present", "request-id", make.reply({}, headers=REQUEST_ID)).findings == ()


@pytest.mark.parametrize("headers", [{}, {"request-id": "  "}])
def test_an_absent_or_empty_header_is_told(headers):
    assert make.observe("header-present", "request-id", make.reply({}, headers=headers)).findings


@pytest.mark.parametrize("argument", [COUNTS, RESETS])
def test_well_formed_rate_limit_headers_pass(argument):
    observation = make.observe("header-matches", argument, make.reply({}, headers=LIMITS))
    assert observation.seen
    assert observation.findings == ()


@pytest.mark.parametrize(
    ("argument", "header", "value"),
    [
        (COUNTS, "anthropic-ratelimit-tokens-limit", "80k"),
        (RESETS, "anthropic-ratelimit-tokens-reset", "1767844800"),
        (RESETS, "anthropic-ratelimit-tokens-reset", "Thu, 08 Jan 2026 04:04:31 GMT"),
        (RESETS, "anthropic-ratelimit-tokens-reset", "2026-13-08T04:04:31Z"),
    ],
)
def test_a_malformed_rate_limit_header_is_told_by_name(argument, header, value):
    findings = make.observe("header-matches", argument, make.reply({}, headers=LIMITS | {header: value})).findings
    assert [finding.actual for finding in findings] == [f'{header}: "{value}"']


def test_absent_rate_limit_headers_say_nothing():
    assert not make.observe("header-matches", COUNTS, make.reply({})).seen


@pytest.mark.parametrize("value", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_content_types_that_both_sdks_parse_as_json_pass(value):
    assert make.observe("media-type", "json", make.reply({}, headers={"content-type": value})).findings == ()


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-type": "text/json"}])
def test_other_content_types_are_told(headers):
    assert make.observe("media-type", "json", make.reply({}, headers=headers)).findings


def test_an_empty_body_needs_no_content_type():
    assert not make.observe("media-type", "json", make.reply(b"", 204, headers={})).seen


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null"])
def test_a_body_that_is_not_one_json_object_is_told(body):
    assert make.places(make.observe("json-body", True, make.reply(body))) == [""]


def test_a_stream_that_nobody_asked_for_is_no_json_body():
    observation = make.observe("json-body", True, make.reply(streams.whole(), stream=False))
    assert observation.findings[0].actual == "an event stream"


def test_a_json_object_is_a_json_body():
    assert make.observe("json-body", True, make.reply({})).findings == ()


def test_request_id_in_header_and_body_are_compared():
    assert make.observe("header-equals-body", AGREE, make.reply(make.error(), 400)).findings == ()
    differing = make.reply(make.error(request_id="req_2"), 400)
    assert make.places(make.observe("header-equals-body", AGREE, differing)) == ["/request_id"]


@pytest.mark.parametrize("body", [{}, {"request_id": None}])
def test_a_request_id_that_one_side_lacks_is_not_compared(body):
    assert not make.observe("header-equals-body", AGREE, make.reply(body, 400)).seen


def test_request_ids_that_repeat_are_told_at_the_second_reply():
    first, second, third = (make.reply({}, headers={"request-id": name}, scenario=name) for name in ("a", "b", "a"))
    assert make.observe("unique", {"header": "request-id"}, [first, second]).findings == ()
    findings = make.observe("unique", {"header": "request-id"}, [first, second, third]).findings
    assert len(findings) == 1
    assert "a/json" in findings[0].actual


def test_ids_inside_one_body_are_compared_too():
    page = make.reply({"data": [{"id": "a"}, {"id": "b"}, {"id": "a"}]})
    assert make.places(make.observe("unique", {"pointer": "/data/*/id"}, page)) == ["/data/2/id"]


def test_a_single_id_cannot_show_that_ids_are_unique():
    assert not make.observe("unique", {"pointer": "/id"}, make.reply(make.message())).seen


def test_the_same_reply_picked_twice_does_not_repeat_its_id():
    one = make.reply(make.message())
    assert make.observe("unique", {"pointer": "/id"}, [one, one]).findings == ()


class TestReadOrRefused:
    def test_an_answer_with_the_marker_passes(self):
        answer = make.reply(make.message("Lapis-7431"))
        observation = make.observe("read-or-refused", LAPIS, answer)
        assert observation.seen
        assert observation.findings == ()

    def test_a_refusal_passes_only_beside_an_answered_control(self):
        refusal = make.reply(make.error(), 415)
        fine = make.observe("read-or-refused", LAPIS, refusal, control="text", text=make.reply(make.message()))
        assert fine.seen
        assert fine.findings == ()
        useless = make.observe("read-or-refused", LAPIS, refusal, control="text", text=make.reply({}, 400))
        assert not useless.seen

    def test_a_canned_answer_shows_nothing(self):
        assert not make.observe("read-or-refused", LAPIS, make.reply(make.message("hello"))).seen

    @pytest.mark.parametrize(("body", "status"), [(b"<html>", 415), (b"{}", 500), (b"", 400)])
    def test_a_breakdown_is_told(self, body, status):
        assert make.observe("read-or-refused", LAPIS, make.reply(body, status)).findings


class TestErrors:
    @pytest.mark.parametrize("check", ["error-envelope", "error-message", "error-request-id"])
    def test_the_envelope_of_the_api_passes(self, check):
        observation = make.observe(check, True, make.reply(make.error(), 400))
        assert observation.seen
        assert observation.findings == ()

    def test_extra_keys_and_new_types_are_legal(self):
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
    def test_an_envelope_of_another_api_is_told_where_it_differs(self, body, place):
        assert make.places(make.observe("error-envelope", True, make.reply(body, 400))) == [place]

    @pytest.mark.parametrize("text", ["", " ", None, ["no"], {"no": 1}])
    def test_a_message_that_is_not_text_is_told(self, text):
        observation = make.observe("error-message", True, make.reply(make.error(text=text), 400))
        assert make.places(observation) == ["/error/message"]

    def test_a_missing_error_object_leaves_the_message_to_the_envelope_check(self):
        assert not make.observe("error-message", True, make.reply({"type": "error"}, 400)).seen

    @pytest.mark.parametrize("check", ["error-envelope", "error-message", "error-request-id", "error-not-streamed"])
    def test_success_says_nothing_about_errors(self, check):
        assert not make.observe(check, True, make.reply(make.message())).seen

    def test_type_and_status_go_together(self):
        argument = {"status": 404, "type": "not_found_error"}
        assert make.observe("error-type", argument, make.reply(make.error("not_found_error"), 404)).findings == ()
        wrong = make.observe("error-type", argument, make.reply(make.error("invalid_request_error"), 404))
        assert make.places(wrong) == ["/error/type"]
        assert not make.observe("error-type", argument, make.reply(make.error(), 400)).seen

    def test_request_id_of_an_error_is_a_string_or_null(self):
        assert make.observe("error-request-id", True, make.reply(make.error(request_id=None), 401)).findings == ()
        for body in ({"type": "error", "error": {"type": "a"}}, make.error(request_id=5), make.error(request_id="")):
            assert make.places(make.observe("error-request-id", True, make.reply(body, 401))) == ["/request_id"]

    def test_details_are_an_object_with_a_code(self):
        def body(details):
            return {"type": "error", "error": {"type": "a", "message": "b", "details": details}}

        assert make.observe("error-details", True, make.reply(body({"error_code": "x"}), 400)).findings == ()
        assert not make.observe("error-details", True, make.reply(body(None), 400)).seen
        assert make.places(make.observe("error-details", True, make.reply(body("x"), 400))) == ["/error/details"]
        code = make.observe("error-details", True, make.reply(body({"error_code": 7}), 400))
        assert make.places(code) == ["/error/details/error_code"]

    def test_an_error_on_a_request_for_a_stream_is_plain_json(self):
        asked = {"stream": True}
        assert make.observe("error-not-streamed", True, make.reply(make.error(), 400, request=asked)).findings == ()
        streamed = make.reply(streams.events({"type": "error", "error": {}}), 400, request=asked)
        assert make.observe("error-not-streamed", True, streamed).findings
        assert not make.observe("error-not-streamed", True, make.reply(make.error(), 400)).seen

    def test_an_answer_is_no_error_in_disguise(self):
        for answer in (make.reply(make.message()), make.reply(streams.whole())):
            observation = make.observe("error-not-disguised", True, answer)
            assert observation.seen
            assert observation.findings == ()

    @pytest.mark.parametrize("body", [{"type": "error"}, {"error": {"message": "no"}}, {"error": "no"}])
    def test_an_error_body_with_status_200_is_told(self, body):
        assert make.places(make.observe("error-not-disguised", True, make.reply(body))) == ["/error"]

    def test_a_stream_that_opens_with_the_refusal_of_the_request_is_told(self):
        ping = {"type": "ping"}
        refusal = make.reply(streams.events(ping, make.error()))
        findings = make.observe("error-not-disguised", True, refusal).findings
        assert [finding.where.event for finding in findings] == [2]

    def test_a_stream_that_breaks_for_overload_is_no_disguise(self):
        overload = make.reply(streams.events(make.error("overloaded_error")))
        assert make.observe("error-not-disguised", True, overload).findings == ()
