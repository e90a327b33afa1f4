"""Whatever JSON an endpoint sends, in body, usage, content or headers, no check of these families raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.judge.check import Observation
from conformance.judge.checks import agreement as matching
from conformance.judge.checks import envelope, http, message, models, usage
from conformance.judge.checks import stop as stopping
from conformance.judge.checks import token_counting as counting

CHECKS = {
    name: check
    for family in (counting, envelope, http, matching, message, models, stopping, usage)
    for name, check in family.CHECKS.items()
}
ARGUMENTS = {
    "status": [200, [200, "4xx"]],
    "status-not": [[408, "5xx"]],
    "header-present": ["request-id"],
    "header-matches": [{"names": "a.*", "pattern": "[0-9]+"}, {"names": "a.*", "format": "date-time"}],
    "media-type": ["json", "text/event-stream"],
    "read-or-refused": [{"marker": "x"}],
    "header-equals-body": [{"header": "request-id", "pointer": "/request_id"}],
    "unique": [{"header": "request-id"}, {"pointer": "/id"}, {"pointer": "/data/*/id"}],
    "error-type": [{"status": 400, "type": "invalid_request_error"}],
    "matches": [
        {"component": "Message"},
        {"component": "Message", "pointer": "/usage", "part": "below", "except": ["/usage/input_tokens"]},
        {"schema": {"type": "integer"}, "pointer": "/data/*", "required": True},
        {"type": "object", "required": ["id"], "properties": {"content": {"minItems": 1}}},
    ],
    "blocks": [{"type": "text", "component": "TextBlock"}, {"type": "tool_use", "schema": {"required": ["caller"]}}],
    "input-as-counted": ["other"],
    "count-compared": [{"than": "other", "is": "same"}, {"than": "other", "is": "larger"}],
    "date-time": ["/data/*/created_at"],
    "page-limited": [{"limit": 1, "of": "other"}],
    "page-follows": [{"after": 1}],
    "page-equals": [{"step": 1}],
    "equals-list-entry": ["other"],
}

numbers = st.integers() | st.integers(min_value=10**300, max_value=10**400) | st.floats()
scalars = st.none() | st.booleans() | numbers | st.text(max_size=6)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["message", "error", "text", "tool_use", "thinking", "end_turn", "tool_use", "stop_sequence", "refusal"]
)


def shape(**keys: st.SearchStrategy) -> st.SearchStrategy:
    """An object with some of these keys, each also with any other value."""
    return st.fixed_dictionaries({}, optional={key: value | anything for key, value in keys.items()})


blocks = shape(type=WORDS, text=anything, id=st.just("toolu_1"), name=anything, input=anything, signature=st.just(""))
counts = shape(
    input_tokens=numbers,
    output_tokens=numbers,
    cache_creation_input_tokens=numbers,
    cache_creation=shape(ephemeral_5m_input_tokens=numbers, ephemeral_1h_input_tokens=numbers),
    output_tokens_details=shape(thinking_tokens=numbers),
    server_tool_use=shape(web_search_requests=numbers),
    iterations=anything,
)
entries = shape(
    id=st.just("m"), created_at=st.sampled_from(["2026-01-01T00:00:00Z", "9999-99-99T99:99:99Z"]), type=WORDS
)
bodies = (
    shape(
        id=st.just("x"),
        type=WORDS,
        content=st.lists(blocks | anything, max_size=3),
        stop_reason=WORDS,
        stop_sequence=anything,
        stop_details=anything,
        usage=counts,
        error=shape(type=anything, message=anything, details=shape(error_code=anything)),
        request_id=anything,
        input_tokens=numbers,
        data=st.lists(entries | anything, max_size=3),
        has_more=st.booleans(),
        first_id=anything,
        last_id=anything,
    )
    | anything
)
requests = (
    shape(
        max_tokens=numbers,
        stream=st.booleans(),
        stop_sequences=anything,
        tools=st.lists(shape(name=anything, type=anything), max_size=2),
        messages=st.lists(shape(role=anything, content=st.lists(blocks | anything, max_size=2)), max_size=2),
    )
    | anything
)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_arguments_of_this_test_fit_the_schema_of_the_check(name):
    schema = Draft202012Validator(dict(CHECKS[name].argument))
    for argument in ARGUMENTS.get(name, [True]):
        schema.validate(argument)


@settings(max_examples=150, deadline=None)
@given(body=bodies, other=bodies, request_body=requests, status=st.sampled_from([200, 200, 400, 429, 500, None]))
def test_no_json_body_makes_a_check_raise(make, body, other, request_body, status):
    first = make.reply(body, status, request=request_body, stream=False, scenario="probe")
    second = make.reply(other, stream=True, step=2)
    replies = {"other": second, "probe": first, "probe/1": second}
    for name, check in CHECKS.items():
        for argument in ARGUMENTS.get(name, [True]):
            assert isinstance(
                make.observe(name, argument, [first, second], replies=replies, control="other"), Observation
            ), name
            assert check.summary.endswith(".")


@settings(max_examples=100, deadline=None)
@given(
    items=st.lists(
        shape(
            type=st.sampled_from(["message_start", "message_delta", "error"]),
            message=bodies,
            delta=shape(stop_reason=WORDS),
            usage=counts,
        ).map(lambda item: {"type": "ping"} | item),
        max_size=4,
    ),
    request_body=requests,
)
def test_no_event_stream_makes_a_check_raise(make, items, request_body):
    text = (
        make.events(*({**item, "type": item["type"] if isinstance(item["type"], str) else "x"} for item in items))
        or ":\n\n"
    )
    subject = make.reply(text, request=request_body, stream=True)
    for name in CHECKS:
        for argument in ARGUMENTS.get(name, [True]):
            assert isinstance(make.observe(name, argument, subject, replies={"probe": subject}), Observation), name


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b"nul", b'"\\ud800"'])
def test_no_bytes_make_a_check_raise(make, raw):
    for status in (200, 404):
        subject = make.reply(raw, status)
        for name in CHECKS:
            for argument in ARGUMENTS.get(name, [True]):
                assert isinstance(make.observe(name, argument, subject), Observation), name
