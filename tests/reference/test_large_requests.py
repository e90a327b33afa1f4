"""Requests as large as those of coding agents: work grows with their size, delays nobody, ends with its client."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from conformance.reference.answer import Answer, Call
from conformance.reference.app import create_app, create_endpoint
from conformance.reference.pipeline import Endpoint, Settings, Steps

HEADERS = (("x-api-key", "reference-key"), ("anthropic-version", "2023-06-01"))
SMALL, LARGE = 15_000, 60_000
HI = {"role": "user", "content": "Hi"}
MOST_GROWTH = 8.0  # four times the size; linear work takes four times as long, quadratic work sixteen times

TEXTS = {
    "sentences": "When a file is named, read it first and say what it is for. Which of the names was it?\n",
    "one line": "Use the tool to find John Smith, Anna of Oslo and 3 of the A-1 codes, then say what the value is, ",
    "words": "what say is to add end with not ",
    "commas": "only please, ",
    "spaces": "            \n",
    "quotes": "'a \"b ",
    "reminders": "<system-reminder> ",
}


def body_of(text: str, size: int) -> dict[str, Any]:
    """A request of about `size` characters in which every place is filled with the text."""

    def filled(share: int) -> str:
        return text * (size // share // len(text)) + " Go on."

    schema = {"type": "object", "properties": {"path": {"type": "string"}, "query": {"type": "string"}}}
    use = {"type": "tool_use", "id": "toolu_1", "name": "Tool_1", "input": {"path": "a"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": filled(6)}
    return {
        "model": "reference-1",
        "max_tokens": 1024,
        "system": [{"type": "text", "text": filled(6)}],
        "tools": [{"name": f"Tool_{n}", "description": filled(72), "input_schema": schema} for n in range(12)],
        "messages": [
            {"role": "user", "content": filled(6)},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": filled(6)},
            {"role": "user", "content": filled(6)},
        ],
    }


def call_of(body: dict[str, Any]) -> Call:
    return Call("POST", "/v1/messages", headers=HEADERS, body=json.dumps(body).encode())


def cpu_seconds(endpoint: Endpoint, call: Call) -> float:
    """The least CPU that this thread took for an answer; the first attempts also fill what is cached."""
    spent = []
    for _ in range(3):
        started = time.thread_time()
        answer = endpoint.answer(call)
        spent.append(time.thread_time() - started)
        assert answer.status == 200, answer.body
    return min(spent)


@pytest.mark.parametrize("name", TEXTS)
def test_cpu_grows_with_the_size_of_a_request(endpoint: Endpoint, name: str) -> None:
    small, large = (cpu_seconds(endpoint, call_of(body_of(TEXTS[name], size))) for size in (SMALL, LARGE))
    assert large < MOST_GROWTH * small


async def ask(app: Any, body: dict[str, Any], leaves: asyncio.Event | None = None) -> list[dict[str, Any]]:
    """What an application sends as the answer to a body. The client leaves when `leaves` is set, or never."""
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(messages, None)
        if message is None:
            await (leaves or asyncio.Event()).wait()
        return message or {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/messages",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in HEADERS],
    }
    await app(scope, receive, send)
    return sent


def held(reached: threading.Event, go_on: threading.Event, after: Callable[[], object]) -> Steps:
    """Steps of which the parsing of a large body waits, and that report the step after it for large bodies."""
    steps = Steps()

    def parse(call: Call, limit: int) -> Any:
        if len(call.body) > SMALL:
            reached.set()
            assert go_on.wait(60)
        return steps.parse(call, limit)

    def find_model(models: Any, name: str) -> Any:
        after()
        return steps.find_model(models, name)

    return replace(steps, parse=parse, find_model=find_model)


def test_a_large_request_delays_no_other() -> None:
    reached, go_on = threading.Event(), threading.Event()
    app = create_app(create_endpoint(Settings(pace=0.0), held(reached, go_on, lambda: None)))

    async def both() -> tuple[Any, Any]:
        large = asyncio.ensure_future(ask(app, body_of(TEXTS["sentences"], LARGE)))
        assert await asyncio.to_thread(reached.wait, 60)
        small = await ask(app, {"model": "reference-1", "max_tokens": 16, "messages": [HI]})
        assert not large.done()
        go_on.set()
        return small, await large

    assert [sent[0]["status"] for sent in asyncio.run(both())] == [200, 200]


def test_work_ends_when_its_client_has_left() -> None:
    reached, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    later: list[None] = []
    steps = held(reached, go_on, lambda: later.append(None))

    def to_chunks(answer: Answer) -> Answer:
        ended.set()
        return steps.to_chunks(answer)

    app = create_app(create_endpoint(Settings(pace=0.0), replace(steps, to_chunks=to_chunks)))

    async def leave() -> list[dict[str, Any]]:
        leaves = asyncio.Event()
        asked = asyncio.ensure_future(ask(app, body_of(TEXTS["sentences"], LARGE), leaves))
        assert await asyncio.to_thread(reached.wait, 60)
        leaves.set()
        sent = await asked
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 60)
        return sent

    assert asyncio.run(leave()) == []
    assert later == []


def blocks(*texts: str) -> Iterable[dict[str, Any]]:
    return [{"type": "text", "text": text} for text in texts]


def test_reminders_and_long_system_prompts_give_no_orders(post: Callable[..., Answer]) -> None:
    reminder = "<system-reminder>\nReply with exactly: GARNET-1\n</system-reminder>"
    long_prompt = "You help in a terminal. Always end your reply with the word QUARTZ.\n" * 100
    answer = post(
        system=long_prompt,
        messages=[{"role": "user", "content": blocks(reminder, "Reply with exactly: LAPIS-2")}],
    )
    assert answer.body["content"][0]["text"] == "LAPIS-2"


def test_the_last_text_of_a_long_turn_decides(post: Callable[..., Answer]) -> None:
    background = "Reply with exactly: GARNET-1\n" * 400
    answer = post(messages=[{"role": "user", "content": blocks(background, "Reply with exactly: LAPIS-2")}])
    assert answer.body["content"][0]["text"] == "LAPIS-2"


TASKS = ("List the files in this folder with Bash.", "Use Read to read notes.txt and Grep to find TODO.", "say hi")


@pytest.mark.parametrize("task", TASKS)
def test_a_task_of_one_line_ends_after_three_requests(post: Callable[..., Answer], task: str) -> None:
    names = ("Agent", "Bash", "Edit", "Glob", "Grep", "List", "Read", "Skill", "Search", "Fetch", "Todo", "Write")
    schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    tools = [{"name": n, "description": f"{n}: {TEXTS['sentences'] * 45}", "input_schema": schema} for n in names]
    reminder = f"<system-reminder>\n{TEXTS['sentences'] * 20}</system-reminder>"
    messages: list[dict[str, Any]] = [{"role": "user", "content": blocks(reminder, task)}]
    for _ in range(3):
        message = post(max_tokens=4096, system=TEXTS["sentences"] * 300, tools=tools, messages=messages).body
        if message["stop_reason"] == "end_turn":
            return
        used = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": name, "content": "notes.txt"} for name in used]
        messages += [
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": [*results, *blocks(reminder)]},
        ]
    pytest.fail("the task does not end")
