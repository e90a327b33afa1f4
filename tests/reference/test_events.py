import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.reference.answer import Answer, ServerEvent
from conformance.reference.errors import new_id
from conformance.reference.signatures import Signer

Post = Callable[..., Answer]

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"name": "get_weather", "description": "The weather of a city.", "input_schema": CITY}]
ASKED = {"tools": TOOLS, "messages": [{"role": "user", "content": "What is the weather in Paris and Berlin?"}]}
BODIES: dict[str, dict[str, Any]] = {
    "text": {"messages": [{"role": "user", "content": "Count from 1 to 40"}]},
    "calls": ASKED,
    "thinking": {"thinking": {"type": "adaptive"}},
    "hidden-thinking": {"thinking": {"type": "adaptive", "display": "omitted"}, **ASKED},
    "cut": {"max_tokens": 3},
    "stopped-at-once": {"messages": [{"role": "user", "content": "Say X-1"}], "stop_sequences": ["X"]},
}


def accumulated(events: tuple[ServerEvent, ...]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    parts: dict[int, str] = {}
    for event in events:
        data = json.loads(json.dumps(event.data))
        if data["type"] == "message_start":
            message = data["message"]
        elif data["type"] == "content_block_start":
            message["content"].append(data["content_block"])
        elif data["type"] == "content_block_delta":
            block, delta = message["content"][data["index"]], data["delta"]
            if delta["type"] == "input_json_delta":
                parts[data["index"]] = parts.get(data["index"], "") + delta["partial_json"]
                block["input"] = json.loads(parts[data["index"]] or "{}") if parts[data["index"]].endswith("}") else {}
            elif delta["type"] == "signature_delta":
                block["signature"] = delta["signature"]
            else:
                key = delta["type"].removesuffix("_delta")
                block[key] += delta[key]
        elif data["type"] == "message_delta":
            message.update(data["delta"])
            message["usage"].update(data["usage"])
    return message


def without_ids(message: dict[str, Any]) -> dict[str, Any]:
    content = [{key: value for key, value in block.items() if key != "id"} for block in message["content"]]
    return {**message, "id": "", "content": content}


@pytest.mark.parametrize("name", BODIES)
def test_the_events_of_an_answer_accumulate_to_its_message(post: Post, name: str) -> None:
    streamed, whole = post(**BODIES[name], stream=True), post(**BODIES[name])
    assert streamed.events is not None
    assert streamed.message == accumulated(streamed.events)
    assert without_ids(accumulated(streamed.events)) == without_ids(whole.body)


@pytest.mark.parametrize("name", BODIES)
def test_events_come_in_order_and_end_with_message_stop(post: Post, name: str) -> None:
    events = post(**BODIES[name], stream=True).events
    assert events is not None
    names = [event.name for event in events]
    assert names == [event.data["type"] for event in events]
    assert names[0] == "message_start"
    assert names[-2:] == ["message_delta", "message_stop"]
    starts = [event.data["index"] for event in events if event.name == "content_block_start"]
    assert starts == list(range(len(starts)))


def test_the_first_part_of_tool_input_is_empty(post: Post) -> None:
    events = post(**ASKED, stream=True).events
    assert events is not None
    parts = [
        e.data["delta"]["partial_json"] for e in events if e.data.get("delta", {}).get("type") == "input_json_delta"
    ]
    assert parts[0] == ""
    assert "".join(parts) == '{"city":"Paris"}{"city":"Berlin"}'


def test_a_signature_comes_whole_and_last_in_its_block(post: Post) -> None:
    events = post(thinking={"type": "adaptive"}, stream=True).events
    assert events is not None
    kinds = [e.data["delta"]["type"] for e in events if e.name == "content_block_delta" and e.data["index"] == 0]
    assert kinds[-1] == "signature_delta"
    assert set(kinds[:-1]) == {"thinking_delta"}


def test_hidden_thinking_has_no_thinking_deltas(post: Post) -> None:
    events = post(**BODIES["hidden-thinking"], stream=True).events
    assert events is not None
    kinds = [e.data["delta"]["type"] for e in events if e.name == "content_block_delta" and e.data["index"] == 0]
    assert kinds == ["signature_delta"]


def test_an_event_with_line_breaks_stays_one_event() -> None:
    assert ServerEvent("a", {"text": "1\n\n2\r"}).encode() == b'event: a\ndata: {"text":"1\\n\\n2\\r"}\n\n'


def test_signatures_protect_themselves() -> None:
    signer = Signer(b"secret")
    for signature in (signer.sign("Hm.", shown=True), signer.sign("Hm.", shown=False)):
        assert signer.verifies(signature)
        assert not signer.verifies(signature[:-4] + "AAA=")
        assert not Signer(b"other").verifies(signature)
    assert not signer.verifies("no base64 ¤")
    assert not signer.verifies("")


def test_returned_thinking_is_accepted_and_an_altered_signature_is_refused(post: Post) -> None:
    first = post(thinking={"type": "adaptive"}).body["content"]
    ask, more = {"role": "user", "content": "Hi"}, {"role": "user", "content": "And now?"}
    reworded = [{**first[0], "thinking": "changed"}, *first[1:]]
    altered = [{**first[0], "signature": first[0]["signature"][:-8]}, *first[1:]]
    assert post(messages=[ask, {"role": "assistant", "content": first}, more]).status == 200
    assert post(messages=[ask, {"role": "assistant", "content": reworded}, more]).status == 200
    assert post(messages=[ask, {"role": "assistant", "content": altered}, more]).status == 400


def test_ids_have_the_shape_that_clients_know() -> None:
    ids = {new_id("req") for _ in range(2000)}
    assert len(ids) == 2000
    assert all(name.startswith("req_01") and len(name) == 28 for name in ids)
