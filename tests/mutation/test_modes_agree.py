"""Random conversations through the reference endpoint: both modes say the same, and the judge finds nothing in it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.judge.evaluate import judge
from conformance.judge.transcripts import Transcript, Transcripts
from conformance.judge.verdict import DEVIATING
from conformance.model import Chunk, Mode, Scenario, Step
from conformance.reference.app import Endpoint
from conformance.reference.cache import PromptCache
from conformance.reference.pipeline import Steps
from conformance.run.filling import fill

ORDERS = (
    "Hi",
    "Reply with exactly this and nothing else: 石英-🙂",
    "Count from 1 to 12 in digits, separated by spaces.",
    "What is the code word?",
    "What is the weather in Lisbon and in Oslo? Use the get_weather tool.",
    "Write three words.",
)
TOOL = {
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

orders = st.sampled_from(ORDERS) | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)
contents = orders | orders.map(lambda text: [{"type": "text", "text": text}])
turns = st.lists(contents, min_size=0, max_size=2).flatmap(
    lambda history: contents.map(
        lambda last: [
            *(
                turn
                for said in history
                for turn in ({"role": "user", "content": said}, {"role": "assistant", "content": "I see."})
            ),
            {"role": "user", "content": last},
        ]
    )
)
bodies = st.fixed_dictionaries(
    {"messages": turns, "max_tokens": st.integers(1, 300)},
    optional={
        "system": st.just("The code word is OPAL-1.") | st.just([{"type": "text", "text": "Be brief."}]),
        "stop_sequences": st.lists(st.sampled_from(["7", " 3", "zz"]), min_size=1, max_size=2, unique=True),
        "tools": st.just([TOOL]),
        "thinking": st.just({"type": "adaptive"}),
    },
)
cuts = st.lists(st.integers(0, 20_000), max_size=8)


@pytest.fixture(scope="module")
def converse(stage, rehearsal):
    """Sends a body in one mode and reads what comes, cut into chunks at the given places."""
    setting = stage()
    endpoint = Endpoint(replace(setting.desk, cache=PromptCache(lambda: 0.0)), Steps())

    def of(body, mode, places=()):
        scenario = Scenario("conversation", mode, (Step(body=body),))
        request = fill(scenario.steps[0], mode, setting.target, None, "conversation")
        setting.names.begin("conversation")
        exchange = rehearsal.exchange_of(request, endpoint.answer(rehearsal.call_of(request)), scenario, 1)
        assert exchange.response is not None
        whole = exchange.response.body
        edges = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
        chunks = tuple(Chunk(0.01 * number, whole[start:end]) for number, (start, end) in enumerate(pairwise(edges)))
        cut = replace(exchange, response=replace(exchange.response, chunks=chunks)) if places else exchange
        return setting, Transcript(scenario, (rehearsal.reply_of(cut),))

    return of


def without_details(message):
    """The Message without what only one of the modes tells (RECORDINGS: the split of output tokens)."""
    usage = {key: value for key, value in message["usage"].items() if key != "output_tokens_details"}
    return {**message, "usage": usage}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, places=cuts)
def test_both_modes_say_the_same_however_the_stream_is_cut(converse, body, places) -> None:
    _, plain = converse(body, Mode.JSON)
    _, streamed = converse(body, Mode.STREAM, places)
    assert plain.last.status == 200, plain.last.json
    assert without_details(streamed.last.message) == without_details(plain.last.message)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_the_judge_finds_nothing_in_honest_conversations(converse, body) -> None:
    setting, plain = converse(body, Mode.JSON)
    _, streamed = converse(body, Mode.STREAM)
    seen = Transcripts({each.scenario.id: each for each in (plain, streamed)}, {})
    passive = [
        (case, mode)
        for case, mode in setting.plan.items
        if case.on and all(name.startswith("every-") for name in case.on) and not case.informational
    ]
    assert passive
    deviating = {
        case.id: judgement.findings
        for case, mode in passive
        if (judgement := judge(case, mode, seen, setting.bench)).outcome in DEVIATING
    }
    deviating.pop("response-id-unique", None)  # both modes are given the same id, so that they can be compared
    deviating.pop("transport-request-id-unique", None)
    assert deviating == {}
