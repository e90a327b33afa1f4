"""Checks on the Message, its usage and its end: each with a reply that passes, one that fails, one with nothing."""

from __future__ import annotations

import pytest

from conformance.judge.checks.token_counts import ROWS
from support import make, streams

DECLARED = {"tools": [{"name": "get_weather", "input_schema": {"type": "object"}}]}
SERVER_TOOL = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}

TEXT = {"type": "text", "component": "TextBlock"}
TOOL = {"type": "tool_use", "component": "ToolUseBlock"}
STOPS = {"stop_sequences": ["7", "9"]}
KEYS = ["id", "type", "role", "model", "stop_sequence"]


class TestMatches:
    @pytest.mark.parametrize("key", [*KEYS, "content", "usage", "usage/input_tokens"])
    def test_a_message_passes_key_by_key_in_both_modes(self, key):
        for answer in (make.reply(make.message("hi")), make.reply(streams.whole())):
            observation = make.observe("matches", {"component": "Message", "pointer": f"/{key}"}, answer)
            assert observation.seen
            assert observation.findings == ()

    @pytest.mark.parametrize("key", KEYS)
    def test_one_missing_key_is_one_finding_of_one_case(self, key):
        answer = make.reply(make.message(**{key: ...}))
        wrong = [
            other
            for other in KEYS
            if make.observe("matches", {"component": "Message", "pointer": f"/{other}"}, answer).findings
        ]
        assert wrong == [key]
        observation = make.observe("matches", {"component": "Message", "pointer": f"/{key}"}, answer)
        assert make.places(observation) == [f"/{key}"]
        assert observation.findings[0].actual == "missing"

    @pytest.mark.parametrize(("key", "value"), [("id", ""), ("type", "chat.completion"), ("role", None), ("model", 4)])
    def test_a_wrong_value_is_told_where_it_stands(self, key, value):
        answer = make.reply(make.message(**{key: value}))
        observation = make.observe("matches", {"component": "Message", "pointer": f"/{key}"}, answer)
        assert make.places(observation) == [f"/{key}"]

    def test_missing_usage_is_not_also_a_missing_counter(self):
        answer = make.reply(make.message(usage=...))
        usage = {"component": "Message", "pointer": "/usage", "part": "at"}
        assert make.places(make.observe("matches", usage, answer)) == ["/usage"]
        for pointer in ("/usage/input_tokens", "/usage/output_tokens"):
            assert not make.observe("matches", {"component": "Message", "pointer": pointer}, answer).seen

    def test_part_and_except_narrow_what_counts(self):
        answer = make.reply(make.message(usage={"output_tokens": "5", "cache_read_input_tokens": "0"}))
        whole = {"component": "Message", "pointer": "/usage"}
        assert len(make.observe("matches", whole, answer).findings) == 3
        assert make.observe("matches", {**whole, "part": "at"}, answer).findings == ()
        narrowed = {**whole, "part": "below", "except": ["/usage/input_tokens", "/usage/output_tokens"]}
        assert make.places(make.observe("matches", narrowed, answer)) == ["/usage/cache_read_input_tokens"]

    def test_an_optional_key_that_is_absent_shows_nothing(self):
        assert not make.observe(
            "matches", {"component": "Message", "pointer": "/container"}, make.reply(make.message())
        ).seen

    def test_a_json_schema_is_applied_to_the_whole_body(self):
        argument = {"type": "object", "required": ["a", "b"]}
        assert make.places(make.observe("matches", argument, make.reply({"a": 1}))) == ["/b"]
        assert make.observe("matches", argument, make.reply({"a": 1, "b": 2})).findings == ()

    def test_a_json_schema_is_applied_to_each_item_that_a_star_picks(self):
        argument = {"pointer": "/data/*", "schema": {"properties": {"id": {"type": "string"}}}}
        observation = make.observe("matches", argument, make.reply({"data": [{"id": "a"}, {"id": 5}]}))
        assert make.places(observation) == ["/data/1/id"]
        assert not make.observe("matches", argument, make.reply({"data": []})).seen

    def test_a_required_value_that_is_missing_is_a_finding_where_its_object_exists(self):
        argument = {"pointer": "/usage/x", "required": True, "schema": {}}
        assert make.places(make.observe("matches", argument, make.reply({"usage": {}}))) == ["/usage/x"]
        assert not make.observe("matches", argument, make.reply({})).seen

    @pytest.mark.parametrize("body", [b"", b"<html>", ":\n\n"])
    def test_a_body_that_cannot_be_read_shows_nothing(self, body):
        assert not make.observe("matches", {"component": "Message", "pointer": "/id"}, make.reply(body)).seen


class TestBlocks:
    def test_complete_blocks_pass(self):
        answer = make.reply(make.message("hi", make.call(), {"type": "brand_new"}))
        assert make.observe("blocks", TEXT, answer).findings == ()
        assert make.observe("blocks", TOOL, answer).findings == ()
        assert make.observe("block-types", True, answer).findings == ()

    @pytest.mark.parametrize(
        ("change", "place"),
        [({"id": ""}, "/content/1/id"), ({"input": "{}"}, "/content/1/input"), ({"name": None}, "/content/1/name")],
    )
    def test_an_incomplete_tool_call_is_told_where_it_is(self, change, place):
        answer = make.reply(make.message("hi", make.call() | change))
        assert make.places(make.observe("blocks", TOOL, answer)) == [place]

    def test_text_that_is_null_is_told(self):
        answer = make.reply(make.message({"type": "text", "text": None}))
        assert make.places(make.observe("blocks", TEXT, answer)) == ["/content/0/text"]

    def test_a_block_without_type_is_told(self):
        answer = make.reply(make.message({"text": "hi"}, 5))
        assert make.places(make.observe("block-types", True, answer)) == ["/content/0/type", "/content/1"]

    def test_blocks_of_a_type_are_held_to_a_json_schema_too(self):
        argument = {"type": "tool_use", "schema": {"required": ["caller"]}}
        answer = make.reply(make.message("hi", make.call(), make.call(caller=None)))
        assert make.places(make.observe("blocks", argument, answer)) == ["/content/1/caller"]
        assert not make.observe("blocks", argument, make.reply(make.message("hi"))).seen

    def test_no_block_shows_nothing(self):
        assert not make.observe("block-types", True, make.reply(make.message())).seen
        assert not make.observe("blocks", TOOL, make.reply(make.message("hi"))).seen

    def test_a_thinking_block_is_signed(self):
        signed = {"type": "thinking", "thinking": "", "signature": "c2ln"}
        assert make.observe("thinking-signed", True, make.reply(make.message(signed))).findings == ()
        empty = make.reply(make.message(signed | {"signature": ""}))
        assert make.places(make.observe("thinking-signed", True, empty)) == ["/content/0/signature"]
        assert not make.observe("thinking-signed", True, make.reply(make.message("hi"))).seen


class TestToolCalls:
    def test_distinct_declared_calls_pass(self):
        answer = make.reply(make.message(make.call("a"), make.call("b")), request=DECLARED)
        for check in ("tool-ids-unique", "tool-names-declared"):
            assert make.observe(check, True, answer).seen
            assert make.observe(check, True, answer).findings == ()

    def test_parallel_calls_with_one_id_are_told(self):
        answer = make.reply(make.message(make.call("a"), "hi", make.call("a")))
        assert make.places(make.observe("tool-ids-unique", True, answer)) == ["/content/0/id", "/content/2/id"]

    def test_an_id_of_the_history_is_not_used_again(self):
        history = {"messages": [{"role": "assistant", "content": [make.call("a")]}]}
        answer = make.reply(make.message(make.call("a")), request=history)
        assert make.places(make.observe("tool-ids-unique", True, answer)) == ["/content/0/id"]

    @pytest.mark.parametrize("request_body", [DECLARED, {}])
    def test_a_tool_that_was_not_declared_is_told(self, request_body):
        answer = make.reply(make.message(make.call(name="other")), request=request_body)
        assert make.places(make.observe("tool-names-declared", True, answer)) == ["/content/0/name"]

    def test_tools_with_their_own_schema_say_nothing_about_names(self):
        answer = make.reply(make.message(make.call(name="other")), request=SERVER_TOOL)
        assert not make.observe("tool-names-declared", True, answer).seen


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
    def test_a_stop_sequence_that_does_not_fit_is_told(self, reason, sequence, request_body):
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
    def test_a_stop_reason_of_another_api_is_told(self, word):
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
    def test_a_tool_call_that_ends_otherwise_is_told(self, reason):
        answer = make.reply(make.message(make.call(), "hi", stop_reason=reason))
        assert make.places(make.observe("tool-call-stops", True, answer)) == ["/stop_reason"]

    def test_tool_use_without_a_call_is_told(self):
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
    def test_counters_that_do_not_add_up_are_told(self, check, changes, request_body, place):
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


def test_a_stream_adds_up_to_the_keys_of_the_json_answer():
    answer = {"probe/json": make.reply(make.message("hi"))}
    fine = make.observe("same-shape-as-json", True, make.reply(streams.whole()), replies=answer)
    assert fine.seen
    assert fine.findings == ()
    without = make.observe("same-shape-as-json", True, make.reply(streams.whole(model=...)), replies=answer)
    assert make.places(without) == ["/model"]
    assert not make.observe("same-shape-as-json", True, make.reply(streams.whole())).seen
