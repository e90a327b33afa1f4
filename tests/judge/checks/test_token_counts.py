"""Comparisons of token counts, and the counter of server tools: what agrees, what does not, what shows nothing."""

from __future__ import annotations

import pytest

from conformance.judge.checks.token_counts import ROWS
from support import make, streams

DECLARED = {"tools": [{"name": "get_weather", "input_schema": {"type": "object"}}]}
SERVER_TOOL = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}


def called(name: str) -> tuple[str, object]:
    """A row of the comparison of token counts, or a check that takes no argument."""
    return ("token-counts", name) if name in ROWS else (name, True)


class TestUsage:
    def usage(self, request=None, **changes):
        return make.reply(make.message("hi", usage=make.USAGE | changes), request=request or {})

    @pytest.mark.parametrize(
        ("check", "changes", "request_body"),
        [
            ("input-counted", {}, {}),
            ("input-counted", {"input_tokens": 0, "cache_read_input_tokens": 9}, {}),
            ("output-counted", {}, {}),
            ("output-within-max-tokens", {"output_tokens": 12}, {"max_tokens": 10}),
            ("thinking-within-output", {"output_tokens_details": {"thinking_tokens": 5}}, {}),
            (
                "cache-parts-add-up",
                {
                    "cache_creation_input_tokens": 3,
                    "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2},
                },
                {},
            ),
            ("server-tools-counted-only-if-used", {"server_tool_use": None}, {}),
            ("server-tools-counted-only-if-used", {"server_tool_use": {"web_search_requests": 0}}, {}),
        ],
    )
    def test_counters_that_add_up_pass(self, check, changes, request_body):
        observation = make.observe(*called(check), self.usage(request_body, **changes))
        assert observation.seen
        assert observation.findings == ()

    @pytest.mark.parametrize(
        ("check", "changes", "request_body", "place"),
        [
            ("input-counted", {"input_tokens": 0, "cache_read_input_tokens": None}, {}, "input_tokens"),
            ("output-counted", {"output_tokens": 0}, {"max_tokens": 5}, "output_tokens"),
            ("output-within-max-tokens", {"output_tokens": 13}, {"max_tokens": 10}, "output_tokens"),
            (
                "thinking-within-output",
                {"output_tokens_details": {"thinking_tokens": 6}},
                {},
                "output_tokens_details/thinking_tokens",
            ),
            (
                "cache-parts-add-up",
                {"cache_creation_input_tokens": 3, "cache_creation": {"ephemeral_5m_input_tokens": 1}},
                {},
                "cache_creation",
            ),
            (
                "server-tools-counted-only-if-used",
                {"server_tool_use": {"web_search_requests": 1}},
                DECLARED,
                "server_tool_use",
            ),
        ],
    )
    def test_counters_that_do_not_add_up_are_reported(self, check, changes, request_body, place):
        observation = make.observe(*called(check), self.usage(request_body, **changes))
        assert make.places(observation) == [f"/usage/{place}"]

    @pytest.mark.parametrize(
        ("check", "changes", "request_body"),
        [
            ("input-counted", {"input_tokens": "20"}, {}),
            ("input-counted", {"input_tokens": 0, "iterations": [{"type": "compaction", "input_tokens": 9}]}, {}),
            ("output-counted", {"output_tokens": 0}, {"max_tokens": 0}),
            ("output-counted", {"output_tokens": 0, "iterations": [{"type": "compaction"}]}, {}),
            ("output-within-max-tokens", {"output_tokens": 1552}, {"max_tokens": 1024, **SERVER_TOOL}),
            ("output-within-max-tokens", {"output_tokens": 5}, {"max_tokens": -1}),
            ("output-within-max-tokens", {}, {}),
            ("thinking-within-output", {}, {}),
            (
                "cache-parts-add-up",
                {
                    "cache_creation_input_tokens": 3,
                    "cache_creation": {"ephemeral_5m_input_tokens": 1},
                    "server_tool_use": {"web_search_requests": 1},
                },
                {},
            ),
            ("server-tools-counted-only-if-used", {"server_tool_use": {"web_search_requests": 1}}, SERVER_TOOL),
        ],
    )
    def test_what_the_recordings_allow_shows_nothing(self, check, changes, request_body):
        assert not make.observe(*called(check), self.usage(request_body, **changes)).seen

    def test_a_refusal_before_any_output_counts_none(self):
        refused = make.message(stop_reason="refusal", usage={"input_tokens": 12, "output_tokens": 0})
        assert not make.observe("token-counts", "output-counted", make.reply(refused)).seen

    def test_a_stream_counts_its_input_like_the_json_answer(self):
        other = {"probe/json": self.usage()}
        same = make.observe("token-counts", "input-as-in-json", make.reply(streams.whole()), replies=other)
        assert same.seen
        assert same.findings == ()
        zero = make.reply(streams.whole(usage={"input_tokens": 0, "output_tokens": 1}))
        observation = make.observe("token-counts", "input-as-in-json", zero, replies=other)
        assert make.places(observation) == ["/usage/input_tokens"]
        assert not make.observe("token-counts", "input-as-in-json", zero).seen

    @pytest.mark.parametrize(("estimate", "fine"), [(20, True), (41, True), (45, False), (400, False)])
    def test_usage_agrees_with_count_tokens_within_its_margin(self, estimate, fine):
        count = make.reply({"input_tokens": estimate}, path="/v1/messages/count_tokens")
        observation = make.observe("token-counts", {"input-as-counted": "count"}, self.usage(), count=count)
        assert observation.seen
        assert (make.places(observation) == []) is fine

    @pytest.mark.parametrize("status", [404, None])
    def test_without_a_count_there_is_nothing_to_agree_with(self, status):
        count = make.reply({"input_tokens": 20}, status)
        assert not make.observe("token-counts", {"input-as-counted": "count"}, self.usage(), count=count).seen


def count(tokens, status=200):
    return make.reply({"input_tokens": tokens}, status, path="/v1/messages/count_tokens")


class TestCounts:
    @pytest.mark.parametrize(("tokens", "how"), [(20, "same"), (21, "larger"), (22, "near"), (18, "near")])
    def test_counts_that_compare_as_named_pass(self, tokens, how):
        observation = make.observe("token-counts", {f"count-{how}": "count"}, count(tokens), count=count(20))
        assert observation.seen
        assert observation.findings == ()

    @pytest.mark.parametrize(
        ("tokens", "how", "kind"),
        [
            (21, "same", "deviation"),
            (24, "near", "deviation"),
            (20, "larger", "ignored"),
            (19, "larger", "deviation"),
        ],
    )
    def test_counts_that_compare_otherwise_are_reported(self, tokens, how, kind):
        observation = make.observe("token-counts", {f"count-{how}": "count"}, count(tokens), count=count(20))
        assert make.places(observation) == ["/input_tokens"]
        assert observation.findings[0].kind == kind

    @pytest.mark.parametrize(("tokens", "status"), [("20", 200), (20, 404), (True, 200)])
    def test_without_two_counts_there_is_nothing_to_compare(self, tokens, status):
        argument = {"count-same": "count"}
        assert not make.observe("token-counts", argument, count(20), count=count(tokens, status)).seen
        assert not make.observe("token-counts", argument, count(20)).seen
