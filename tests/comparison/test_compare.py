"""From pairs of replies to what a gateway changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.comparison.compare import compare
from conformance.comparison.pairs import Pair
from conformance.model import Json
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply
from conformance.report.comparison import thing
from support import make
from support.streams import event

MESSAGE: dict[str, Any] = make.message(
    {"type": "text", "text": "Sunny."},
    {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Lisbon"}},
)


def pair(direct: Reply, through: Reply, **more: Any) -> Pair:
    return Pair("weather/json", 1, direct, through, **more)


def found(pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    """The findings where the upstream always answers the same."""
    steady = compare(pairs, lambda scenario: [each.direct for each in pairs])
    return {(each.seen.kind, each.seen.where) for each in steady.findings}


def changed(change: Callable[[dict[str, Any]], Json]) -> Reply:
    body = {**MESSAGE, "usage": dict(MESSAGE["usage"]), "content": list(MESSAGE["content"])}
    change(body)
    return make.reply(body)


@pytest.mark.parametrize(
    ("change", "kind", "where"),
    [
        (lambda body: body.pop("stop_reason"), "member-lost", "stop_reason"),
        (lambda body: body.update(stop_reason="end"), "member-changed", "stop_reason"),
        (lambda body: body.update(provider="x"), "member-added", "provider"),
        (lambda body: body["usage"].pop("input_tokens"), "usage-lost", "usage.input_tokens"),
        (lambda body: body["usage"].update(input_tokens=0), "usage-changed", "usage.input_tokens"),
        (lambda body: body["content"].pop(), "block-lost", "content[tool_use]"),
        (lambda body: body["content"].reverse(), "block-reordered", "content[]"),
        (lambda body: body["content"].append({"type": "thinking"}), "block-added", "content[thinking]"),
    ],
)
def test_what_a_gateway_changes_in_an_answer_is_found(change: Any, kind: str, where: str) -> None:
    assert found([pair(make.reply(MESSAGE), changed(change))]) == {(kind, where)}


def test_what_the_upstream_itself_answers_differently_is_not_compared() -> None:
    pairs = [pair(make.reply(MESSAGE), make.reply({**MESSAGE, "stop_reason": "pause_turn"}))]
    asked: list[str] = []

    def repeat(scenario: str) -> list[Reply]:
        asked.append(scenario)
        return [make.reply({**MESSAGE, "stop_reason": "refusal"})]

    result = compare(pairs, repeat)
    assert asked == ["weather/json"]
    assert result.findings == ()
    assert {left.what for left in result.not_compared} >= {"stop_reason (member)"}


@pytest.mark.parametrize(
    ("through", "kind", "where"),
    [
        (make.reply(make.error("api_error", "no"), 400), "error-type-changed", "error.type of status 400"),
        (make.reply(make.error(text="other"), 400), "error-words-changed", "status 400"),
        (make.reply({"detail": "no"}, 400), "error-envelope-lost", "status 400"),
        (make.reply(make.error(), 500), "status-changed", "status 400"),
        (make.reply(MESSAGE), "error-hidden", "status 400"),
    ],
)
def test_what_a_gateway_changes_in_an_error_is_found(through: Reply, kind: str, where: str) -> None:
    assert found([pair(make.reply(make.error(), 400), through)]) == {(kind, where)}


def test_a_refusal_of_the_gateway_and_its_silence_are_found() -> None:
    answer = make.reply(MESSAGE)
    refused, silent = make.reply(make.error(), 422), make.reply(None, None)
    assert found([pair(answer, refused)]) == {("answer-refused", "status 422")}
    assert found([pair(answer, silent)]) == {("answer-missing", "the whole answer")}


def test_headers_of_the_connection_do_not_count() -> None:
    ours = make.reply(MESSAGE, headers={"content-type": "application/json", "request-id": "r", "date": "x"})
    theirs = make.reply(MESSAGE, headers={"content-type": "text/plain", "x-gateway": "1", "server": "y"})
    assert found([pair(ours, theirs)]) == {
        ("header-lost", "request-id"),
        ("header-changed", "content-type"),
        ("header-added", "x-gateway"),
    }


@pytest.mark.parametrize(
    ("name", "informs"),
    [
        ("request-id", False),
        ("retry-after", False),
        ("anthropic-ratelimit-requests-remaining", False),
        ("x-should-retry", False),
        ("x-envoy-upstream-service-time", True),
        ("cache-control", True),
    ],
)
def test_a_header_that_no_client_reads_only_informs(name: str, informs: bool) -> None:
    plain = {"content-type": "application/json"}
    ours = make.reply(make.error(), 429, headers={**plain, name: "7"})
    pairs = [pair(ours, make.reply(make.error(), 429, headers=plain))]
    (finding,) = compare(pairs, lambda scenario: [ours]).findings
    assert (finding.seen.kind, finding.seen.where, finding.informs) == ("header-lost", name, informs)


def streamed(
    change: Callable[[list[dict[str, Any]]], object] = lambda events: None, *, cut: int | None = None
) -> Reply:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "usage": dict(MESSAGE["usage"])}},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Sun"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ny."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    change(events)
    body = "".join(event(each.pop("type"), **each) for each in events)
    return make.reply(body)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda events: events.pop(1), {("ping-lost", "ping")}),
        (lambda events: events.pop(), {("event-lost", "message_stop")}),
        (lambda events: events.insert(5, events.pop(6)), {("event-reordered", "message_delta")}),
        (lambda events: events[0]["message"]["usage"].update(input_tokens=0), None),
        (lambda events: events[6]["usage"].update(extra=1), None),
        (lambda events: events[5].pop("index"), {("event-member-lost", "content_block_stop.index")}),
    ],
)
def test_what_a_gateway_changes_in_a_stream_is_found(change: Any, expected: set[tuple[str, str]] | None) -> None:
    kinds = found([pair(streamed(), streamed(change))])
    if expected is None:
        assert {kind.split("-")[0] for kind, _ in kinds} == {"usage"}
    else:
        assert expected <= kinds


def test_how_a_text_is_cut_into_deltas_only_informs() -> None:
    def joined(events: list[dict[str, Any]]) -> None:
        events[3]["delta"]["text"] = "Sunny."
        del events[4]

    one, other = [pair(streamed(), streamed(joined))], [pair(streamed(joined), streamed())]
    for pairs, kind in ((one, "deltas-merged"), (other, "deltas-split")):
        (finding,) = compare(pairs, lambda scenario: [each.direct for each in pairs]).findings  # noqa: B023
        assert (finding.seen.kind, finding.informs) == (kind, True)


def test_a_stream_that_becomes_json_is_found() -> None:
    assert found([pair(streamed(), make.reply(MESSAGE))]) >= {("form-changed", "body")}


REQUEST = {
    "model": "m",
    "system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
    "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]}],
    "metadata": {"user_id": "u"},
}
HEADERS = (("anthropic-version", "2023-06-01"), ("anthropic-beta", "one-2025-01-01,two-2025-01-01"), ("x-api-key", "k"))


def arrived(body: Any = REQUEST, headers: Any = HEADERS, path: str = "/v1/messages") -> SentRequest:
    return make.request(body, headers=headers, url=f"http://127.0.0.1{path}")


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ((arrived(),), set()),
        ((), {("request-withheld", "/v1/messages")}),
        ((arrived(), arrived()), {("request-repeated", "/v1/messages")}),
        ((arrived({**REQUEST, "system": "ab"}),), {("request-part-joined", "system")}),
        (
            (arrived({name: value for name, value in REQUEST.items() if name != "metadata"}),),
            {("request-part-lost", "metadata")},
        ),
        ((arrived({**REQUEST, "top_p": 1}),), {("request-part-added", "top_p")}),
        ((arrived({**REQUEST, "system": REQUEST["system"][::-1]}),), {("request-part-reordered", "system[]")}),
        ((arrived(headers=HEADERS[1:]),), {("request-header-lost", "anthropic-version")}),
        (
            (arrived(headers=(*HEADERS[:1], ("anthropic-beta", "one-2025-01-01"))),),
            {("request-beta-lost", "two-2025-01-01")},
        ),
        ((arrived(path="/v1/chat/completions"),), {("request-path-changed", "/v1/messages")}),
    ],
)
def test_what_a_gateway_changes_in_a_request_is_found(
    arrivals: tuple[SentRequest, ...], expected: set[tuple[str, str]]
) -> None:
    answer = make.reply(MESSAGE, sent=arrived())
    assert found([pair(answer, answer, arrived=arrivals)]) == expected


def test_a_value_that_may_be_a_key_of_the_gateway_is_not_shown() -> None:
    answer = make.reply(MESSAGE, sent=arrived())
    extra = (arrived(headers=(*HEADERS, ("x-upstream-token", "sk-of-the-gateway-1"))),)
    (finding,) = compare([pair(answer, answer, arrived=extra)], lambda scenario: [answer]).findings
    assert (finding.seen.kind, finding.seen.where, finding.seen.through) == (
        "request-header-added",
        "x-upstream-token",
        None,
    )


def test_what_is_hidden_on_one_side_alone_is_no_difference() -> None:
    user = {**REQUEST, "metadata": {"user_id": "session 0123456789abcdef of u"}}
    hidden = {**REQUEST, "metadata": {"user_id": "session [redacted]****** of u"}}
    answer = make.reply(MESSAGE, sent=arrived(user))
    assert found([pair(answer, answer, arrived=(arrived(hidden),))]) == set()
    other = {**REQUEST, "metadata": {"user_id": "device [redacted]****** of u"}}
    assert found([pair(answer, answer, arrived=(arrived(other),))]) == {("request-part-changed", "metadata.user_id")}


def test_streams_of_any_length_are_compared_in_bounded_steps() -> None:
    def alternating(first: str, second: str) -> Callable[[list[dict[str, Any]]], None]:
        def change(events: list[dict[str, Any]]) -> None:
            kinds = [first, second] * 5_000
            events[3:5] = [
                {"type": "content_block_delta", "index": 0, "delta": {"type": kind, kind.partition("_")[0]: "x"}}
                for kind in kinds
            ]

        return change

    one, other = alternating("text_delta", "thinking_delta"), alternating("thinking_delta", "text_delta")
    kinds = found([pair(streamed(one), streamed(other))])
    assert any(kind.startswith("event-") for kind, _ in kinds)


def test_every_kind_has_words() -> None:
    for change in ("lost", "added", "changed", "reordered", "joined"):
        for about in ("block", "usage", "member", "item", "event-member", "error-member", "request-part"):
            assert thing(f"{about}-{change}")
    for kind in ("delay-added", "error-envelope-lost", "request-beta-lost", "ping-added", "form-changed"):
        assert thing(kind)
