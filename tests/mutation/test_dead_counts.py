"""Input counts that follow nothing decide nothing: what they would have shown stays open, and cases on counts fail."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.evaluate import judge
from conformance.judge.evidence import Evidence
from conformance.judge.verdict import Policy
from conformance.model import DECIDED, DEVIATING, Judgement, Mode
from conformance.reference.faults.seams import in_message_of
from conformance.reference.pipeline import Steps
from conformance.reference.prompt import Prompt
from support.brainless import MODELS

pytestmark = pytest.mark.slow

Count = Callable[[int, Prompt], int]
"""The input tokens that an endpoint reports, of those that there are and the prompt."""


def streamed(prompt: Prompt) -> bool:
    return prompt.body.get("stream") is True


def at_random(most: int) -> Count:
    chance = random.Random(most)
    return lambda _tokens, _prompt: chance.randint(1, most)


KINDS: Mapping[str, Count] = {
    "always 1": lambda *_: 1,
    "always 0": lambda *_: 0,
    "messages": lambda _tokens, prompt: 10 * len(prompt.body["messages"]),
    "members": lambda _tokens, prompt: 3 * len(prompt.body),
    "random, few": at_random(20),
    "random, many": at_random(1_000),
    "the shorter the more": lambda tokens, _: max(1, 10_000 - tokens),
    "far too many": lambda tokens, _: 50 * tokens,
    "dead in streams": lambda tokens, prompt: 10 if streamed(prompt) else tokens,
    "none in streams": lambda tokens, prompt: 0 if streamed(prompt) else tokens,
    "dead in JSON": lambda tokens, prompt: tokens if streamed(prompt) else 10,
    "none in JSON": lambda tokens, prompt: tokens if streamed(prompt) else 0,
    "more in streams": lambda tokens, prompt: tokens + 30 if streamed(prompt) else tokens,
    "random in streams": lambda tokens, prompt: (
        random.Random(str(prompt.body)).randint(1, 500) if streamed(prompt) else tokens
    ),
}

ALIVE = {"none in streams": Mode.JSON, "none in JSON": Mode.STREAM}
"""Kinds with a mode whose counts are alive, as the other mode counts nothing that differs from it."""

ABOUT_COUNTS = {"token-counts", "counts-grow", "message-start-counts-input"}
"""Checks that claim something of the counts themselves, or of their agreement."""

TELL = {"usage-input-grows", "usage-stream-input-as-in-json"}
"""The cases that say that counts are dead."""


def judged(stage, kind: str, model: str | None) -> dict[tuple[str, Mode], Judgement]:
    """The judgements of an endpoint that counts like that, by the rules of an ordinary run."""
    count = KINDS[kind]

    def change(message: dict[str, Any], prompt: Prompt) -> None:
        usage = message["usage"]
        usage["input_tokens"] = count(usage["input_tokens"], prompt)

    steps = Steps() if model is None else replace(Steps(), generate=MODELS[model].generate)
    honest = stage()
    replies = honest.send(in_message_of(steps, change)).replies
    bench = replace(honest.bench, policy=Policy())
    evidence = Evidence(dict(replies), {})
    return {(case.id, mode): judge(case, mode, evidence, bench) for case, mode in honest.plan.items}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_a_claim_about_counts_fails_on_dead_counts(stage, kind) -> None:
    cases = stage().library.cases
    judgements = judged(stage, kind, None)
    failed = {case for (case, _), judgement in judgements.items() if judgement.outcome in DEVIATING}
    assert failed & TELL
    assert [case for case in failed if not ABOUT_COUNTS & {call.name for call in cases[case].expect}] == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_passes_on_dead_counts(stage, kind) -> None:
    """The model ignores the prompt: only counts could show that a part of it was read, or a call that is forced."""
    cases = stage().library.cases
    shown = {
        (case, mode)
        for (case, mode), judgement in judged(stage, kind, "letters").items()
        if any(call.name in ("honoured", "read-or-refused") for call in cases[case].expect)
        and judgement.outcome in DECIDED
        and mode is not ALIVE.get(kind)
        and "forced-tool-choice" not in cases[case].needs
    }
    assert shown == set()
