"""When a request is sent again, and how long that waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.engine.retry import Retry, RetryPolicy, is_final, next_attempt, retry_after, slows_down
from conformance.protocol.exchange import Exchange, Trouble
from support import make

POLICY = RetryPolicy()
NOW = "2026-11-22T10:00:00.000Z"


def answer(status: int, attempt: int = 1, **headers: str) -> Exchange:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make.exchange({}, status, headers=named, attempt=attempt)


def trouble(kind: str, attempt: int = 1) -> Exchange:
    return make.exchange(status=None, attempt=attempt, trouble=Trouble(kind, "gone", 0.1))


def attempts(made: Callable[[int], Exchange], policy: RetryPolicy = POLICY) -> int:
    number = 1
    while next_attempt(made(number), policy) is not None:
        number += 1
    return number


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 413, 422, 501])
def test_an_answer_is_never_asked_for_twice(status: int) -> None:
    assert next_attempt(answer(status), POLICY) is None


@pytest.mark.parametrize("status", [408, 409, 502, 504])
def test_transport_trouble_is_tried_three_times(status: int) -> None:
    assert attempts(lambda number: answer(status, number)) == 3


@pytest.mark.parametrize("status", [429, 503, 529])
def test_an_endpoint_that_asks_for_patience_gets_more_of_it(status: int) -> None:
    assert attempts(lambda number: answer(status, number)) == 5
    assert slows_down(answer(status))


def test_a_plain_500_is_tried_once_more_and_then_it_is_the_answer() -> None:
    assert attempts(lambda number: answer(500, number)) == 2
    assert is_final(answer(500, 2), POLICY)
    assert not is_final(answer(500, 1), POLICY)


@pytest.mark.parametrize("kind", ["connect", "dns", "closed", "protocol", "timeout-connect"])
def test_trouble_before_any_answer_is_tried_three_times(kind: str) -> None:
    assert attempts(lambda number: trouble(kind, number)) == 3


@pytest.mark.parametrize("kind", ["tls", "timeout-first-byte", "timeout-gap", "limit-bytes"])
def test_trouble_that_time_does_not_heal_is_not_tried_again(kind: str) -> None:
    assert next_attempt(trouble(kind), POLICY) is None


def test_x_should_retry_overrules_the_status_in_both_directions() -> None:
    assert next_attempt(answer(429, x_should_retry="false"), POLICY) is None
    assert next_attempt(answer(503, x_should_retry="False"), POLICY) is None
    assert next_attempt(answer(400, x_should_retry="true"), POLICY) is not None
    assert next_attempt(answer(200, x_should_retry="true"), POLICY) is None


def test_the_wait_is_what_the_endpoint_asks_for() -> None:
    assert next_attempt(answer(429, retry_after="7"), POLICY) == Retry(7.0, asked=True)
    assert next_attempt(answer(429, retry_after_ms="250", retry_after="7"), POLICY) == Retry(0.25, asked=True)
    assert next_attempt(answer(429, retry_after="Sun, 22 Nov 2026 10:00:20 GMT"), POLICY) == Retry(20.0, asked=True)


def test_without_a_wish_the_wait_doubles() -> None:
    waits = [next_attempt(answer(502, number), POLICY) for number in (1, 2)]
    assert waits == [Retry(0.5, asked=False), Retry(1.0, asked=False)]


def test_a_wait_longer_than_the_longest_is_not_waited_for() -> None:
    assert next_attempt(answer(429, retry_after="3600"), POLICY) is None


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "", "1e999"])
def test_a_wish_that_is_no_duration_is_none(text: str) -> None:
    assert retry_after(None, text, NOW) is None


def test_a_dead_endpoint_costs_little_and_a_patient_one_is_not_given_up() -> None:
    assert next_attempt(answer(502), POLICY, spent=POLICY.total) is None
    assert next_attempt(trouble("connect"), POLICY, spent=POLICY.total) is None
    assert next_attempt(answer(429), POLICY, spent=POLICY.total) is not None


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504, 529])
def test_what_tells_of_the_moment_is_never_final(status: int) -> None:
    assert not is_final(answer(status, 9), POLICY)


@pytest.mark.parametrize("status", [200, 400, 404, 413])
def test_what_tells_of_the_request_is_final(status: int) -> None:
    assert is_final(answer(status), POLICY)
