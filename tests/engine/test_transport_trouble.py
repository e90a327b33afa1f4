"""What a run does where the endpoint pushes back, breaks down for a moment, or takes its key back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from conformance.model import Outcome
from support.command import PATIENCE_S

pytestmark = pytest.mark.slow


def error(kind: str, message: str = "Not now.") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


SOON = {"retry-after-ms": "1"}


class Window:
    """Allows some requests and refuses the next ones, again and again, as an endpoint with a limit per minute does."""

    def __init__(self, allowed: int, refusals: int, body: Any = None) -> None:
        self.allowed, self.refusals = allowed, refusals
        self.body = body or error("rate_limit_error")
        self.seen = self.refused = 0

    def __call__(self, call: Any, number: int) -> Any:
        place = self.seen % (self.allowed + self.refusals)
        self.seen += 1
        if place < self.allowed:
            return None
        self.refused += 1
        return 429, self.body, SOON


class Meeting:
    """Lets no call pass after the first `alone` before another one is there too."""

    def __init__(self, alone: int) -> None:
        self.alone = alone
        self.met = threading.Event()

    def __call__(self, number: int) -> None:
        if number > self.alone + 1:
            self.met.set()
        elif number > self.alone:
            assert self.met.wait(PATIENCE_S)


def about(name: str, *answers: Any) -> Any:
    """Sends the answers, one after the other, to the calls of one scenario; the last one from then on."""
    left = list(answers)

    def intervene(call: Any, number: int) -> Any:
        if not (call.header("user-agent") or "").endswith(f"({name})") or not left:
            return None
        return left.pop(0) if len(left) > 1 or left[0] is None else left[0]

    return intervene


def test_a_limit_of_ten_requests_a_window_costs_time_and_no_outcome(serve: Any, run: Any) -> None:
    calm = run(serve(), area=["tools"])
    window = Window(allowed=10, refusals=2)
    limited = run(serve(window), area=["tools"])
    assert window.refused > 0
    assert limited.outcomes() == calm.outcomes()
    assert "pushed back with status 429" in limited.lines[0]
    assert " left, about " in limited.lines[0]


def test_concurrency_is_a_ceiling_and_falls_where_the_endpoint_pushes_back(serve: Any, run: Any) -> None:
    free = serve(before=Meeting(alone=10))  # the preflight and what others need is asked one by one
    run(free, area=["tools"], concurrency=4)
    assert 1 < free.most <= 4
    strict = serve(lambda call, number: (529, error("overloaded_error"), SOON) if 2 <= number <= 4 else None)
    assert set(run(strict, area=["tools"], concurrency=1).outcomes().values()) == {"pass"}
    assert strict.most == 1


def test_a_push_back_that_stays_is_inconclusive_and_its_envelope_is_judged(serve: Any, run: Any) -> None:
    stays = about("weather", (429, error("rate_limit_error"), SOON))
    done = run(serve(stays), case=["tools-default-calls-a-tool", "errors-429-type", "response-has-id"])
    judged = done.of("tools-default-calls-a-tool")
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.reason.startswith(
        "the endpoint is overloaded or unavailable: status 429 after 5 attempts (journal line "
    )
    assert done.of("errors-429-type").outcome is Outcome.PASS
    assert done.of("response-has-id").outcome is Outcome.PASS


def test_the_envelope_of_a_push_back_that_went_away_is_judged_as_well(serve: Any, run: Any) -> None:
    wrong = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit"}}
    once = about("weather", (429, wrong, SOON), None)
    done = run(serve(once), case=["tools-default-calls-a-tool", "errors-429-type", "errors-have-envelope"], mode="json")
    assert done.of("tools-default-calls-a-tool").outcome is Outcome.PASS
    assert done.of("errors-have-envelope").outcome is Outcome.FAIL


def test_an_endpoint_that_refuses_everything_for_load_ends_the_run_with_one_sentence(serve: Any, run: Any) -> None:
    endpoint = serve(lambda call, number: (429, error("rate_limit_error"), SOON) if number > 3 else None)
    done = run(endpoint, area=["tools"])
    open_ones = {judgement.reason for judgement in done.judgements.values() if judgement.outcome is Outcome.NOT_RUN}
    assert {judgement.outcome for judgement in done.judgements.values()} <= {
        Outcome.PASS, Outcome.NOT_RUN, Outcome.INCONCLUSIVE,
    }  # fmt: skip
    assert len(open_ones) == 1
    assert "pushed back 7 times in a row (status 429)" in open_ones.pop()
    assert len(endpoint.calls) < 60


def test_a_wait_that_is_too_long_ends_the_run_and_says_how_long_it_is(serve: Any, run: Any) -> None:
    quota = (429, error("rate_limit_error"), {"retry-after": "3600"})
    endpoint = serve(lambda call, number: quota if number > 1 else None)
    done = run(endpoint, area=["tools"], concurrency=2)
    reasons = {judgement.reason for judgement in done.judgements.values()}
    assert any("asks to wait 3,600 s (status 429)" in reason for reason in reasons)
    assert len(endpoint.calls) <= 3


def test_a_500_that_goes_away_is_forgotten_and_both_answers_are_kept(serve: Any, run: Any) -> None:
    endpoint = serve(about("weather", (500, error("api_error"), {}), None))
    done = run(endpoint, case=["tools-default-calls-a-tool"], mode="json")  # of two modes either could meet the 500
    assert done.of("tools-default-calls-a-tool").outcome is Outcome.PASS
    statuses = [e.response.status for e in done.recording.exchanges if e.scenario_id == "weather/json" and e.response]
    assert statuses == [500, 200]


def test_a_500_that_stays_is_the_answer(serve: Any, run: Any) -> None:
    endpoint = serve(about("weather", (500, error("api_error"), {})))
    done = run(endpoint, case=["tools-default-calls-a-tool"], mode="json")
    assert done.of("tools-default-calls-a-tool").outcome is Outcome.FAIL
    assert [name for name in endpoint.names() if name == "weather"] == ["weather"] * 4


@pytest.mark.parametrize("status", [408, 409, 502, 504])
def test_transport_trouble_that_goes_away_changes_nothing(serve: Any, run: Any, status: int) -> None:
    done = run(serve(about("weather", (status, b"gone", SOON), None)), case=["tools-default-calls-a-tool"])
    assert done.of("tools-default-calls-a-tool").outcome is Outcome.PASS


def test_a_connection_that_is_closed_is_tried_again(serve: Any, run: Any) -> None:
    done = run(serve(about("weather", (0, b"", {}), None)), case=["tools-default-calls-a-tool"], mode="json")
    assert done.of("tools-default-calls-a-tool").outcome is Outcome.PASS


def test_a_breakdown_on_a_request_that_is_to_be_refused_is_judged_when_it_stays(serve: Any, run: Any) -> None:
    case = "request-max_tokens-missing"
    endpoint = serve(about(case, (503, error("api_error"), SOON)))
    assert run(endpoint, case=[case], mode="json").of(case).outcome is Outcome.FAIL
    endpoint = serve(about(case, (429, error("rate_limit_error"), SOON)))
    assert run(endpoint, case=[case], mode="json").of(case).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((402, error("billing_error", "Pay first."), {}), "has no credit (answered with status 402: Pay first.)"),
        ((400, error("invalid_request_error", "Your credit balance is too low."), {}), "has no credit"),
        ((401, error("authentication_error", "invalid x-api-key"), {}), "refuses the key in ENDPOINT_KEY"),
    ],
)
def test_an_account_that_ends_in_the_middle_ends_the_run(serve: Any, run: Any, answer: Any, words: str) -> None:
    endpoint = serve(lambda call, number: answer if number > 6 else None)
    done = run(endpoint, area=["tools"], concurrency=2)
    assert {judgement.outcome for judgement in done.judgements.values()} <= {
        Outcome.PASS, Outcome.NOT_RUN, Outcome.INCONCLUSIVE,
    }  # fmt: skip
    assert all(words in j.reason for j in done.judgements.values() if j.outcome is Outcome.NOT_RUN)
    assert len(endpoint.calls) <= 12


def test_a_401_for_one_request_is_looked_into_and_judged(serve: Any, run: Any) -> None:
    odd = about("weather", (401, error("authentication_error", "no tools for you"), {}))
    endpoint = serve(odd)
    done = run(endpoint, case=["tools-default-calls-a-tool", "response-has-id"], mode="json")
    assert done.of("tools-default-calls-a-tool").outcome is Outcome.FAIL
    assert done.of("response-has-id").outcome is Outcome.PASS
    assert "preflight" in endpoint.names()


def test_a_budget_ends_a_run_in_time_and_says_so(serve: Any, run: Any) -> None:
    """Every answer says that it has used far more than the request."""
    usage = {"input_tokens": 6000, "output_tokens": 2000}
    greedy = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "reference-1", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": "Hm."}], "usage": usage,
    }  # fmt: skip
    endpoint = serve(lambda call, number: (200, greedy, {}) if call.path == "/v1/messages" else None)
    done = run(endpoint, area=["tools"], max_tokens=60_000, concurrency=1)
    assert len(endpoint.calls) <= 8
    unrun = [judgement for judgement in done.judgements.values() if judgement.outcome is Outcome.NOT_RUN]
    assert unrun
    assert {judgement.reason for judgement in unrun} == {
        "the budget does not allow another request: at most 60,000 tokens (--max-tokens)"
    }


def test_retries_are_debited_like_any_other_request(serve: Any, run: Any) -> None:
    endpoint = serve(lambda call, number: (502, b"", SOON) if 2 <= number <= 8 else None)
    done = run(endpoint, case=["tools-default-calls-a-tool", "response-has-id"], mode="json", max_requests=5, repeat=1)
    assert len(endpoint.calls) == 5
    assert done.of("response-has-id").outcome is Outcome.PASS
    assert "5 requests (--max-requests)" in done.of("tools-default-calls-a-tool").reason
