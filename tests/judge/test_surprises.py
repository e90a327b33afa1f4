"""Twenty things that the real API does and a strict reader does not expect. None of them is a deviation.

Each was seen in genuine recordings; what is judged here is built by hand, with that property and nothing else unusual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from conformance.engine.offline import recorders_of
from conformance.judge.audit import Audit
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.verdict import Policy
from conformance.model import Case, Judgement, Level
from conformance.protocol.reply import Reply
from conformance.standard.library import Library
from conformance.wire.importers.reader import NOT_PROVOKED
from support import make, standard

Body = dict[str, Any]

CACHE = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
USAGE: Body = {"input_tokens": 21, **CACHE, "output_tokens": 9, "service_tier": "standard"}
SEARCH: Body = {"type": "web_search_20250305", "name": "web_search"}
WEATHER: Body = {"name": "get_weather", "input_schema": {"type": "object"}}
ASKED: Body = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]}
TEXT: Body = {"type": "text", "text": "Hello."}
PING: Body = {"type": "ping"}


@cache
def library() -> Library:
    return standard.library()


def message(*content: Body, **changes: Any) -> Body:
    """A Message with these blocks."""
    whole = {"id": "msg_011CeB", "type": "message", "role": "assistant", "model": "claude-sonnet-5"}
    whole |= {"content": list(content), "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE}
    return whole | changes


def reply(body: Body | str, request: Body, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A body (text: an event stream) that answers a request, as it would be recorded."""
    streamed = isinstance(body, str)
    media = "text/event-stream; charset=utf-8" if streamed else "application/json"
    given = {"content-type": media, "request-id": "req_011CeCGmBjaWkq37Sf5iU7so"} if headers is None else headers
    return make.reply(body, status, request=request, stream=bool(request.get("stream")), headers=given)


def answer(body: Body, **request: Any) -> Reply:
    """A Message as JSON. Keyword arguments change the request."""
    return reply(body, ASKED | request)


def event(data: Body, padding: str = "") -> str:
    return f"event: {data['type']}\ndata: {json.dumps(data)[:-1]}{padding}}}\n\n"


def delta(index: int, kind: str, **fields: Any) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def block(index: int, opening: Body, *deltas: tuple[str, Body]) -> list[Body]:
    """The events of a block: what it starts with, and its deltas as (type, fields)."""
    start = {"type": "content_block_start", "index": index, "content_block": opening}
    inner = [delta(index, kind, **fields) for kind, fields in deltas]
    return [start, *inner, {"type": "content_block_stop", "index": index}]


def text(index: int, *parts: str, **opening: Any) -> list[Body]:
    return block(index, {"type": "text", "text": "", **opening}, *(("text_delta", {"text": part}) for part in parts))


def stream(
    *events: Body, start: Body | None = None, end: Body | None = None, padding: str = "", **request: Any
) -> Reply:
    """A stream of these events between message_start and message_delta. `start` and `end` change those two.

    In `end`, `usage` replaces the usage, everything else goes into the delta.
    """
    changes, final = {"content": [], "stop_reason": None, **(start or {})}, dict(end or {})
    usage = final.pop("usage", {"input_tokens": 21, **CACHE, "output_tokens": 9})
    final = {"stop_reason": "end_turn", "stop_sequence": None} | final
    closing = {"type": "message_delta", "delta": final, "usage": usage}
    whole = [{"type": "message_start", "message": message(**changes)}, *events, closing, {"type": "message_stop"}]
    return reply("".join(event(each, padding) for each in whole), ASKED | {"stream": True} | request)


def judged(one: Reply) -> list[tuple[Case, Judgement]]:
    """What every case that needs no particular request says of a reply, as of any recording."""
    bench = Bench(REGISTRY, library().document, "", Policy(Level.SHOULD, strict=True, behaviour=True))
    auditor = Audit(library().catalogue.cases, bench, recorders_of(library()))
    auditor.take(one, "here", NOT_PROVOKED)
    return auditor.judgements()


def reports(one: Reply) -> dict[str, list[str]]:
    """The findings that decide, by case."""
    return {case.id: [str(each) for each in found.findings] for case, found in judged(one) if found.gates}


def reply_of_a_proxy(status: int) -> Reply:
    body = b"<html><h1>Bad gateway</h1></html>"
    return make.reply(body, status, request=ASKED, headers={"content-type": "text/html"})


def fine(*replies: Reply, but: frozenset[str] = frozenset()) -> None:
    """Every reply shows what at least 15 cases are about, or 4 for an error, and none that decides has a finding.

    `but` are cases below must level that do have one.
    """
    for one in replies:
        judgements = judged(one)
        reported = reports(one)
        assert reported.keys() == but, reported
        assert not [case.id for case, _ in judgements if case.id in but and case.level is Level.MUST]
        seen = sum(bool(found.seen) for _, found in judgements)
        assert seen >= (15 if one.ok else 4)


def test_the_builders_here_make_answers_without_a_finding_and_defects_are_found() -> None:
    fine(answer(message(TEXT)), stream(*text(0, "Hel", "lo.")))
    with pytest.raises(AssertionError, match="stop-reason-is-native"):
        fine(answer(message(TEXT, stop_reason="stop")))
    with pytest.raises(AssertionError, match="stream-blocks-stopped"):
        fine(stream(*text(0, "Hello.")[:-1]))


# 1
@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence"])
def test_content_may_be_empty(reason: str) -> None:
    ended = {"stop_reason": reason, "stop_sequence": "END" if reason == "stop_sequence" else None}
    request = {"stop_sequences": ["END"]}
    fine(answer(message(**ended), **request), stream(end=ended, **request))


# 2
@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use"])
def test_the_input_of_a_tool_may_be_one_empty_delta(kind: str) -> None:
    name, reason = ("get_weather", "tool_use") if kind == "tool_use" else ("web_search", "pause_turn")
    call = {"type": kind, "id": "toolu_01A" if kind == "tool_use" else "srvtoolu_01A", "name": name, "input": {}}
    events = block(0, call, ("input_json_delta", {"partial_json": ""}))
    fine(stream(*events, end={"stop_reason": reason}, tools=[WEATHER, SEARCH]))


# 3
def test_a_block_may_have_its_whole_content_in_its_start() -> None:
    code = {"type": "code_execution_20250825", "name": "code_execution"}
    caller = {"type": "code_execution_20250825", "tool_id": "srvtoolu_01A"}
    call = {"type": "tool_use", "id": "toolu_01A", "name": "get_weather", "input": {"city": "Oslo"}, "caller": caller}
    search = {"type": "server_tool_use", "id": "srvtoolu_01B", "name": "web_search", "input": {"query": "Oslo"}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01B", "content": []}
    redacted = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    tools = [WEATHER, SEARCH, code]
    fine(
        stream(*block(0, call), end={"stop_reason": "tool_use"}, tools=tools),
        stream(*block(0, search), *block(1, result), *text(2, "Rain."), tools=tools),
        stream(*block(0, redacted), *text(1, "Hello.")),
        stream(*text(0)),
    )


# 4
@pytest.mark.parametrize("places", [(), (1,), (2,), (3,), (4,), (2, 2), (1, 2, 3, 4, 5), (6,)])
def test_a_ping_comes_anywhere_or_nowhere(places: tuple[int, ...]) -> None:
    events = [*text(0, "Hel", "lo."), *text(1, "Bye.")]
    for place in reversed(places):
        events.insert(place, PING)
    fine(stream(*events))


# 5
@pytest.mark.parametrize("opening", [{"citations": []}, {"citations": None}, {}])
def test_citations_come_before_the_text_that_they_support(opening: Body) -> None:
    cited = {"type": "char_location", "cited_text": "Rain", "document_index": 0, "document_title": None}
    cited |= {"start_char_index": 0, "end_char_index": 4}
    deltas = (("citations_delta", {"citation": cited}), ("text_delta", {"text": "Rain."}))
    fine(stream(*text(0, "They say: "), *block(1, {"type": "text", "text": "", **opening}, *deltas)))
    fine(answer(message({"type": "text", "text": "Rain.", "citations": [cited]}, TEXT)))


# 6
@pytest.mark.parametrize(
    "deltas",
    [
        [("thinking_delta", {"thinking": ""})],
        [("thinking_delta", {"thinking": "Hm.", "estimated_tokens": 4}), ("thinking_delta", {"thinking": ""})],
        [("thinking_delta", {"thinking": "", "estimated_tokens": None})],
        [],
    ],
)
def test_thinking_comes_unasked_and_may_be_empty(deltas: list[tuple[str, Body]]) -> None:
    signed = [*deltas, ("signature_delta", {"signature": "c2lnbmVk"})]
    events = block(0, {"type": "thinking", "thinking": "", "signature": ""}, *signed)
    fine(stream(*events, *text(1, "Hello.")))
    fine(answer(message({"type": "thinking", "thinking": "", "signature": "c2lnbmVk"}, TEXT)))


# 7
def test_a_server_tool_may_wait_for_its_result_until_the_next_response() -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_01A", "name": "web_search", "input": {"query": "Oslo"}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01A", "content": []}
    history = [*ASKED["messages"], {"role": "assistant", "content": [search]}]
    paused, counted = {"stop_reason": "pause_turn"}, {"usage": USAGE | {"server_tool_use": {"web_search_requests": 1}}}
    query = (("input_json_delta", {"partial_json": ""}), ("input_json_delta", {"partial_json": '{"query": "Oslo"}'}))
    call = {"type": "tool_use", "id": "toolu_01A", "name": "get_weather", "input": {"city": "Oslo"}}
    fine(
        answer(message(search, **paused), tools=[SEARCH]),
        stream(*block(0, {**search, "input": {}}, *query), end=paused, tools=[SEARCH]),
        answer(message(search, call, stop_reason="tool_use"), tools=[SEARCH, WEATHER]),
        answer(message(result, TEXT, **counted), messages=history, tools=[SEARCH]),
        stream(*block(0, result), *text(1, "Rain."), messages=history, tools=[SEARCH]),
    )


# 8
@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        ("claude-sonnet-5", "claude-sonnet-5"),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("claude-sonnet-4-0", "claude-sonnet-4-20250514"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku-latest"),
    ],
)
def test_the_model_is_echoed_resolved_or_as_it_was_asked_for(asked: str, echoed: str) -> None:
    fine(answer(message(TEXT, model=echoed), model=asked))
    fine(stream(*text(0, "Hello."), start={"model": echoed}, model=asked))


# 9
@pytest.mark.parametrize("output", [64, 97])
def test_several_passes_of_the_model_may_exceed_max_tokens_together(output: int) -> None:
    counted = USAGE | {"output_tokens": output, "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0}}
    fine(answer(message(TEXT, stop_reason="max_tokens", usage=counted), tools=[SEARCH]))
    fine(stream(*text(0, "Hello."), end={"stop_reason": "max_tokens", "usage": counted}, tools=[SEARCH]))


# 10
def test_the_final_usage_may_tell_less_input_than_the_first_after_a_compaction() -> None:
    passes = [{"type": "compaction", "input_tokens": 900}, {"type": "message", "input_tokens": 19}]
    final = {"input_tokens": 19, **CACHE, "output_tokens": 9, "iterations": passes}
    fine(
        stream(*text(0, "Hello."), end={"usage": final}, context_management={"edits": [{"type": "compact_20260112"}]}),
        stream(*text(0, "Hello."), end={"usage": {"output_tokens": 9}}),
        stream(*text(0, "Hello."), start={"usage": USAGE | {"output_tokens": 9}}, end={"usage": {"output_tokens": 9}}),
        stream(*text(0, "Rain."), end={"usage": USAGE | {"input_tokens": 4_321}}, tools=[SEARCH]),
    )


def test_an_advisor_is_counted_apart_from_the_message() -> None:
    passes = [
        {"type": "message", "input_tokens": 21, "output_tokens": 9},
        {"type": "advisor_message", "model": "claude-opus-5", "input_tokens": 800, "output_tokens": 300},
    ]
    advisor = {"type": "advisor_20260301", "name": "advisor"}
    fine(answer(message(TEXT, usage=USAGE | {"iterations": passes}), tools=[advisor]))


# 11
def test_the_split_of_cache_writes_need_not_add_up_where_a_server_tool_ran() -> None:
    split = {"ephemeral_5m_input_tokens": 1_900, "ephemeral_1h_input_tokens": 0}
    counted = USAGE | {"cache_creation_input_tokens": 3_100, "cache_creation": split}
    counted |= {"server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0}}
    fine(answer(message(TEXT, usage=counted), tools=[SEARCH]))


# 12
@pytest.mark.parametrize("output", [0, 1, 2, 8, 37])
def test_a_stream_starts_with_any_number_of_output_tokens(output: int) -> None:
    final = {"output_tokens": max(output, 9)}
    fine(stream(*text(0, "Hello."), start={"usage": USAGE | {"output_tokens": output}}, end={"usage": final}))


# 13
@pytest.mark.parametrize(("reason", "met"), [("end_turn", None), ("max_tokens", None), ("stop_sequence", "END")])
def test_stop_sequence_is_null_unless_one_of_the_request_was_met(reason: str, met: str | None) -> None:
    ended = {"stop_reason": reason, "stop_sequence": met}
    fine(answer(message(TEXT, **ended), stop_sequences=["###", "END"]))
    fine(stream(*text(0, "Hello."), end=ended, stop_sequences=["###", "END"]))


# 14
def refusal(**changes: Any) -> Body:
    error = {"type": "invalid_request_error", "message": "max_tokens: Field required"}
    whole = {"type": "error", "error": error, "request_id": "req_011CeCGmBjaWkq37Sf5iU7so"} | changes
    return {key: value for key, value in whole.items() if value is not ...}


@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_has_type_message_and_a_request_id_that_may_be_null(streamed: bool) -> None:
    request = ASKED | {"stream": streamed}
    unknown = {"type": "authentication_error", "message": "API key is invalid."}
    fine(
        reply(refusal(), request, 400),
        reply(refusal(error=unknown, request_id=None), request, 401),
        reply(refusal(error={"type": "not_found_error", "message": "model: claude-x"}), request, 404),
    )


def test_an_error_of_before_mid_2025_without_a_request_id_violates_no_gate() -> None:
    fine(reply(refusal(request_id=...), ASKED, 400), but=frozenset({"errors-request-id-key"}))


# 15
def test_the_request_id_of_the_header_is_the_one_of_the_body() -> None:
    fine(reply(refusal(), ASKED, 400), answer(message(TEXT)))
    other = {"content-type": "application/json", "request-id": "req_another"}
    fine(reply(refusal(), ASKED, 400, other), but=frozenset({"errors-request-id-equals-header"}))


# 16
LIMITS = {
    f"anthropic-ratelimit-{what}-{name}": value
    for what in ("requests", "tokens", "input-tokens", "output-tokens")
    for name, value in (("limit", "4000"), ("remaining", "3999"), ("reset", "2026-08-19T14:34:11Z"))
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        LIMITS,
        {name: value for name, value in LIMITS.items() if "requests" not in name},
        {**LIMITS, "retry-after": "12"},
        {"traceresponse": "00-ab-cd-01", "server-timing": "x;dur=3", "anthropic-workspace-id": "wrkspc_01"},
        {"content-encoding": "gzip", "content-length": "7", "transfer-encoding": "chunked", "vary": "Accept"},
    ],
)
def test_headers_beside_content_type_and_request_id_come_and_go(more: Mapping[str, str]) -> None:
    headers = {"Content-Type": "application/json", "Request-Id": "req_011CeCGmBjaWkq37Sf5iU7so", **more}
    fine(reply(message(TEXT), ASKED, headers=headers))
    fine(reply(refusal(), ASKED, 400, {**headers, "x-should-retry": "false"}))


# 17
def test_data_lines_are_padded_with_spaces() -> None:
    fine(stream(*text(0, "Hel", "lo."), PING, padding="         "))


# 18
FAILED = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
FOUND = {"type": "web_search_result", "url": "https://x.test", "title": "T", "page_age": None, "encrypted_content": "Y"}


@pytest.mark.parametrize("content", [[FOUND], [], FAILED])
def test_text_follows_text_and_results_of_a_search_may_be_empty_or_an_error(content: Any) -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_01A", "name": "web_search", "input": {"query": "Oslo"}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01A", "content": content}
    fine(answer(message(search, result, TEXT, TEXT, TEXT), tools=[SEARCH]))
    query = ("input_json_delta", {"partial_json": '{"query": "Oslo"}'})
    opening = block(0, {**search, "input": {}}, ("input_json_delta", {"partial_json": ""}), query)
    fine(stream(*opening, *block(1, result), *text(2, "A."), *text(3, "B."), tools=[SEARCH]))


# 19
@pytest.mark.parametrize("place", ["not_available", "global", "us", None])
def test_inference_geo_is_any_of_several_words(place: str | None) -> None:
    fine(answer(message(TEXT, usage=USAGE | {"inference_geo": place})))


# 20
def test_an_answer_may_stop_for_compaction() -> None:
    summary, ended = "They said hello.", {"stop_reason": "compaction"}
    asked = {"context_management": {"edits": [{"type": "compact_20260112", "pause_after_compaction": True}]}}
    passes = {"iterations": [{"type": "compaction", "input_tokens": 900, "output_tokens": 40}]}
    counted = {"input_tokens": 0, **CACHE, "output_tokens": 0, **passes}
    fine(answer(message({"type": "compaction", "content": summary}, **ended, usage=counted), **asked))
    events = block(0, {"type": "compaction", "content": None}, ("compaction_delta", {"content": summary}))
    began = {"usage": USAGE | {"input_tokens": 900, "output_tokens": 0}}
    fine(stream(*events, start=began, end={**ended, "usage": counted}, **asked))
    fine(stream(*events, *text(1, "Hello."), start=began, end={"usage": USAGE | passes}, **asked))
    short = {"input_tokens": 5, "output_tokens": 9, **passes}
    fine(answer(message({"type": "compaction", "content": summary}, TEXT, usage=short), **asked))


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 5, "output_tokens": 9},
        {"input_tokens": 5, **CACHE, "output_tokens": 9},
        {"input_tokens": 5, **CACHE, "output_tokens": 9, "service_tier": "standard"},
        {**USAGE, "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}},
        {**USAGE, "inference_geo": "global", "output_tokens_details": {"thinking_tokens": 0}},
        {**USAGE, "server_tool_use": {"web_search_requests": 0}},
    ],
)
def test_usage_of_every_age_of_the_api_is_usage(usage: Body) -> None:
    before_2025 = "cache_read_input_tokens" not in usage
    fine(
        answer(message(TEXT, usage=usage)),
        but=frozenset({"usage-cache-counters-present"}) if before_2025 else frozenset(),
    )


@pytest.mark.parametrize("status", [409, 500])
def test_a_status_that_clients_retry_is_legal_where_nothing_is_known_of_the_request(status: int) -> None:
    kind = {409: "conflict_error", 500: "api_error"}[status]
    fine(reply(refusal(error={"type": kind, "message": "Again."}), ASKED, status))


@pytest.mark.parametrize("status", [502, 503, 522])
def test_what_is_in_front_of_the_endpoint_answers_in_its_own_form(status: int) -> None:
    assert reports(reply_of_a_proxy(status)) == {}


def test_a_stop_sequence_may_be_met_behind_a_tool_call() -> None:
    call = {"type": "tool_use", "id": "toolu_01A", "name": "get_weather", "input": {"city": "Oslo"}}
    ended = {"stop_reason": "stop_sequence", "stop_sequence": "END"}
    fine(answer(message(call, TEXT, **ended), stop_sequences=["END"], tools=[WEATHER]))


def test_context_management_appears_without_having_been_asked_for() -> None:
    fine(answer(message(TEXT, context_management={"applied_edits": []}, stop_details=None, container=None)))
