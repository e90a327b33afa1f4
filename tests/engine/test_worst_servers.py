"""Servers that cannot have earned anything, or only a little: what each may pass, and why.

A pass that is added here has to be one that the server earned with bytes that it sent. A new case is looked at when an
edition is about to hold it: until then it may pass, because it does not score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import pytest

from conformance.judge.verdict import NOT_FOLLOWED
from conformance.model import DECIDED, DEVIATING, Direction, Judgement, Level, Mode, Outcome
from support import worst
from support.endpoint import run_cases
from support.servers import serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("worst servers")]
"""Each server is run against once in a process, so one process takes them all."""

KEY = "sk-test-0123456789abcdef"

MESSAGE = (
    "errors-not-in-answers",
    "messages-answers-can-be-sent-back",
    "response-blocks-have-type",
    "response-text-blocks",
    "response-type-is-message",
    "response-role-is-assistant",
    "response-has-id",
    "response-model-is-string",
    "response-content-is-array",
    "response-stop-reason-present",
    "response-stop-sequence-key",
    "response-stop-sequence-fits",
    "response-stop-details-fit",
    "response-has-usage",
    "stop-reason-is-native",
    "stop-reason-is-documented",
    "transport-answers-are-json",
    "transport-message-created",
    "transport-no-stream-unless-asked",
    "usage-input-tokens-integer",
    "usage-output-tokens-integer",
    "usage-input-counted",
    "usage-output-counted",
    "usage-server-tools-only-if-used",
    "response-text-intact",
    "citations-only-when-enabled",
)
"""Shape of what the canned server really sends: a whole Message with usage, as JSON, with text, without citations."""

HEAD = ("transport-one-length", "transport-status-exists")
"""What the HTTP library behind a server earns with the head of a response: a status, and one length of the body."""

EARNED: Mapping[str, tuple[str, ...]] = {
    "Empty": HEAD,
    "Broken": HEAD,
    "Closing": (),
    "Dying": HEAD,
    "HtmlWithStatus200": HEAD,
    "Canned": (*HEAD, *MESSAGE, "transport-json-is-strict"),
    # Status 400 is one that clients do not retry, whatever its body.
    "Html": (*HEAD, "errors-not-retryable"),
    # JSON with a message that is text, and no stream; not the envelope, and no refusal of anything in particular.
    "OpenAiErrors": (
        *HEAD,
        "errors-are-json",
        "errors-message-is-text",
        "errors-not-retryable",
        "errors-on-streams-are-plain",
        "transport-json-is-strict",
    ),
    # The envelope is perfect. That nothing is accepted is why no refusal counts.
    "Refusing": (
        *HEAD,
        "errors-400-type",
        "errors-are-json",
        "errors-have-envelope",
        "errors-message-is-text",
        "errors-not-retryable",
        "errors-on-streams-are-plain",
        "errors-request-id-key",
        "transport-json-is-strict",
    ),
    # The chat completion is JSON with an id, a model and an object named usage.
    "Chat": (
        *HEAD,
        "errors-not-in-answers",
        "response-has-id",
        "response-has-usage",
        "response-model-is-string",
        "transport-answers-are-json",
        "transport-json-is-strict",
        "transport-no-stream-unless-asked",
    ),
    # What comes back is an object in JSON and no error, and has the model and the diagnostics of the request. Invalid
    # requests come back as well, so that its JSON is not always strict.
    "Echo": (
        *HEAD,
        "errors-not-in-answers",
        "response-diagnostics-well-formed",
        "response-model-is-string",
        "transport-answers-are-json",
        "transport-no-stream-unless-asked",
    ),
}
"""What each server passes, in json mode: everything else is not earned, above all every case that sends a request."""

OPEN: Mapping[str, tuple[str, ...]] = {
    "models-page-has-data tells once that there is no page of models; there is no entry to look at": (
        "models-cursors-walk",
        "models-discovered-by-clients",
        "models-limit-honoured",
    ),
    "models-retrieved tells once that there is no model; two answers without one need not agree": (
        "models-retrieved-twice",
    ),
    "caching-first-request-writes tells once that the cache is not used; nothing can be read from it": (
        "caching-second-request-reads",
        "caching-system-turn-keeps-prefix",
    ),
    "the claim begins with something that a model is free not to do, such as counting or calling a tool": (
        "messages-prefill-continued",
        "messages-unicode-escaped",
        "messages-unicode-survives",
        "stop-sequence-hit",
        "stop-sequence-named",
        "stop-sequence-text-excluded",
        "system-blocks-in-order",
        "thinking-altered-signature",
        "thinking-counted",
        "thinking-enabled-omitted-is-empty",
        "thinking-tool-loop",
        "tools-auto-without-parallel",
        "tools-call-after-text-stop-reason",
        "tools-parallel-calls-stop-reason",
        "tools-result-ends-the-turn",
        "tools-strict-input-valid",
    ),
    "a request that calls itself text/plain may be read or refused; an answer without the marker shows neither": (
        "transport-text-plain-handled",
    ),
}
"""Requests that the canned server ignored and that are not told as deviations, by the reason why."""


Judgements = Mapping[tuple[str, Mode], Judgement]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Judgements]:
    """The judgements of a whole run against a server of `support.worst`, by the name of its class; each runs once."""

    @cache
    def judgements(name: str) -> Judgements:
        with serving(getattr(worst, name)) as url:
            folder = tmp_path_factory.mktemp(name) / "out"
            return run_cases(url, folder, KEY, whole=True, model="some-model", declare=["authentication"]).judgements

    return judgements


@pytest.mark.parametrize("server", EARNED)
def test_nothing_passes_that_was_not_earned(judged, library, server) -> None:
    passed = {key for key, judgement in judged(server).items() if judgement.outcome is Outcome.PASS}
    scored = {(case, mode) for case, mode in passed if library.cases[case].scored}
    assert scored - {(case, Mode.JSON) for case in EARNED[server]} == set()
    assert scored or not EARNED[server]


def test_the_lists_name_cases_that_exist(library) -> None:
    named = {case for cases in (*EARNED.values(), *OPEN.values()) for case in cases}
    assert named - set(library.cases) == set()


@pytest.mark.parametrize("server", [*EARNED, "CannedStream"])
def test_no_case_that_sends_a_request_of_its_own_passes(judged, library, server) -> None:
    cases = library.cases
    passed = [key for key, judgement in judged(server).items() if judgement.outcome is Outcome.PASS]
    assert [key for key in passed if cases[key[0]].steps or cases[key[0]].direction is Direction.REFUSE] == []


@pytest.mark.parametrize("server", [*EARNED, "CannedStream"])
def test_the_gate_of_a_worst_server_never_holds(judged, server) -> None:
    judgements = judged(server).values()
    decided = [judgement for judgement in judgements if judgement.outcome in DECIDED]
    assert any(judgement.gates for judgement in judgements) or not decided


@pytest.mark.parametrize("server", ["Canned", "CannedStream"])
def test_a_canned_answer_deviates_wherever_the_request_was_ignored(judged, library, server) -> None:
    sending = {
        case.id: judged(server)[case.id, Mode.JSON]
        for case in library.cases.values()
        if case.steps and Mode.JSON in case.modes and not case.opt_in
    }
    undecided = {
        case for case, judgement in sending.items() if judgement.outcome not in DEVIATING and library.cases[case].scored
    }
    dead = {case.id for case in library.cases.values() if case.gauges}  # counts would show it, but follow nothing
    unled = {case for case in undecided if sending[case].reason == NOT_FOLLOWED}
    assert undecided - dead - unled - {case for cases in OPEN.values() for case in cases} == set()
    assert {sending[case].outcome for case in undecided} <= {Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE}
    for told in (
        "usage-input-grows",
        "counting-answer-shape",
        "models-page-has-data",
        "models-retrieved",
        "caching-first-request-writes",
    ):
        assert judged(server)[told, Mode.JSON].outcome in DEVIATING


def test_a_canned_answer_in_place_of_streams_is_told_once_and_nothing_passes(judged) -> None:
    stream = {case: judgement for (case, mode), judgement in judged("Canned").items() if mode is Mode.STREAM}
    assert stream["stream-content-type"].outcome is Outcome.FAIL
    assert not [case for case, judgement in stream.items() if judgement.outcome is Outcome.PASS]


def test_a_canned_stream_earns_the_shape_of_its_stream_and_no_more(judged, library) -> None:
    passed = [case for (case, mode), judgement in judged("CannedStream").items() if judgement.outcome is Outcome.PASS]
    assert "stream-ends-with-message-stop" in passed
    assert {library.cases[case].area for case in passed} <= {
        "caching", "documents", "errors", "messages", "response", "stop", "streaming", "transport", "usage",
    }  # fmt: skip
    assert all(library.cases[case].on for case in passed)


def test_a_closed_connection_decides_nothing_and_the_reason_says_so(judged) -> None:
    judgements = judged("Closing").values()
    assert {judgement.outcome for judgement in judgements} == {Outcome.NOT_RUN}
    assert all("does not answer (closed" in judgement.reason for judgement in judgements)


def test_no_server_is_unsupported_without_a_refusal(judged) -> None:
    """Only a refusal declines a capability, whatever the form of its error; no breakdown does, and no page in HTML."""
    for server in EARNED:
        outcomes = {judgement.outcome for judgement in judged(server).values()}
        assert (Outcome.UNSUPPORTED in outcomes) == (server in ("OpenAiErrors", "Refusing")), server


def test_every_deviation_of_a_worst_server_shows_its_evidence(judged, library) -> None:
    for server in EARNED:
        for (case, _), judgement in judged(server).items():
            if judgement.outcome in DEVIATING:
                assert judgement.findings, (server, case)
                assert all(finding.where.line for finding in judgement.findings), (server, case)
            if judgement.gates:
                assert library.cases[case].level is Level.MUST
