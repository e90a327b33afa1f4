"""Checks on status, headers and kind of body: what passes, what fails, what shows nothing."""

from __future__ import annotations

import pytest

from support import make, streams

REQUEST_ID = {"content-type": "application/json", "Request-Id": "req_1"}
LIMITS = {"anthropic-ratelimit-tokens-limit": "80000", "anthropic-ratelimit-tokens-reset": "2026-01-08T04:04:31.25Z"}
COUNTS = {"names": "anthropic-ratelimit-.*-(limit|remaining)", "pattern": "[0-9]+"}
RESETS = {"names": "anthropic-ratelimit-.*-reset", "format": "date-time"}
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
def test_a_status_that_is_not_wanted_is_reported(check, argument, status):
    findings = make.observe(check, argument, make.reply({}, status)).findings
    assert [finding.actual for finding in findings] == [f"status {status}"]
    assert findings[0].where.line == 7


@pytest.mark.parametrize("status", [None, 200, 429, 503, 529])
def test_success_and_transient_trouble_say_nothing_about_the_status_of_mistakes(status):
    assert not make.observe("status-not", ["4xx", "5xx"], make.reply({}, status)).seen


def test_header_names_are_compared_without_case():
    assert make.observe("header-present", "request-id", make.reply({}, headers=REQUEST_ID)).findings == ()


@pytest.mark.parametrize("headers", [{}, {"request-id": "  "}])
def test_an_absent_or_empty_header_is_reported(headers):
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
def test_a_malformed_rate_limit_header_is_reported_by_name(argument, header, value):
    findings = make.observe("header-matches", argument, make.reply({}, headers=LIMITS | {header: value})).findings
    assert [finding.actual for finding in findings] == [f'{header}: "{value}"']


def test_absent_rate_limit_headers_say_nothing():
    assert not make.observe("header-matches", COUNTS, make.reply({})).seen


@pytest.mark.parametrize("value", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_content_types_that_both_sdks_parse_as_json_pass(value):
    assert make.observe("media-type", "json", make.reply({}, headers={"content-type": value})).findings == ()


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-type": "text/json"}])
def test_other_content_types_are_reported(headers):
    assert make.observe("media-type", "json", make.reply({}, headers=headers)).findings


def test_an_empty_body_needs_no_content_type():
    assert not make.observe("media-type", "json", make.reply(b"", 204, headers={})).seen


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null"])
def test_a_body_that_is_not_one_json_object_is_reported(body):
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


def test_request_ids_that_repeat_are_reported_at_the_second_reply():
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
