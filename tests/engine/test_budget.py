"""What may be spent, and what requests cost before and after they are sent."""

from __future__ import annotations

import json

import pytest

from conformance.base.spend import Prices, Spend
from conformance.engine.budget import Budget, SpendingLimits
from conformance.engine.estimate import bill, estimate, request_ceiling, scenario_ceiling, seconds_left, step_ceiling
from conformance.model import Json, Mode, Scenario, Step
from conformance.protocol.exchange import SentRequest, Trouble
from conformance.protocol.reply import Reply
from support import make

ASK = {"max_tokens": 32, "messages": [{"role": "user", "content": "Hello"}]}


def sent(body: Json, url: str = "http://x/v1/messages", method: str = "POST") -> SentRequest:
    return make.request(body, url=url, method=method)


def answer(status: int | None, body: Json = None, kind: str = "closed") -> Reply:
    trouble = Trouble(kind, "gone", 0.1) if status is None else None
    return make.reply(body, status, headers={}, request=ASK, trouble=trouble)


def test_a_debit_that_would_cross_a_limit_is_refused_and_sets_nothing_aside() -> None:
    account = Budget(SpendingLimits(tokens=100))
    assert account.debit(Spend(1, 40, 20)) == ""
    assert "100 tokens" in account.debit(Spend(1, 40, 20))
    assert account.set_aside == Spend(1, 40, 20)


def test_what_was_set_aside_and_not_needed_can_be_spent() -> None:
    account = Budget(SpendingLimits(tokens=100))
    account.debit(Spend(1, 40, 50))
    account.settle(Spend(1, 40, 50), Spend(1, 10, 5))
    assert account.spent == Spend(1, 10, 5)
    assert account.debit(Spend(1, 40, 45)) == ""


def test_every_limit_has_its_words() -> None:
    prices = Prices(3.0, 15.0)
    assert "(--max-requests)" in SpendingLimits(requests=2).crossed_by(Spend(3))
    assert "(--max-tokens)" in SpendingLimits(tokens=2).crossed_by(Spend(1, 2, 1))
    assert "USD 0.01 (--max-cost)" in SpendingLimits(cost=0.01, prices=prices).crossed_by(Spend(1, 1000, 1000))
    assert SpendingLimits(cost=0.02, prices=prices).crossed_by(Spend(1, 1000, 1000)) == ""
    assert SpendingLimits(requests=3, tokens=3).crossed_by(Spend(3, 2, 1)) == ""


def test_money_is_known_only_with_both_prices() -> None:
    assert Prices(3.0, 15.0).of(Spend(1, 1_000_000, 100_000)) == pytest.approx(4.5)
    assert Prices(3.0).of(Spend(1, 10, 10)) is None


def test_a_message_costs_its_characters_and_its_max_tokens() -> None:
    ceiling = request_ceiling(sent(ASK))
    assert ceiling.output == 32
    assert len(json.dumps(ASK, separators=(",", ":"))) / 3 <= ceiling.input <= len(json.dumps(ASK))


@pytest.mark.parametrize("most", [None, "32", True, -1, 10**9, 1.5])
def test_a_max_tokens_that_is_no_bound_counts_as_unbounded(most: Json) -> None:
    assert step_ceiling(Step(body={**ASK, "max_tokens": most})).output == 4096


def test_tools_images_and_documents_have_flat_rates() -> None:
    plain = step_ceiling(Step(body=ASK)).input
    assert step_ceiling(Step(body={**ASK, "tools": [{}]})).input >= plain + 500
    data = {"type": "base64", "data": "A" * 1_000_000}
    for kind, rate in (("image", 1600), ("document", 3000)):
        body = {**ASK, "messages": [{"role": "user", "content": [{"type": kind, "source": data}]}]}
        assert rate <= step_ceiling(Step(body=body)).input <= rate + 50


def test_counting_and_listing_cost_a_request_and_nothing_else() -> None:
    assert step_ceiling(Step(path="/v1/messages/count_tokens", body=ASK)) == Spend(1)
    assert step_ceiling(Step(method="GET", path="/v1/models")) == Spend(1)
    assert request_ceiling(sent(ASK, "http://x/v1/messages/count_tokens?beta=true")) == Spend(1)


def test_a_raw_body_may_generate() -> None:
    assert step_ceiling(Step(raw=b"{" * 30)) == Spend(1, 10, 4096)
    assert request_ceiling(make.request(b"{" * 30)) == Spend(1, 10, 4096)


def test_a_later_step_pays_for_what_it_takes_from_the_earlier_reply() -> None:
    first, second = Step(body=ASK), Step(body={**ASK, "messages": {"$reply": "content"}})
    whole = scenario_ceiling(Scenario("loop", Mode.JSON, (first, second)))
    assert whole.requests == 2
    assert whole.input == step_ceiling(first).input + step_ceiling(second).input + 32


def test_the_estimate_tells_refusals_and_repetitions_apart() -> None:
    ask, wrong = Scenario("ask", Mode.JSON, (Step(body=ASK),)), Scenario("wrong", Mode.JSON, (Step(body={}),))
    found = estimate([ask, wrong], {"wrong/json"}, {"ask/json"}, repeat=3, concurrency=1)
    assert (found.served.requests, found.refused.requests, found.repeated.requests) == (1, 1, 2)
    assert found.least == Spend(2, found.served.input, 0)
    assert found.most.output == 32 + 4096 + 64
    assert found.seconds == pytest.approx(2 + 32 / 50)


def test_a_run_lasts_at_least_as_long_as_its_longest_chain() -> None:
    chain = Scenario("loop", Mode.JSON, (Step(method="GET"),) * 5)
    assert estimate([chain], (), (), 1, concurrency=8).seconds == pytest.approx(5)


def test_the_bill_is_what_the_endpoint_reports() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 7}
    assert bill(answer(200, {"usage": usage})) == Spend(1, 8, 7)


@pytest.mark.parametrize("usage", [{}, {"input_tokens": 0, "output_tokens": 0}, {"input_tokens": "many"}])
def test_an_answer_without_counted_tokens_costs_its_ceiling(usage: dict[str, Json]) -> None:
    assert bill(answer(200, {"usage": usage})) == request_ceiling(sent(ASK))


def test_a_refusal_and_a_request_that_never_arrived_cost_no_tokens() -> None:
    assert bill(answer(400, {})) == Spend(1)
    assert bill(answer(None, kind="connect")) == Spend(1)
    assert bill(answer(None, kind="closed")) == request_ceiling(sent(ASK))


def test_the_time_left_follows_from_the_rate_so_far() -> None:
    assert seconds_left(done=10, elapsed=60.0, remaining=150) == pytest.approx(900)
    assert seconds_left(done=0, elapsed=5.0, remaining=10) == pytest.approx(50)
