"""What clients live through in recorded traffic."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.callers import CALLERS, Callers
from conformance.judge.experience import Experiences
from conformance.protocol.reply import Reply
from conformance.standard.library import Library
from support import make

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
