"""Random valid conversations, and how they are answered and judged one by one.

A conversation is a request body that the API accepts: turns, system prompts, tools with calls and results, documents,
thinking, stop sequences, limits. Each is asked in both modes of an endpoint of its own, so that nothing is cached.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from conformance.judge.evaluate import judge
from conformance.judge.evidence import Evidence, ScenarioReplies
from conformance.model import Case, Judgement, Mode, Scenario, Step
from conformance.protocol.exchange import Chunk, Exchange, SentRequest
from conformance.protocol.reply import Reply
from conformance.reference.answer import Answer, Call
from conformance.reference.cache import PromptCache
from conformance.reference.faults import Fault, with_faults
from conformance.reference.pipeline import Endpoint, Steps
from mutation.rehearsal import Stage, exchange_of

Body = dict[str, Any]

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (
    {"name": "get_weather", "description": "Returns the current weather of a city.", "input_schema": CITY},
    {"name": "get_time", "description": "Returns the local time of a city.", "input_schema": CITY},
)
ORDERS = (
    "Reply with exactly this and nothing else: LAPIS-7431",
    "Reply with exactly this and nothing else: KOBALT-5512 Zürich 東京 👩‍🚀",
    "What is the weather in Lisbon? Use the get_weather tool.",
    "What is the weather in Lisbon, and what is the time in Oslo? Call get_weather and get_time together.",
    "Count from 1 to 40 in digits, separated by spaces.",
    "What is the code word?",
    "Tell me a story about a lighthouse.",
)

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60).filter(
    str.strip
)
said = st.one_of(st.sampled_from(ORDERS), texts)


def text_block(text: str) -> Body:
    return {"type": "text", "text": text}


def document(words: str, cited: bool) -> Body:
    source = {"type": "text", "media_type": "text/plain", "data": f"{words} The code word is BERYL-4417."}
    return {"type": "document", "title": "Note", "source": source, "citations": {"enabled": cited}}


def user_turns(cited: bool) -> st.SearchStrategy[Any]:
    """The content of user messages; all documents of a request are cited, or none."""
    about = texts.map(lambda words: [document(words, cited), text_block("What is the code word?")])
    return st.one_of(said, st.lists(said.map(text_block), min_size=1, max_size=3), about)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """A request body that is valid in both modes."""
    tools = draw(st.sampled_from(((), TOOLS[:1], TOOLS)))
    turns = user_turns(draw(st.booleans()))
    messages: list[Body] = []
    for _ in range(draw(st.integers(0, 2))):
        messages.append({"role": "user", "content": draw(turns)})
        if tools and draw(st.booleans()):
            messages += _loop(draw(st.integers(1, 2)), draw(texts), len(messages))
        else:
            messages.append({"role": "assistant", "content": draw(texts).strip()})
    messages.append({"role": "user", "content": draw(st.one_of(st.sampled_from(ORDERS), turns))})
    body: Body = {"model": "reference-1", "max_tokens": draw(st.sampled_from((4, 32, 400))), "messages": messages}
    if tools:
        body["tools"] = list(tools)
    thinking = draw(st.sampled_from((None, "disabled", "adaptive", "enabled")))
    if thinking == "enabled":
        body |= {"max_tokens": 1200, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    elif thinking is not None:
        body["thinking"] = {"type": thinking}
    if tools and thinking != "enabled" and draw(st.booleans()):
        choices = ({"type": "auto"}, {"type": "any"}, {"type": "none"}, {"type": "tool", "name": "get_weather"})
        body["tool_choice"] = draw(st.sampled_from(choices))
    if draw(st.booleans()):
        body["system"] = draw(st.one_of(texts, st.lists(texts.map(text_block), min_size=1, max_size=2)))
    if draw(st.booleans()):
        body["stop_sequences"] = draw(st.lists(st.sampled_from(("7", "19", "\n\nHuman:")), min_size=1, max_size=2))
    return body


def _loop(calls: int, result: str, number: int) -> list[Body]:
    """A tool loop of one or two calls, and a text that closes it."""
    ids = [f"toolu_01conformance{number:04}{call:06}" for call in range(calls)]
    made = [{"type": "tool_use", "id": name, "name": "get_weather", "input": {"city": "Lisbon"}} for name in ids]
    results = [{"type": "tool_result", "tool_use_id": name, "content": result} for name in ids]
    return [
        {"role": "assistant", "content": made},
        {"role": "user", "content": results},
        {"role": "assistant", "content": "I see."},
    ]


def ask(stage: Stage, body: Body, mode: Mode, faults: Iterable[Fault] = ()) -> tuple[SentRequest, Answer]:
    """The request and the answer of an endpoint that was never asked anything before."""
    whole = {**body, "stream": True} if mode is Mode.STREAM else body
    headers = (
        ("x-api-key", "reference-key"),
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
    )
    sent = SentRequest("POST", "http://reference/v1/messages", headers, json.dumps(whole).encode())
    stage.names.begin(f"a conversation in {mode}")
    desk = replace(stage.desk, cache=PromptCache(lambda: 0.0))
    answer = Endpoint(desk, with_faults(Steps(), faults)).answer(
        Call(sent.method, "/v1/messages", headers=sent.headers, body=sent.body)
    )
    return sent, answer


def heard(sent: SentRequest, answer: Answer, mode: Mode) -> Reply:
    """The answer as a run reads it."""
    return Reply(exchange_of(sent, answer, "conversation", mode, 1))


def rechunked(reply: Reply, cuts: Sequence[int]) -> Reply:
    """The same stream, cut at other places."""
    exchange = reply.exchange
    assert exchange.response is not None
    body = exchange.response.body
    places = sorted({cut % (len(body) + 1) for cut in cuts})
    parts = [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]
    chunks = tuple(Chunk(0.01 * number, part) for number, part in enumerate(parts, 1) if part)
    changed: Exchange = replace(exchange, response=replace(exchange.response, chunks=chunks))
    return Reply(changed)


def without_ids(value: Any) -> Any:
    """A Message with each id replaced by its prefix."""
    if isinstance(value, dict):
        return {key: str(item).partition("_")[0] if key == "id" else without_ids(item) for key, item in value.items()}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


def cases_of_any_request(stage: Stage) -> list[Case]:
    """The cases that need no particular request."""
    return [case for case in stage.library.catalogue.cases if case.selectors and not case.judged]


def judged(stage: Stage, cases: Sequence[Case], *replies: Reply) -> list[Judgement]:
    """The judgements of these cases on these answers to one request."""
    made = {
        f"conversation/{reply.exchange.mode}": ScenarioReplies(
            Scenario("conversation", reply.exchange.mode, (Step(),)), (reply,)
        )
        for reply in replies
    }
    evidence = Evidence(made, {})
    return [judge(case, mode, evidence, stage.bench) for case in cases for mode in case.modes]
