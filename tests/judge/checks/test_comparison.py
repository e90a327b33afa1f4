"""Checks that compare replies with each other, and the counters of the cache."""

from __future__ import annotations

import json

import pytest

from support import make, streams
from support.make import observe, places


def asking(word, answer, scenario):
    return make.reply(make.message(answer), request={"messages": [word]}, scenario=scenario)


def test_a_code_word_of_another_request_is_cross_talk():
    own = asking("Say LAPIS-7431", "LAPIS-7431", "one")
    leaking = asking("Say OPAL-5826", "OPAL-5826 and LAPIS-7431", "two")
    assert observe("no-cross-talk", True, [own, asking("Say OPAL-5826", "OPAL-5826", "two")]).findings == ()
    (finding,) = observe("no-cross-talk", True, [own, leaking]).findings
    assert (finding.where.scenario, finding.actual) == ("two/json", "LAPIS-7431 of another request")
    assert not observe("no-cross-talk", True, [make.reply(make.message("hello"))]).seen


def test_an_invented_code_word_is_no_cross_talk():
    replies = [asking("hello", "JADE-1111", "one"), asking("Say OPAL-5826", "OPAL-5826", "two")]
    assert observe("no-cross-talk", True, replies).findings == ()


def ending(reason):
    start = make.message(content=[], stop_reason=None)
    events = [
        {"type": "message_start", "message": start},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return make.reply("".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events))


def test_both_modes_end_for_the_same_reason():
    answer = {"probe/json": make.reply(make.message())}
    assert observe("same-stop-reason-as-json", True, ending("end_turn"), replies=answer).findings == ()
    differing = observe("same-stop-reason-as-json", True, ending("max_tokens"), replies=answer)
    assert places(differing) == ["/stop_reason"]
    assert not observe("same-stop-reason-as-json", True, ending("end_turn")).seen


def test_both_modes_name_the_same_model():
    stream = ending("end_turn")
    assert (
        observe("same-model-as-json", True, stream, replies={"probe/json": make.reply(make.message())}).findings == ()
    )
    other = {"probe/json": make.reply(make.message(model="another"))}
    assert places(observe("same-model-as-json", True, stream, replies=other)) == ["/model"]
    assert not observe("same-model-as-json", True, stream).seen
    nameless = {"probe/json": make.reply(make.message(model=None))}
    assert not observe("same-model-as-json", True, stream, replies=nameless).seen


def test_two_requests_get_the_same_body():
    first = make.reply({"id": "m"})
    assert observe("same-body-as", "first", make.reply({"id": "m"}), first=first).findings == ()
    assert places(observe("same-body-as", "first", make.reply({"id": "n"}), first=first)) == [""]
    assert not observe("same-body-as", "first", make.reply({"id": "m"})).seen
    assert not observe("same-body-as", "first", make.reply({"id": "m"}, 404), first=first).seen


def cached(**counts):
    return make.reply(make.message(usage=make.USAGE | counts))


WRITTEN = {"cache_creation_input_tokens": 9, "cache_read_input_tokens": None}
UNUSED = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


@pytest.mark.parametrize(("argument", "counts"), [("used", WRITTEN), ("unused", UNUSED)])
def test_a_cache_that_does_what_was_asked_passes(argument, counts):
    assert observe("prompt-cache", argument, cached(**counts)).findings == ()


@pytest.mark.parametrize(
    ("argument", "counts", "kind"),
    [("used", UNUSED, "ignored"), ("used", {}, "ignored"), ("unused", WRITTEN, "deviation")],
)
def test_a_cache_that_does_otherwise_is_reported(argument, counts, kind):
    (finding,) = observe("prompt-cache", argument, cached(**counts)).findings
    assert (finding.kind, finding.where.pointer) == (kind, "/usage")


def test_a_usage_without_both_counters_shows_nothing_of_an_unused_cache():
    assert not observe("prompt-cache", "unused", cached()).seen
    assert not observe("prompt-cache", "used", make.reply(make.error(), 400)).seen


@pytest.mark.parametrize(("tokens", "fine"), [(20, True), (22, True), (40, False)])
def test_a_later_step_has_as_much_input_as_an_earlier_one(tokens, fine):
    earlier = {"probe/1": make.reply(make.message(usage={"input_tokens": 1, "cache_creation_input_tokens": 19}))}
    reply = make.reply(make.message(usage={"input_tokens": 1, "cache_read_input_tokens": tokens - 1}), step=2)
    observation = observe("token-counts", {"input-as-in-step": 1}, reply, replies=earlier)
    assert observation.seen
    assert (observation.findings == ()) is fine
    assert not observe("token-counts", {"input-as-in-step": 1}, reply).seen


def test_a_stream_adds_up_to_the_keys_of_the_json_answer():
    answer = {"probe/json": make.reply(make.message("hi"))}
    fine = make.observe("same-shape-as-json", True, make.reply(streams.whole()), replies=answer)
    assert fine.seen
    assert fine.findings == ()
    without = make.observe("same-shape-as-json", True, make.reply(streams.whole(model=...)), replies=answer)
    assert make.places(without) == ["/model"]
    assert not make.observe("same-shape-as-json", True, make.reply(streams.whole())).seen
