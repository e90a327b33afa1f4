"""What clients live through in recorded traffic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.judge.callers import CALLERS, Callers
from conformance.judge.experience import Experiences
from conformance.protocol.reply import Reply
from conformance.standard.library import Library
from conformance.wire.importers.files import open_recording
from support import make
from support.data import read_data

AGENT = "claude-cli/2.1.330 (external, sdk-cli)"
TURN = {"role": "user", "content": [{"type": "text", "text": "List the files."}]}
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [TURN],
    "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
    "tools": [{"name": "Bash", "input_schema": {"type": "object", "required": ["command"]}, "defer_loading": True}],
}


@pytest.fixture
def experiences(library: Library) -> Experiences:
    return Experiences(Callers(library.clients))


@pytest.fixture
def callers(library: Library) -> Callers:
    return Callers(library.clients)


def sent(body: Any, agent: str = AGENT, betas: str = "one-2025-01-01,two-2025-01-01") -> Any:
    headers = (("user-agent", agent), *((("anthropic-beta", betas),) if betas else ()))
    return make.request(body, headers=headers)


def refused(body: Any = BODY, **more: Any) -> Reply:
    error = make.error(text="context_management: Extra inputs are not permitted")
    return make.reply(error, 400, sent=sent(body, **more))


def answered(body: Any, message: Any = None, **more: Any) -> Reply:
    return make.reply(message or make.message({"type": "text", "text": "Done."}), sent=sent(body, **more))


def less(*names: str) -> dict[str, Any]:
    return {name: value for name, value in BODY.items() if name not in names}


def test_a_request_that_is_refused_and_repeated_smaller_is_told_once(experiences: Experiences) -> None:
    for number in range(3):
        assert experiences.take(refused(), f"a:{number}") == ()
        experiences.take(answered(less("context_management"), betas="one-2025-01-01"), f"a:{number}b")
    (found,) = experiences.all
    assert found.client == "Claude Code"
    assert found.what == (
        "was refused with status 400 (context_management: Extra inputs are not permitted) and repeated the request "
        "without context_management, the beta two-2025-01-01"
    )
    assert (found.count, found.places[:2]) == (3, ("a:0", "a:0b"))


@pytest.mark.parametrize(
    "later",
    [
        answered(BODY),
        answered({**less("context_management"), "top_p": 1}),
        answered({**less("context_management"), "messages": [{"role": "user", "content": "Something else."}]}),
        answered(less("context_management"), agent="ai/7.0.1"),
        refused(less("context_management")),
    ],
    ids=["the same", "more in it", "another question", "another client", "refused again"],
)
def test_anything_else_after_a_refusal_is_no_repetition(experiences: Experiences, later: Reply) -> None:
    experiences.take(refused(), "a:1")
    experiences.take(later, "a:2")
    assert experiences.all == ()


def test_what_is_left_out_step_by_step_is_told_whole(experiences: Experiences) -> None:
    experiences.take(refused(), "a:1")
    experiences.take(refused(less("context_management")), "a:2")
    experiences.take(answered(less("context_management", "tools"), betas=""), "a:3")
    (found,) = experiences.all
    assert found.what.startswith("was refused 2 times with status 400 (context_management:")
    assert found.what.endswith("without context_management, the beta one-2025-01-01, the beta two-2025-01-01, tools")
    assert found.places == ("a:1", "a:2", "a:3")


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        ({"max_tokens": 128_000}, {"max_tokens": 32_000}, "with max_tokens 32000 in place of 128000"),
        ({"messages": [TURN] * 9}, {"messages": [TURN] * 3}, "with 3 messages in place of 9"),
        ({"max_tokens": 128_000}, {"max_tokens": 256_000}, None),
        ({"max_tokens": 9, "messages": [TURN]}, {"max_tokens": 5, "messages": [TURN] * 2}, None),
    ],
)
def test_a_request_can_be_smaller_in_its_numbers(
    experiences: Experiences, before: dict[str, Any], after: dict[str, Any], how: str | None
) -> None:
    experiences.take(refused({**BODY, **before}), "a:1")
    experiences.take(answered({**BODY, **after}), "a:2")
    assert [each.what.rpartition(" the request ")[2] for each in experiences.all] == ([how] if how else [])


def test_who_asks_the_same_an_hour_later_asks_anew(experiences: Experiences) -> None:
    def at(reply: Reply, started: str) -> Reply:
        return Reply(replace(reply.exchange, started=started))

    experiences.take(at(refused(), "2026-11-28T08:00:00.000Z"), "a:1")
    experiences.take(at(answered(less("context_management")), "2026-11-28T09:00:00.000Z"), "a:2")
    assert experiences.all == ()
    experiences.take(at(refused(), "2026-11-28T08:00:00.000Z"), "a:3")
    experiences.take(at(answered(less("context_management")), "2026-11-28T08:00:02.000Z"), "a:4")
    assert len(experiences.all) == 1


def test_a_call_that_the_limit_of_its_request_cut_lacks_nothing(experiences: Experiences) -> None:
    calls = [make.call(name="Bash", input={}), make.call(name="Bash", input={})]
    experiences.take(answered(BODY, make.message(calls[0], stop_reason="max_tokens")), "a:1")
    assert experiences.all == ()
    experiences.take(answered(BODY, make.message(*calls, stop_reason="max_tokens")), "a:2")
    assert [each.count for each in experiences.all] == [1]


AGENTS = {
    "Claude Code": ("claude-code", "claude-cli/2.1.330 (external, sdk-cli)", "context_management"),
    "Vercel AI SDK 7": ("ai-sdk-7", "ai/7.0.173 ai-sdk-provider-utils/5.0.81 node.js/22", "tool_choice"),
    "opencode": ("opencode", "opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14", "tool_choice"),
    "LangChain for Python": ("langchain-python", "langchain-anthropic/1.7.7", "tools"),
    "Pydantic AI": ("pydantic-ai", "pydantic-ai/2.68.0", "tool_choice"),
    "LlamaIndex": ("llamaindex", "llama-index/0.14.25", "temperature"),
    "LiteLLM": ("litellm", "litellm/1.106.2", "tools"),
    "Anthropic SDK for Python": ("python-sdk", "Anthropic/Python 1.17.0", "tools"),
    "Anthropic SDK for TypeScript": ("typescript-sdk", "Anthropic/JS 1.12.0", "tools"),
}
"""By the name that users know: the client of a captured request, its `user-agent`, and what it could do without."""


@pytest.mark.parametrize("name", AGENTS)
def test_captured_requests_of_other_clients_live_through_the_same(experiences: Experiences, name: str) -> None:
    client, agent, part = AGENTS[name]
    captured = [each for each in read_data("client_requests.json") if each["client"] == client]
    body = next(each["body"] for each in captured if isinstance(each["body"], dict) and part in each["body"])
    tools = [{**tool, "input_schema": {"required": ["city"]}} for tool in body.get("tools", [])]
    body = {**body, **({"tools": tools} if tools else {})}
    experiences.take(refused(body, agent=agent), "a:1")
    experiences.take(answered({key: value for key, value in body.items() if key != part}, agent=agent), "a:2")
    if tools:
        call = make.message(make.call(name=tools[0]["name"], input={}), stop_reason="tool_use")
        experiences.take(answered(body, call, agent=agent), "a:3")
    experiences.left(make.exchange(b"", ended=61.0, sent=sent(body, agent=agent)), "a:4")
    assert {each.client for each in experiences.all} == {name}
    sentences = [each.what for each in experiences.all]
    assert sentences[0].endswith(f"repeated the request without {part}")
    assert sentences[-1] == "hung up after 61 s of silence before the answer was there"
    assert len(sentences) == (3 if tools else 2)


def test_genuine_recordings_tell_of_nothing(experiences: Experiences, corpus: Path) -> None:
    for number, recorded in enumerate(open_recording(corpus).exchanges(), 1):
        experiences.take(Reply(recorded.exchange, recorded.streamed), str(number))
    assert experiences.all == ()


def test_a_part_inside_a_tool_can_be_what_is_left_out(experiences: Experiences) -> None:
    experiences.take(refused(), "a:1")
    plain = {**BODY, "tools": [{name: value for name, value in BODY["tools"][0].items() if name != "defer_loading"}]}
    experiences.take(answered(plain), "a:2")
    assert experiences.all[0].what.endswith("repeated the request without tools.defer_loading")


@pytest.mark.parametrize(
    ("given", "told"), [({}, True), ({"command": "ls"}, False), (None, True), ({"command": None}, False)]
)
def test_a_call_without_an_input_that_its_schema_requires_is_told(
    experiences: Experiences, given: Any, told: bool
) -> None:
    call = make.message(make.call(name="Bash", input=given), stop_reason="tool_use")
    experiences.take(answered(BODY, call), "a:1")
    sentences = [each.what for each in experiences.all]
    assert sentences == (["got a call of Bash without command, which its schema requires"] if told else [])


def test_a_client_that_leaves_after_a_silence_has_hung_up(experiences: Experiences) -> None:
    stream = {"content-type": "text/event-stream"}
    silent = make.exchange(b"event: ping\n\n", headers=stream, ended=70.0, sent=sent(BODY))
    busy = make.exchange(b"event: ping\n\n", headers=stream, ended=0.2, sent=sent(BODY))
    assert experiences.left(busy, "a:1") == ()
    (found,) = experiences.left(silent, "a:2")
    assert found.what == "hung up after 70 s of silence in the middle of a stream"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (AGENT, "Claude Code"),
        ("claude-cli/2.1.330 (external, sdk-py, agent-sdk/0.2.187)", "Claude Agent SDK"),
        ("opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14", "opencode"),
        ("Anthropic/Python 2.14.0", "Anthropic SDK for Python 2"),
        ("Anthropic/Python 1.17.0", "Anthropic SDK for Python"),
        ("Anthropic/JS 0.137.0", "Anthropic SDK for TypeScript"),
        ("curl/8.1", "curl"),
        ("", "A client without a name"),
    ],
)
def test_clients_have_the_names_that_users_know(callers: Callers, agent: str, name: str) -> None:
    assert callers.name_of(sent(BODY, agent=agent)) == name


def test_requests_are_counted_by_client_and_version(callers: Callers) -> None:
    older, half = "claude-cli/2.1.329 (external, cli)", "\ud800"
    met = [callers.take(sent(BODY, agent=agent)) for agent in (AGENT, AGENT, older, half)]
    assert [each is not None for each in met] == [True, False, True, True]
    assert [(each.client, each.requests) for each in callers.all[:2]] == [("Claude Code", 2), ("Claude Code", 1)]
    assert callers.all[1].agent == "claude-cli/2.1.329"
    for number in range(1_000):
        callers.take(sent(BODY, agent=f"client-{number}"))
    assert len(callers.all) == CALLERS


def test_whatever_a_recording_holds_is_read_in_bounded_steps(experiences: Experiences) -> None:
    """Names of a megabyte, required members without end, halves of surrogate pairs."""
    long, half = "x" * 1_000_000, "\ud800"
    required = [f"{half}{number}" for number in range(50_000)]
    tools = [{"name": "Bash", "input_schema": {"type": "object", "required": required}}]
    body = {**BODY, "tools": tools, long: {long + str(number): {long: 1} for number in range(3)}}
    calls = make.message(*(make.call(name="Bash", input={}) for _ in range(2_000)))
    experiences.take(refused({**body, "extra": 1}, agent=f"claude-cli{half}"), "a:1")
    experiences.take(answered(body, calls, agent=f"claude-cli{half}"), "a:2")
    sentences = [each.what for each in experiences.all]
    assert len(sentences) == 2
    assert all(len(sentence) < 1_000 for sentence in sentences)
    assert sentences[0].endswith("repeated the request without extra")


def test_what_is_kept_is_bounded(experiences: Experiences) -> None:
    for number in range(1_000):
        call = make.message(make.call(name=f"tool-{number}", input={}))
        tools = [{"name": f"tool-{number}", "input_schema": {"required": ["x"] * 50}}]
        experiences.take(answered({**BODY, "tools": tools}, call), f"a:{number}")
        experiences.take(refused({**BODY, "messages": [{"role": "user", "content": str(number)}]}), f"a:{number}")
    assert len(experiences.all) == 200
