"""Whatever an endpoint sends, the checks of answers and refusals say something and never raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.judge.check import Observation
from conformance.judge.checks import between, caching, cites, honoured, output, refusal, text, thinking, tools

ARGUMENTS = {
    "refused": [True, {"status": [404], "type": ["not_found_error"], "names": "x"}],
    "honoured": [True, {"marker": "a"}, {"marker": "a", "absent": "b"}],
    "text-contains": ["a", ["a", "b"]],
    "text-lacks": ["a", ["a", "b"]],
    "text-says": ["a"],
    "has-blocks": [["thinking"]],
    "lacks-blocks": [["thinking"]],
    "thinking-first": [True],
    "thinking-hidden": [True],
    "thinking-shown": [True],
    "thinking-undelivered": [True],
    "thinking-costs": [True],
    "server-results-follow": [True],
    "citations-fit": list(cites.OF_REQUEST),
    "cites": ["char_location"],
    "cites-enabled-only": [True],
    "json-output": [True],
    "json-order": [True],
    "cache-used": [True],
    "cache-unused": [True],
    "input-as-in-step": [1],
    "same-stop-reason-as-json": [True],
    "same-body-as": ["other"],
    "stop-reason": ["end_turn", ["end_turn", "tool_use"]],
    "stop-sequence-is": ["7", None],
    "calls-tool": ["get_weather", {"name": "get_weather", "input": {"city": "Lisbon"}}],
    "calls-no-tool": [True],
    "calls": [{"exactly": 1}, {"at-least": 1, "at-most": 2, "only": "get_weather"}],
    "text-before-call": [False],
    "input-valid": [True],
}
FAMILIES = (refusal, honoured, text, tools, thinking, cites, output, caching, between)
CHECKS = {name: check for family in FAMILIES for name, check in family.CHECKS.items() if name in ARGUMENTS}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
citation = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(cites.OF_REQUEST) | anything,
        "document_index": anything,
        "search_result_index": anything,
        "start_char_index": anything,
        "end_char_index": anything,
        "cited_text": anything,
    },
)
blocks = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["text", "tool_use", "thinking", "server_tool_use"]) | anything,
        "text": anything,
        "name": st.just("get_weather") | anything,
        "input": anything,
        "id": anything,
        "thinking": anything,
        "citations": st.lists(citation, max_size=2) | anything,
    },
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("error") | anything,
        "content": st.lists(blocks | anything, max_size=4) | anything,
        "stop_reason": st.sampled_from(["end_turn", "max_tokens"]) | anything,
        "stop_sequence": anything,
        "usage": st.fixed_dictionaries({}, optional={"input_tokens": anything}) | anything,
        "error": st.fixed_dictionaries({}, optional={"type": anything, "message": anything}) | anything,
    },
)
tool = st.fixed_dictionaries({}, optional={"name": st.just("get_weather") | anything, "input_schema": anything})
requests = st.fixed_dictionaries({"tools": st.lists(tool | anything, max_size=2) | anything}) | anything


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_arguments_of_this_test_fit_the_schema_of_the_check(name):
    schema = Draft202012Validator(dict(CHECKS[name].argument))
    assert all(schema.is_valid(argument) for argument in ARGUMENTS[name])
    assert not schema.is_valid({"no-such-word": 1})


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_says_in_its_first_line_what_it_claims(name):
    assert CHECKS[name].name == name
    assert CHECKS[name].summary.endswith(".")


@settings(max_examples=150, deadline=None)
@given(body=bodies | anything, request=requests, status=st.sampled_from([200, 200, 400, 401, 500]))
def test_no_check_raises_whatever_stands_in_request_and_answer(reply_of, facts_of, body, request, status):
    reply = reply_of(body, status=status, request=request)
    facts = facts_of("other", other=reply)
    for name, check in CHECKS.items():
        for argument in ARGUMENTS[name]:
            assert isinstance(check.each(reply, argument, facts), Observation)
