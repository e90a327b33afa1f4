"""From a step to a request: what is filled in, and what earlier replies give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.config.target import Target
from conformance.engine.fill import FillError, fill
from conformance.model import Json, Mode, Step
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply
from support import make

TARGET = Target("t", "https://api.example.com", "some-model", api_key="k-123456", auth="x-api-key")
CALLS = [
    {"type": "text", "text": "I will look."},
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}},
    {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}},
]


def reply(body: Json, status: int = 200) -> Reply:
    return make.reply(body, status)


CALLING = reply({"type": "message", "role": "assistant", "content": CALLS})


def filled(
    step: Step, *, mode: Mode = Mode.JSON, target: Target = TARGET, previous: Reply | None = None
) -> SentRequest:
    return fill(step, mode, target, previous, "some-case")


def headers(step: Step, **rest: object) -> dict[str, str]:
    return dict(filled(step, **rest).headers)


def test_model_and_headers_of_the_target_are_filled_in() -> None:
    sent = filled(Step(body={"max_tokens": 16, "messages": []}), target=replace(TARGET, headers=(("X-Team", "blue"),)))
    assert sent.url == "https://api.example.com/v1/messages"
    assert sent.json == {"model": "some-model", "max_tokens": 16, "messages": []}
    assert dict(sent.headers) == {
        "accept": "application/json",
        "user-agent": "messages-conformance (some-case)",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "x-api-key": "k-123456",
        "x-team": "blue",
    }


def test_results_have_what_every_one_and_what_the_last_one_has() -> None:
    results = {"$reply": "tool-results", "with": {"is_error": False}, "last": {"cache_control": {"type": "ephemeral"}}}
    sent = filled(Step(body={"messages": [{"role": "user", "content": results}]}), previous=CALLING)
    first, last = sent.json["messages"][0]["content"]
    assert first == {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done", "is_error": False}
    assert last == {**first, "tool_use_id": "toolu_2", "cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize("what", ["content", "tool-results"])
def test_a_step_may_say_what_to_send_where_there_is_no_content_and_no_call(what: str) -> None:
    empty = reply({"type": "message", "role": "assistant", "content": []})
    text = {"type": "text", "text": "Go on."}
    step = Step(body={"messages": [{"role": "user", "content": {"$reply": what, "or": [text]}}]})
    assert filled(step, previous=empty).json["messages"][0]["content"] == [text]


def test_max_tokens_is_never_filled_in() -> None:
    assert "max_tokens" not in filled(Step(body={"messages": []})).json


def test_a_model_that_the_body_names_is_kept_and_one_that_is_left_out_on_purpose_stays_out() -> None:
    assert filled(Step(body={"model": "other"})).json == {"model": "other"}
    assert filled(Step(body={"model": None})).json == {"model": None}
    assert filled(Step(body={"max_tokens": 1}, fill_model=False)).json == {"max_tokens": 1}


def test_stream_is_asked_for_where_a_message_is_made() -> None:
    step = Step(body={"messages": []})
    assert filled(step, mode=Mode.STREAM).json["stream"] is True
    assert headers(step, mode=Mode.STREAM)["accept"] == "text/event-stream"
    assert filled(Step(body={"stream": False}), mode=Mode.STREAM).json["stream"] is False
    count = Step(path="/v1/messages/count_tokens", body={})
    assert "stream" not in filled(count, mode=Mode.STREAM).json
    assert headers(count, mode=Mode.STREAM)["accept"] == "application/json"


def test_a_header_of_the_step_wins_and_null_leaves_one_out() -> None:
    sent = headers(Step(body={}, headers={"anthropic-version": "1999-01-01", "content-type": None, "x-new": "1"}))
    assert sent["anthropic-version"] == "1999-01-01"
    assert sent["x-new"] == "1"
    assert "content-type" not in sent


@pytest.mark.parametrize(
    ("auth", "key"), [("none", None), ("invalid", "invalid-key-0000000000"), ("default", "k-123456")]
)
def test_credentials_of_the_step(auth, key) -> None:
    assert headers(Step(body={}, auth=auth)).get("x-api-key") == key


def test_raw_bytes_name_the_model_of_the_target() -> None:
    sent = filled(Step(raw=b'{"model": "{model}", "messages": ['))
    assert b"{model}" not in sent.body
    assert sent.body.startswith(b'{"model": "')


def test_raw_bytes_are_sent_as_they_are() -> None:
    sent = filled(Step(raw=b'{"model": '))
    assert sent.body == b'{"model": '
    assert dict(sent.headers)["content-type"] == "application/json"


def test_a_request_without_a_body_says_nothing_of_its_type() -> None:
    sent = filled(Step(method="GET", path="/v1/models", query={"limit": 2}))
    assert (sent.method, sent.url, sent.body) == ("GET", "https://api.example.com/v1/models?limit=2", b"")
    assert "content-type" not in dict(sent.headers)


def test_the_model_can_stand_in_the_path() -> None:
    assert filled(Step(method="GET", path="/v1/models/{model}")).url == "https://api.example.com/v1/models/some-model"


def test_text_outside_ascii_is_sent_as_utf_8() -> None:
    assert "Grüße, 你好".encode() in filled(Step(body={"system": "Grüße, 你好"})).body


def test_a_body_that_is_no_object_is_sent_as_it_is() -> None:
    assert filled(Step(body=[1, 2])).json == [1, 2]


def test_the_content_of_an_earlier_reply_is_sent_back_whole() -> None:
    step = Step(body={"messages": [{"role": "assistant", "content": {"$reply": "content"}}]})
    assert filled(step, previous=CALLING).json["messages"] == [{"role": "assistant", "content": CALLS}]


def test_every_tool_call_gets_a_result() -> None:
    step = Step(body={"messages": [{"role": "user", "content": {"$reply": "tool-results", "text": "15 degrees"}}]})
    assert filled(step, previous=CALLING).json["messages"][0]["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "15 degrees"},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": "15 degrees"},
    ]


def test_a_pointer_takes_any_value_of_the_body_for_body_path_or_query() -> None:
    page = reply({"data": [{"id": "model-a"}], "last_id": "model-a", "a/b": {"~": 7}})
    query = Step(method="GET", path="/v1/models", query={"after_id": {"$reply": "/last_id"}})
    assert filled(query, previous=page).url.endswith("/v1/models?after_id=model-a")
    assert filled(Step(body={"x": {"$reply": "/data/0/id"}}), previous=page).json["x"] == "model-a"
    assert filled(Step(body={"x": {"$reply": "/a~1b/~0"}}), previous=page).json["x"] == 7


@pytest.mark.parametrize(
    ("call", "previous"),
    [
        ("content", None),
        ("content", reply({"type": "message", "content": []})),
        ("content", reply([1])),
        ("tool-results", reply({"type": "message", "content": [{"type": "text", "text": "no"}]})),
        ("tool-results", reply({"type": "message", "content": "text"})),
        ("/last_id", reply({"first_id": 1})),
        ("/data/3", reply({"data": [1]})),
        ("/data/x", reply({"data": [1]})),
        ("/a/b", reply({"a": "text"})),
    ],
)
def test_what_an_earlier_reply_lacks_is_told_in_a_sentence(call, previous) -> None:
    with pytest.raises(FillError, match=r"\w+ \w+"):
        filled(Step(body={"messages": {"$reply": call}}), previous=previous)


def test_a_path_takes_a_string_of_the_earlier_reply_or_of_what_was_sent_for_it() -> None:
    uploaded = make.reply({"id": "file/1"}, request={"source": {"file_id": "file_2"}})
    deleted = Step(method="DELETE", path="/v1/files/{reply/id}")
    assert filled(deleted, previous=uploaded).url == "https://api.example.com/v1/files/file%2F1"
    sent = Step(method="DELETE", path="/v1/files/{sent/source/file_id}")
    assert filled(sent, previous=uploaded).url == "https://api.example.com/v1/files/file_2"
    with pytest.raises(FillError, match="no string at /source"):
        filled(Step(method="DELETE", path="/v1/files/{sent/source}"), previous=uploaded)
