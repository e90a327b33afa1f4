"""What the protocol plane says of an endpoint does not depend on a model that does what it is asked to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from conformance.judge.evaluate import judge
from conformance.judge.evidence import Evidence
from conformance.judge.verdict import Policy
from conformance.model import Judgement, Mode, Outcome, Plane
from conformance.reference.pipeline import Steps
from support.brainless import MODELS

pytestmark = pytest.mark.slow

ALWAYS = frozenset(
    {
        *("caching-accepted stream", "caching-automatic stream", "documents-text-with-citations stream"),
        *("messages-content-string stream", "messages-system-turn-cached stream", "response-no-think-tags stream"),
        *("system-cache-control stream", "system-billing-header stream", "thinking-adaptive-omitted stream"),
        *("transport-beta-lines-all-count stream", "transport-text-plain-handled json"),
    }
)
"""Cases, with their modes, that still need a model that follows instructions."""

NO_THOUGHT = frozenset(
    {"thinking-omitted-is-empty stream", "thinking-omitted-has-no-deltas stream", "thinking-counted json"}
)

LEFT: Mapping[str, frozenset[str]] = {"empty": NO_THOUGHT, "blank": NO_THOUGHT, "think tags": NO_THOUGHT}
"""Model -> the cases that stay open besides."""


def judged(stage, model: str) -> dict[tuple[str, Mode], Judgement]:
    """The judgements of the protocol plane on an honest endpoint with this model."""
    honest = stage()
    replies = honest.send(replace(Steps(), generate=MODELS[model].generate)).replies
    bench = replace(honest.bench, policy=Policy())
    evidence = Evidence(dict(replies), {})
    return {
        (case.id, mode): judge(case, mode, evidence, bench)
        for case, mode in honest.plan.items
        if case.plane is Plane.PROTOCOL
    }


@pytest.mark.parametrize("model", MODELS)
def test_no_protocol_case_gates_or_stays_open_because_of_the_model(stage, model) -> None:
    wrong = {
        f"{case} {mode}"
        for (case, mode), judgement in judged(stage, model).items()
        if judgement.gates or judgement.outcome in (Outcome.INCONCLUSIVE, Outcome.UNSUPPORTED, Outcome.NOT_RUN)
    }
    assert wrong == ALWAYS | LEFT.get(model, frozenset())
