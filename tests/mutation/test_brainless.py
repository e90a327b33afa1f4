"""What the protocol plane says of an endpoint does not depend on a model that does what it is asked to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from conformance.judge.evaluate import judge
from conformance.judge.evidence import Evidence
from conformance.judge.verdict import NOT_FOLLOWED, Policy
from conformance.model import DEVIATING, Judgement, Mode, Outcome, Plane
from conformance.reference.pipeline import Steps
from conformance.results.conclusions.instructions import sentence_on_model
from support.brainless import MODELS

pytestmark = pytest.mark.slow

FOUND: Mapping[str, frozenset[str]] = {"think tags": frozenset({"response-no-think-tags"})}
"""Model -> the cases that deviate. What they say is true: thinking was asked for and came as tags in the text."""

OPEN = (Outcome.INCONCLUSIVE, Outcome.UNSUPPORTED, Outcome.NOT_RUN)


def judged(stage, model: str, api_version: str) -> dict[tuple[str, Mode], Judgement]:
    """The judgements of an honest endpoint with this model, by the rules of an ordinary run."""
    honest = stage(api_version)
    replies = honest.send(replace(Steps(), generate=MODELS[model].generate)).replies
    bench = replace(honest.bench, policy=Policy())
    evidence = Evidence(dict(replies), {})
    return {(case.id, mode): judge(case, mode, evidence, bench) for case, mode in honest.plan.items}


@pytest.mark.parametrize("api_version", ["2023-06-01", "2026-10-21"])
@pytest.mark.parametrize("model", MODELS)
def test_the_protocol_plane_is_decided_and_the_behaviour_plane_says_nothing_against_the_model(
    stage, model, api_version
) -> None:
    cases = stage(api_version).library.cases
    every = judged(stage, model, api_version)
    judgements = {key: judgement for key, judgement in every.items() if cases[key[0]].plane is Plane.PROTOCOL}
    assert [key for key, judgement in judgements.items() if judgement.gates or judgement.outcome in OPEN] == []
    deviating = {case for (case, _), judgement in judgements.items() if judgement.outcome in DEVIATING}
    assert deviating == FOUND.get(model, frozenset())
    behaviour = [judgement for key, judgement in every.items() if cases[key[0]].plane is Plane.BEHAVIOUR]
    assert [judgement for judgement in behaviour if judgement.outcome in DEVIATING] == []
    assert any(judgement.reason == NOT_FOLLOWED for judgement in behaviour)


@pytest.mark.parametrize("model", [None, *MODELS])
def test_only_of_a_model_without_a_mind_it_is_said_that_it_does_not_follow(stage, model) -> None:
    honest = stage()
    run = honest.honest if model is None else honest.send(replace(Steps(), generate=MODELS[model].generate))
    replies = [reply for each in run.replies.values() for reply in each.replies]
    said = sentence_on_model(honest.library.catalogue.cases, replies)
    assert said.startswith("the model does not follow instructions") is (model is not None)
