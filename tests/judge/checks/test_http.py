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


def test_events_are_a_body_of_events_whatever_their_label():
    for kind in ("text/event-stream", "application/json"):
        reply = make.reply(streams.whole(), headers={"content-type": kind})
        assert make.observe("event-body", True, reply).findings == (), kind
    (finding,) = make.observe("event-body", True, make.reply({"type": "message"}, stream=True)).findings
    assert finding.actual == 'JSON: {"type": "message"}'
    assert not make.observe("event-body", True, make.reply(b"", stream=True)).seen


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


BIG = 2**53 + 1


@pytest.mark.parametrize(
    ("body", "pointer", "offset"),
    [
        (b'{"type":"message","type":"message"}', "/type", None),
        (f'{{"usage":{{"input_tokens":{BIG}}}}}'.encode(), "/usage/input_tokens", None),
        (b'{"id":"\\udc00"}', "/id", None),
        (b'\xef\xbb\xbf{"id":"m"}', None, 0),
        ('{"id":"ü"}'.encode("latin-1"), None, 7),
        ('{"id":"m"}'.encode("utf-16"), None, 0),
        (b'{"id":' + b"[" * 5000, None, 6 + 127),
    ],
)
def test_json_that_readers_read_differently_has_a_place(body, pointer, offset):
    findings = make.observe("strict-json", True, make.reply(body)).findings
    assert [(finding.where.pointer, finding.where.offset) for finding in findings] == [(pointer, offset)]


def test_json_in_an_event_is_read_as_strictly():
    body = streams.START + 'event: ping\ndata: {"type":"ping","type":"ping"}\n\n' + streams.STOP
    where = make.observe("strict-json", True, make.reply(body)).findings[0].where
    assert (where.event, where.pointer, where.offset) == (2, "/type", len(streams.START.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"m","n":[1,2.5e3]}',
        f'{{"content":[{{"type":"tool_use","input":{{"n":{BIG}}}}}]}}'.encode(),
        streams.whole(),
    ],
)
def test_sound_json_and_the_models_own_numbers_pass(body):
    observation = make.observe("strict-json", True, make.reply(body))
    assert observation.seen
    assert observation.findings == ()


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", None])
def test_what_is_no_json_is_left_to_other_checks(body):
    assert not make.observe("strict-json", True, make.reply(body)).seen


def test_a_page_in_another_encoding_is_no_json():
    page = make.reply("<p>ü".encode("latin-1"), 404, headers={"content-type": "text/html"})
    assert not make.observe("strict-json", True, page).seen


@pytest.mark.parametrize(("status", "found"), [(99, True), (100, False), (599, False), (600, True), (999, True)])
def test_a_status_that_http_does_not_have_is_found(status, found):
    assert bool(make.observe("status-in-range", True, make.reply({}, status)).findings) is found


def framed(*headers, ended=1.0):
    return make.reply({}, headers=headers, ended=ended)


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
        [("content-length", "2"), ("content-length", "3")],
        [("content-length", "2"), ("content-length", "2")],
        [("content-length", "2, 3")],
        [("content-length", "-2")],
        [("content-length", "٢")],
    ],
)
def test_headers_that_disagree_about_the_end_of_the_body_are_found(headers):
    assert make.observe("one-length", True, framed(*headers)).findings
    assert not make.observe("one-length", True, framed(*headers, ended=None)).seen


@pytest.mark.parametrize("header", [("content-length", "2"), ("transfer-encoding", "chunked")])
def test_one_way_to_say_where_the_body_ends_passes(header):
    observation = make.observe("one-length", True, framed(header))
    assert observation.seen
    assert observation.findings == ()


def test_without_framing_headers_nothing_is_seen():
    assert not make.observe("one-length", True, framed()).seen
