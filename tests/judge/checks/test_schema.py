"""Checks against components of our OpenAPI document and against JSON Schemas: what passes, fails and shows nothing."""

from __future__ import annotations

import pytest

from support import make, streams

TEXT = {"type": "text", "component": "TextBlock"}
TOOL = {"type": "tool_use", "component": "ToolUseBlock"}
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
    def test_a_wrong_value_is_reported_where_it_stands(self, key, value):
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
    def test_an_incomplete_tool_call_is_reported_where_it_is(self, change, place):
        answer = make.reply(make.message("hi", make.call() | change))
        assert make.places(make.observe("blocks", TOOL, answer)) == [place]

    def test_text_that_is_null_is_reported(self):
        answer = make.reply(make.message({"type": "text", "text": None}))
        assert make.places(make.observe("blocks", TEXT, answer)) == ["/content/0/text"]

    def test_a_block_without_type_is_reported(self):
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


def test_blocks_can_be_sent_back_unless_they_have_members_that_requests_do_not_know():
    called = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}, "caller": {"type": "direct"}}
    unknown = {"type": "hologram", "rays": 7}
    reply = make.reply(make.message({"type": "text", "text": "a", "citations": None}, called, unknown))
    assert make.observe("can-be-sent-back", True, reply).findings == ()
    extra = make.reply(make.message({"type": "text", "text": "a", "annotations": []}, called | {"index": 0}))
    assert make.places(make.observe("can-be-sent-back", True, extra)) == ["/content/0/annotations", "/content/1/index"]
    assert not make.observe("can-be-sent-back", True, make.reply(make.message(unknown))).seen
