"""Checks on which blocks an answer has: each with a reply that passes, one that fails, one with nothing."""

from __future__ import annotations

import pytest

from support import make
from support.make import observe, places

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


@pytest.mark.parametrize("types", [["tool_use"], ["thinking", "text"]])
def test_a_block_of_one_of_the_types_is_enough(types):
    assert observe("has-blocks", types, make.reply(make.message("hi", make.call()))).findings == ()


def test_a_missing_block_means_that_the_request_was_ignored():
    (finding,) = observe("has-blocks", ["thinking"], make.reply(make.message("hi"))).findings
    assert (finding.kind, finding.actual) == ("ignored", "text")


def test_each_unwanted_block_is_located():
    reply = make.reply(make.message("hi", make.call(), make.call("toolu_2")))
    assert observe("lacks-blocks", ["thinking"], reply).findings == ()
    assert places(observe("lacks-blocks", ["tool_use"], reply)) == ["/content/1", "/content/2"]


@pytest.mark.parametrize("check", ["has-blocks", "lacks-blocks"])
def test_a_refusal_shows_nothing_of_blocks(check):
    assert not observe(check, ["text"], make.reply(make.error(), 400)).seen


def test_a_server_call_is_followed_by_its_result():
    assert observe("server-results-follow", True, make.reply(make.message(SEARCH, FOUND))).findings == ()
    for content in ([SEARCH], [FOUND, SEARCH], [SEARCH, FOUND | {"tool_use_id": "srvtoolu_2"}]):
        reply = make.reply(make.message(*content))
        assert places(observe("server-results-follow", True, reply)) == [f"/content/{content.index(SEARCH)}"]


@pytest.mark.parametrize("reason", ["pause_turn", "tool_use", "max_tokens"])
def test_an_answer_that_ended_early_may_lack_the_result(reason):
    assert not observe("server-results-follow", True, make.reply(make.message(SEARCH, stop_reason=reason))).seen


@pytest.mark.parametrize(
    ("content", "seen", "findings"),
    [
        ({"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}, True, []),
        ({"type": "web_search_tool_result_error"}, True, ["/content/0/content"]),
        ([], False, []),
    ],
)
def test_the_error_of_a_server_tool_has_a_code(content, seen, findings):
    block = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": content}
    observed = observe("server-tool-errors", True, make.reply(make.message(block)))
    assert (observed.seen, places(observed)) == (seen, findings)


@pytest.mark.parametrize(
    ("last", "content", "seen", "findings"),
    [
        ([SEARCH], [FOUND], True, []),
        ([SEARCH], ["fine"], True, ["/content"]),
        ([SEARCH, FOUND], ["fine"], False, []),
        ("text", ["fine"], False, []),
    ],
)
def test_calls_that_the_request_leaves_open_are_answered(last, content, seen, findings):
    messages = [{"role": "user", "content": "Search."}, {"role": "assistant", "content": last}]
    observed = observe("open-calls-answered", True, make.reply(make.message(*content), request={"messages": messages}))
    assert (observed.seen, places(observed)) == (seen, findings)


PAGE = {"type": "web_search_result", "url": "https://example.com/", "title": "t", "encrypted_content": "e"}


@pytest.mark.parametrize(
    ("block", "seen", "findings"),
    [
        ({"type": "web_search_tool_result", "tool_use_id": "s", "content": [PAGE]}, True, []),
        (
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{**PAGE, "url": 7}]},
            True,
            ["/content/0/content/0/url"],
        ),
        ({"type": "code_execution_tool_result", "content": {"type": "new"}}, True, ["/content/0/tool_use_id"]),
        ({"type": "new_tool_result", "content": 7}, False, []),
        ({"type": "text", "text": "hello"}, False, []),
    ],
)
def test_a_result_has_the_members_of_its_type(block, seen, findings):
    observed = observe("results-typed", True, make.reply(make.message(block)))
    assert (observed.seen, places(observed)) == (seen, findings)
