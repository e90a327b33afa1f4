"""Whatever an endpoint sends, in body, events, headers or bytes, no check raises. Every registered check takes part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.judge.check import NO_ARGUMENT, Check
from conformance.judge.checks import REGISTRY
from conformance.judge.checks.citations import OF_REQUEST
from conformance.protocol.reply import Reply
from support import make
from support.standard import library

ARGUMENTS: dict[str, list[Any]] = {
    "blocks": [{"type": "text", "component": "TextBlock"}, {"type": "tool_use", "schema": {"required": ["caller"]}}],
    "calls": [{"exactly": 1}, {"at-least": 1, "at-most": 2, "only": "get_weather"}],
    "calls-tool": ["get_weather", {"name": "get_weather", "input": {"city": "Lisbon"}}],
    "date-time": ["/data/*/created_at"],
    "equals-list-entry": ["other"],
    "error-type": [{"status": 400, "type": "invalid_request_error"}],
    "grammar": ["message-stop-last", ["message-start-first", "index-contiguous"]],
    "has-blocks": [["thinking"]],
    "header-equals-body": [{"header": "request-id", "pointer": "/request_id"}],
    "header-matches": [{"names": "a.*", "pattern": "[0-9]+"}, {"names": "a.*", "format": "date-time"}],
    "header-present": ["request-id"],
    "honoured": [True, {"marker": "a"}, {"marker": "a", "absent": "b"}],
    "lacks-blocks": [["thinking"]],
    "matches": [
        {"component": "Message"},
        {"component": "Message", "pointer": "/usage", "part": "below", "except": ["/usage/input_tokens"]},
        {"schema": {"type": "integer"}, "pointer": "/data/*", "required": True},
        {"type": "object", "required": ["id"], "properties": {"content": {"minItems": 1}}},
    ],
    "media-type": ["json", "text/event-stream"],
    "page-equals": [{"step": 1}],
    "page-follows": [{"after": 1}],
    "page-limited": [{"limit": 1, "of": "other"}],
    "read-or-refused": [{"marker": "x"}],
    "refused": [True, {"status": [404], "type": ["not_found_error"], "names": "x"}],
    "same-body-as": ["other"],
    "status": [200, [200, "4xx"]],
    "status-not": [[408, "5xx"]],
    "stop-reason": ["end_turn", ["end_turn", "tool_use"]],
    "stop-sequence-is": ["7", None],
    "text-contains": ["a", ["a", "b"], {"word": "a"}],
    "text-lacks": ["a", ["a", "b"]],
    "token-counts": [
        "input-counted",
        "output-counted",
        "output-within-max-tokens",
        "thinking-within-output",
        "cache-parts-add-up",
        "input-as-in-json",
        {"input-as-in-step": 1},
        {"input-as-counted": "other"},
        {"count-same": "other"},
        {"count-larger": "other"},
    ],
    "unique": [{"header": "request-id"}, {"pointer": "/id"}, {"pointer": "/data/*/id"}],
}
"""Arguments of the checks whose schema neither lists all of them nor allows none. Others have those of their cases."""


def arguments_of(check: Check) -> list[Any]:
    if check.argument == NO_ARGUMENT:
        return [True]
    return ARGUMENTS.get(check.name) or check.argument.get("enum") or in_cases(check.name)


@cache
def in_cases(name: str) -> list[Any]:
    calls = [call for case in library().catalogue.cases for call in (*case.given, *case.expect) if call.name == name]
    return list({json.dumps(call.argument): call.argument for call in calls}.values())


numbers = st.integers() | st.integers(min_value=10**300, max_value=10**400) | st.floats()
scalars = st.none() | st.booleans() | numbers | st.text(max_size=6)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(["message", "error", "end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal"])


def shape(**keys: Any) -> Any:
    """An object with some of these keys, each also with any other value."""
    return st.fixed_dictionaries({}, optional={key: value | anything for key, value in keys.items()})


citations = shape(
    type=st.sampled_from(OF_REQUEST),
    document_index=numbers,
    start_char_index=numbers,
    end_char_index=numbers,
    cited_text=anything,
)
blocks = shape(
    type=st.sampled_from(["text", "tool_use", "thinking", "server_tool_use"]),
    text=anything,
    id=st.just("toolu_1"),
    name=st.just("get_weather"),
    input=anything,
    thinking=anything,
    signature=st.just(""),
    citations=st.lists(citations, max_size=2),
)
counts = shape(
    input_tokens=numbers,
    output_tokens=numbers,
    cache_creation_input_tokens=numbers,
    cache_creation=shape(ephemeral_5m_input_tokens=numbers, ephemeral_1h_input_tokens=numbers),
    output_tokens_details=shape(thinking_tokens=numbers),
    server_tool_use=shape(web_search_requests=numbers),
    iterations=anything,
)
entries = shape(id=st.just("m"), created_at=st.sampled_from(["2026-01-01T00:00:00Z", "9999-99-99T99:99:99Z"]))
bodies = (
    shape(
        id=st.just("x"),
        type=words,
        content=st.lists(blocks | anything, max_size=3),
        stop_reason=words,
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
        tools=st.lists(shape(name=st.just("get_weather"), type=anything, input_schema=anything), max_size=2),
        messages=st.lists(shape(role=anything, content=st.lists(blocks | anything, max_size=2)), max_size=2),
        output_config=shape(format=shape(schema=anything)),
    )
    | anything
)
events = shape(
    type=st.sampled_from(
        ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "error"]
    ),
    message=bodies,
    index=st.integers(0, 2),
    content_block=blocks,
    delta=shape(type=st.sampled_from(["text_delta", "thinking_delta"]), text=anything, stop_reason=words),
    usage=counts,
    error=anything,
)


def reply_to(raw: bytes, status: int | None = 200, *, request: Any = None, streamed: bool = False) -> Reply:
    return make.reply(raw, status, request=request, stream=streamed)


def run_all(*replies: Reply) -> Iterator[str]:
    """Runs every check with every argument on the replies, which are also all that a check can look up."""
    context = make.context("other", **dict.fromkeys(("other", "probe"), replies[-1]))
    for name, check in REGISTRY.items():
        for argument in arguments_of(check):
            yield from (name for _ in check.observe(replies, argument, context))


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_check_says_what_it_claims_and_has_arguments_that_fit_its_schema(name: str) -> None:
    check = REGISTRY[name]
    assert check.summary.endswith(".")
    assert arguments_of(check), "no case uses the check: give it arguments in ARGUMENTS"
    schema = Draft202012Validator(dict(check.argument))
    assert [argument for argument in arguments_of(check) if not schema.is_valid(argument)] == []


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(body=bodies, other=bodies, request=requests, status=st.sampled_from([200, 200, 400, 401, 429, 500, None]))
def test_no_json_body_makes_a_check_raise(body: Any, other: Any, request: Any, status: Any) -> None:
    first = reply_to(json.dumps(body).encode(), status, request=request)
    assert set(run_all(first, reply_to(json.dumps(other).encode()))) == set(REGISTRY)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(items=st.lists(events, max_size=6), request=requests)
def test_no_event_stream_makes_a_check_raise(items: list[Any], request: Any) -> None:
    lines = [
        f"event: {item['type'] if isinstance(item.get('type'), str) else 'x'}\ndata: {json.dumps(item)}\n\n"
        for item in items
        if isinstance(item, dict)
    ]
    raw = "".join(lines).encode("utf-8", "surrogatepass")
    assert set(run_all(reply_to(raw, request=request, streamed=True))) == set(REGISTRY)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b"nul", b'"\\ud800"'])
@pytest.mark.parametrize("status", [200, 404])
def test_no_bytes_make_a_check_raise(raw: bytes, status: int) -> None:
    for streamed in (False, True):
        assert set(run_all(reply_to(raw, status, streamed=streamed))) == set(REGISTRY)
