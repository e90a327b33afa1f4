"""What the first request settles, against answers as endpoints and the gateways before them give them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from conformance.config.target import Target
from conformance.engine.preflight import Preflight, account_trouble, fatal_reason, preflight
from conformance.model import Json, Mode, Outcome, Scenario, Step
from conformance.protocol.exchange import SentRequest, Trouble
from conformance.protocol.reply import Reply
from support import make

TARGET = Target("t", "https://api.example.com", "some-model-1", api_key="k-123456", key_name="SOME_KEY")
SCENARIO = Scenario("text", Mode.JSON, (Step(body={"max_tokens": 16, "messages": []}),))
MESSAGE = {"type": "message", "content": []}


def error(kind: str, message: str) -> Json:
    return {"type": "error", "error": {"type": kind, "message": message}}


def answer(status: int, body: Json, **headers: str) -> Reply:
    return make.reply(body, status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def find(target: Target, answers: dict[tuple[str, str], Reply]) -> tuple[Preflight, list[tuple[str, str]]]:
    """The preflight against a table of answers by path and header style; and what was asked."""
    asked: list[tuple[str, str]] = []

    async def send(request: SentRequest, number: int) -> Reply:
        style = "bearer" if request.header("authorization") else "x-api-key" if request.header("x-api-key") else "none"
        asked.append((request.url.removeprefix("https://api.example.com"), style))
        found = answers.get(asked[-1], answer(404, b"not found"))
        return Reply(replace(found.exchange, attempt=number))

    return asyncio.run(preflight(SCENARIO, target, send)), asked


def test_a_healthy_endpoint_takes_one_request() -> None:
    found, asked = find(TARGET, {("/v1/messages", "x-api-key"): answer(200, MESSAGE)})
    assert (found.fatal, found.target.root, found.target.auth) == ("", "https://api.example.com/v1", "x-api-key")
    assert len(asked) == 1


def test_an_endpoint_that_takes_bearer_tokens_only_takes_two() -> None:
    answers = {
        ("/v1/messages", "x-api-key"): answer(401, {"error": {"message": "missing bearer token"}}),
        ("/v1/messages", "bearer"): answer(200, MESSAGE),
    }
    found, asked = find(TARGET, answers)
    assert (found.fatal, found.target.auth, len(asked)) == ("", "bearer", 2)


def test_a_base_url_without_v1_is_found_behind_it() -> None:
    found, asked = find(replace(TARGET, auth="x-api-key"), {("/messages", "x-api-key"): answer(200, MESSAGE)})
    assert (found.fatal, found.target.root, len(asked)) == ("", "https://api.example.com", 2)


def test_a_refused_key_is_not_tried_on_another_path() -> None:
    refusal = answer(401, error("authentication_error", "invalid x-api-key"))
    found, asked = find(TARGET, dict.fromkeys([("/v1/messages", "x-api-key"), ("/v1/messages", "bearer")], refusal))
    assert asked == [("/v1/messages", "x-api-key"), ("/v1/messages", "bearer")]
    assert found.fatal == "https://api.example.com refuses the key in SOME_KEY with status 401: invalid x-api-key"


def test_no_messages_api_is_told_with_what_was_tried() -> None:
    found, asked = find(TARGET, {})
    assert len(asked) == 4
    assert "no Messages API" in found.fatal
    assert "https://api.example.com/v1/messages and https://api.example.com/messages answered 404" in found.fatal


def test_without_a_key_the_sentence_says_so() -> None:
    refusal = answer(401, error("authentication_error", "x-api-key header is required"))
    found, asked = find(replace(TARGET, api_key=None), {("/v1/messages", "none"): refusal})
    assert "a request without a key (SOME_KEY is not set)" in found.fatal
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, error("authentication_error", "invalid x-api-key"), "refuses the key in SOME_KEY with status 401"),
        (403, error("permission_error", "not allowed from here"), "refuses the key in SOME_KEY with status 403"),
        (402, error("billing_error", "pay first"), "has no credit (answered with status 402: pay first)"),
        (400, error("invalid_request_error", "Your credit balance is too low to access the API."), "has no credit"),
        (403, {"error": {"message": "用户额度不足, 剩余额度: ＄0.0", "type": "new_api_error"}}, "has no credit"),
        (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, "no credit"),
        (404, error("not_found_error", "model: some-model-1"), "does not accept the model 'some-model-1'"),
        (400, {"error": {"message": "The model `some-model-1` does not exist", "code": "model_not_found"}}, "model"),
        (400, error("invalid_request_error", "Invalid model name passed in model=some-model-1"), "the model"),
        (503, {"error": {"message": "No available channel for model some-model-1 under group default"}}, "the model"),
        (403, {"error": {"message": "team not allowed to access this model: not allowed"}}, "not accept the model"),
        (404, {"detail": "Model 'some-model-1' not found"}, "does not accept the model"),
        (400, error("invalid_request_error", "anthropic-version: \"2023-06-01\" is not a valid version"),
         "refuses anthropic-version 2023-06-01 with status 400"),
        (301, b"", "redirects to https://other.example.com/"),
        (429, error("rate_limit_error", "slow down"), "does not serve requests now: it answered with status 429"),
        (529, error("overloaded_error", "Overloaded"), "asks to wait 30 s"),
        (502, b"<html>Bad Gateway</html>", "does not serve requests now"),
    ],
)  # fmt: skip
def test_a_fatal_answer_is_one_sentence(status: int, body: Json, words: str) -> None:
    said = fatal_reason(TARGET, answer(status, body, location="https://other.example.com/", retry_after="30"))
    assert words in said
    assert "\n" not in said
    assert said.startswith("https://api.example.com ")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, MESSAGE),
        (500, b"Internal Server Error"),
        (400, error("invalid_request_error", "max_tokens: 16 is below the model's minimum of 32")),
        (400, error("invalid_request_error", "messages: at least one message is required")),
        (413, error("request_too_large", "too large")),
        (200, b"<html>Oops</html>"),
    ],
)
def test_an_answer_that_can_be_judged_is_not_fatal(status: int, body: Json) -> None:
    assert fatal_reason(TARGET, answer(status, body)) == ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("dns", "cannot be reached (dns: "),
        ("tls", "cannot be reached (tls: "),
        ("connect", "cannot be reached (connect: "),
        ("closed", "does not answer (closed: "),
        ("timeout-first-byte", "does not answer (timeout-first-byte: "),
    ],
)
def test_no_answer_is_told_with_its_kind(kind: str, words: str) -> None:
    gone = Reply(replace(answer(200, {}).exchange, response=None, trouble=Trouble(kind, "some words", 0.1)))
    assert words in fatal_reason(TARGET, gone)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, error("authentication_error", "invalid x-api-key"), True),
        (402, error("billing_error", "pay first"), True),
        (400, error("invalid_request_error", "Your credit balance is too low"), True),
        (403, error("permission_error", "not this feature"), False),
        (400, error("invalid_request_error", "max_tokens: required"), False),
        (200, {"content": [{"type": "text", "text": "Your credit balance is too low"}]}, False),
    ],
)
def test_an_account_that_ends_in_the_middle_is_noticed(status: int, body: Json, expected: bool) -> None:
    assert account_trouble(answer(status, body), Step()) is expected


def test_a_request_with_credentials_of_its_own_says_nothing_about_the_account() -> None:
    refusal = answer(401, error("authentication_error", "invalid x-api-key"))
    for step in (Step(auth="invalid"), Step(auth="none"), Step(headers={"X-Api-Key": None})):
        assert not account_trouble(refusal, step)


@pytest.mark.parametrize(
    ("status", "body", "words", "requests"),
    [
        (401, error("authentication_error", "invalid x-api-key"), "refuses the key in ENDPOINT_KEY", 2),
        (402, error("billing_error", "pay first"), "has no credit", 1),
        (400, error("invalid_request_error", "Your credit balance is too low"), "has no credit", 1),
        (404, error("not_found_error", "model: reference-1"), "does not accept the model 'reference-1'", 1),
        (400, error("invalid_request_error", "anthropic-version: not a valid version"), "refuses anthropic-version", 1),
        (404, b"not found", "no Messages API at", 4),
        (308, b"", "redirects to nowhere", 1),
        (529, error("overloaded_error", "Overloaded"), "does not serve requests now", 5),
        (0, b"", "does not answer (closed", 3),
    ],
)
def test_a_fatal_answer_ends_the_run_before_anything_else_is_sent(
    serve: Any, run: Any, status: int, body: Json, words: str, requests: int
) -> None:
    endpoint = serve(lambda call, number: (status, body, {"retry-after-ms": "1"}))
    done = run(endpoint, area=["tools"])
    assert {judgement.outcome for judgement in done.judgements.values()} == {Outcome.NOT_RUN}
    (reason,) = {judgement.reason for judgement in done.judgements.values()}
    assert words in reason
    assert len(endpoint.calls) == requests


def test_a_healthy_endpoint_is_asked_nothing_twice(serve: Any, run: Any) -> None:
    endpoint = serve()
    done = run(endpoint, case=["response-has-id"])
    assert {judgement.outcome for judgement in done.judgements.values()} == {Outcome.PASS}
    assert len({(call.path, call.body) for call in endpoint.calls}) == len(endpoint.calls)


def test_a_certificate_or_name_that_is_wrong_is_told_at_once(serve: Any, run: Any) -> None:
    endpoint = serve()
    for url, kind in ((endpoint.url.replace("http:", "https:"), "tls"), ("http://nowhere.invalid", "dns")):
        done = run(endpoint, case=["response-has-id"], url=url)
        (reason,) = {judgement.reason for judgement in done.judgements.values()}
        assert f"{url} cannot be reached ({kind}: " in reason
        assert len(done.recording.exchanges) == 1
