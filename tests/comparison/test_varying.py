"""Models that answer differently each time: only how their answers are built is compared, and the result says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.comparison.compare import compare
from conformance.comparison.pairs import GatewayComparison, Pair
from conformance.protocol.reply import Reply
from support import make
from support.streams import event

THINKING = {"type": "thinking", "thinking": "So.", "signature": "c2ln"}


def said(text: str, *blocks: dict[str, Any], change: Callable[[dict[str, Any]], object] = lambda body: None) -> Reply:
    body: dict[str, Any] = make.message(*map(dict, blocks), {"type": "text", "text": text})
    body["usage"] = {"input_tokens": 9, "output_tokens": len(text)}
    change(body)
    return make.reply(body)


def streamed(text: str, *, without: str = "", reason: str = "end_turn") -> Reply:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**make.message(), "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": c}} for c in text),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": len(text)}},
        {"type": "message_stop"},
    ]
    return make.reply("".join(event(each.pop("type"), **each) for each in events if each["type"] != without))


def compared(*pairs: tuple[Reply, Reply], again: Reply) -> GatewayComparison:
    made = [Pair(f"{number}/json", 1, *both) for number, both in enumerate(pairs)]
    return compare(made, lambda scenario: [again])


def found(result: GatewayComparison) -> set[tuple[str, str]]:
    return {(each.seen.kind, each.seen.where) for each in result.findings}


def test_what_such_a_model_says_is_not_compared() -> None:
    result = compared((said("one"), said("two things", THINKING)), again=said("three"))
    assert found(result) == set()
    assert "what the model says in 1 answers" in {left.what for left in result.not_compared}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda body: body.pop("stop_reason"), {("member-lost", "stop_reason")}),
        (lambda body: body.update(stop_reason="stop"), {("member-changed", "stop_reason")}),
        (lambda body: body.update(stop_reason="max_tokens"), set()),
        (lambda body: body.update(provider="x"), {("member-added", "provider")}),
        (lambda body: body["usage"].pop("output_tokens"), {("usage-lost", "usage.output_tokens")}),
        (lambda body: body["usage"].update(input_tokens=0), {("usage-changed", "usage.input_tokens")}),
        (lambda body: body["content"][0].pop("signature"), {("member-lost", "content[thinking].signature")}),
        (lambda body: body["content"][1].update(text=None), set()),
        (lambda body: body["content"][1].update(text=5), {("member-changed", "content[text].text")}),
        (lambda body: body["content"].reverse(), set()),
    ],
)
def test_how_an_answer_is_built_is_compared(change: Any, expected: set[tuple[str, str]]) -> None:
    result = compared(
        (said("one", THINKING), said("another", THINKING, change=change)), again=said("different", THINKING)
    )
    assert found(result) == expected


@pytest.mark.parametrize(
    ("through", "expected"),
    [
        (streamed("other words"), set()),
        (streamed("other words", reason="max_tokens"), set()),
        (streamed("other", without="message_stop"), {("event-lost", "message_stop")}),
        (streamed("other", without="message_delta"), {("event-lost", "message_delta")}),
    ],
)
def test_how_a_stream_is_built_is_compared(through: Reply, expected: set[tuple[str, str]]) -> None:
    assert found(compared((streamed("one"), through), again=streamed("two words"))) == expected


def test_a_kind_of_block_that_never_comes_through_is_missed() -> None:
    with_thinking, without = said("one", THINKING), said("two")
    few = compared((with_thinking, without), (with_thinking, without), again=said("three", THINKING))
    many = compared(*[(with_thinking, without)] * 3, again=said("three", THINKING))
    assert found(few) == set()
    assert found(many) == {("block-lost", "content[thinking]")}


def test_what_one_scenario_shows_as_noise_still_counts_in_another_that_is_steady() -> None:
    noisy, steady = (
        Pair("noisy/json", 1, said("a"), said("a", change=_zero)),
        Pair("steady/json", 1, said("a"), said("a")),
    )
    again = {"noisy/json": said("a", change=_seven), "steady/json": said("a")}
    assert found(compare([noisy, steady], lambda scenario: [again[scenario]])) == set()
    changed = Pair("steady/json", 1, said("a"), said("a", change=_zero))
    result = compare([noisy, changed], lambda scenario: [again[scenario]])
    assert [(each.seen.where, len(each.pairs)) for each in result.findings] == [("usage.input_tokens", 1)]


def _zero(body: dict[str, Any]) -> None:
    body["usage"]["input_tokens"] = 0


def _seven(body: dict[str, Any]) -> None:
    body["usage"]["input_tokens"] = 7


def test_what_follows_from_an_altered_request_is_no_finding_of_its_own() -> None:
    asked = {"model": "m", "max_tokens": 9, "system": "Be brief.", "messages": []}
    sent = make.request(asked)
    arrived = make.request({name: value for name, value in asked.items() if name != "system"})
    direct = make.reply(make.message({"type": "text", "text": "Yes."}), sent=sent)
    through = make.reply(make.message({"type": "text", "text": "Yes, of course."}), sent=sent)
    pair = Pair("system/json", 1, direct, through, (arrived,))
    result = compare([pair], lambda scenario: [direct])
    assert found(result) == {("request-part-lost", "system")}
    assert any("not the same on both ways" in left.what for left in result.not_compared)


def test_of_another_model_only_the_structure_is_compared() -> None:
    texts = [
        ("It is sunny in Lisbon.", "Lisbon: clear sky"),
        ("One two three", "1 2 3"),
        ("Certainly not", "No"),
        ("a", "a"),
    ]
    pairs = [Pair(f"{at}/json", 1, said(one), said(two)) for at, (one, two) in enumerate(texts)]
    lossy = said("No", change=lambda body: body.pop("stop_reason"))
    steady = {f"{at}/json": [said(one)] for at, (one, _) in enumerate(texts)}
    result = compare([*pairs, Pair("2/json", 1, said("Certainly not"), lossy)], steady.__getitem__)
    assert found(result) == {("member-lost", "stop_reason")}
    assert any("another model answers" in left.why for left in result.not_compared)


def test_a_gateway_that_writes_into_every_text_is_no_other_model() -> None:
    texts = ["It is sunny in Lisbon.", "One two three", "Certainly not", "Hello"]
    pairs = [Pair(f"{at}/json", 1, said(text), said(f"{text} By us")) for at, text in enumerate(texts)]
    result = compare(pairs, lambda scenario: [said(texts[int(scenario[0])])])
    assert ("member-changed", "content[text].text") in found(result)


def test_the_places_that_a_gateway_makes_up_are_bounded() -> None:
    def invented(number: int) -> Reply:
        return said("a", change=lambda body: body.update({f"m{number}_{at}": at for at in range(300)}))

    pairs = [Pair(f"{number}/json", 1, said("a"), invented(number)) for number in range(20)]
    result = compare(pairs, lambda scenario: [said("a")])
    assert 200 <= len(result.findings) <= 2_000
    assert any("are kept" in left.why for left in result.not_compared)


def test_a_name_of_any_length_is_cut() -> None:
    long = "x" * 100_000
    through = make.reply(make.message(), headers={"content-type": "application/json", long[:5_000]: "y"})
    named = [Pair("a/json", 1, make.reply(make.message()), through)]
    named.append(Pair("b/json", 1, said("a"), said("a", change=lambda body: body.update({long: 1}))))
    named.append(Pair("c/stream", 1, streamed("a"), make.reply(event(long) + event("message_stop"))))
    for finding in compare(named, lambda scenario: []).findings:
        assert len(finding.seen.where) < 300
