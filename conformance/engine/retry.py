"""When a request is sent again: for transport trouble only, never for an assertion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from conformance.protocol.exchange import Exchange
from conformance.protocol.statuses import PUSHED_BACK, RETRIED, RETRIED_BREAKDOWN, SLOW_DOWN, is_error

TROUBLES = ("connect", "dns", "closed", "protocol", "timeout-connect")
"""Kinds of trouble in which the endpoint has answered nothing yet, so that sending again is harmless."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long.

    `attempts` is for trouble, `attempts_500` for a plain 500, which is judged when it stays, and `attempts_slow` for an
    endpoint that asks to slow down. `total` bounds all retries of a run except the last kind, so that a dead endpoint
    costs little; what bounds the last kind is `patience`: pauses in a row after which not one request got through.
    `longest_s` is the longest wait that an endpoint can ask for.
    """

    attempts: int = 3
    attempts_500: int = 2
    attempts_slow: int = 5
    total: int = 30
    patience: int = 6
    base_s: float = 0.5
    longest_s: float = 180.0
    troubles: tuple[str, ...] = TROUBLES


@dataclass(frozen=True)
class Retry:
    """Another attempt. `wait_s` is what the endpoint or the policy asks for; `asked` is True if it was the endpoint."""

    wait_s: float
    asked: bool


def next_attempt(exchange: Exchange, policy: RetryPolicy, spent: int = 0) -> Retry | None:
    """The wait before the next attempt, or None for no further attempt.

    `spent` is how many retries the run has made that count against the total. `x-should-retry` overrules the status in
    both directions (REQ-HTTP-025), `retry-after-ms` and `retry-after` (RFC 9110, section 10.2.3) overrule the backoff.
    """
    response = exchange.response
    backoff = policy.base_s * 2.0 ** (exchange.attempt - 1)
    if response is None:
        kind = exchange.trouble.kind if exchange.trouble else ""
        again = kind in policy.troubles and exchange.attempt < policy.attempts and spent < policy.total
        return Retry(backoff, asked=False) if again else None
    if exchange.attempt >= _attempts(exchange, policy) or (spent >= policy.total and not slows_down(exchange)):
        return None
    asked = requested_wait(exchange)
    if asked is not None and asked > policy.longest_s:
        return None
    return Retry(backoff if asked is None else asked, asked=asked is not None)


def _attempts(exchange: Exchange, policy: RetryPolicy) -> int:
    """How many attempts an answer is worth: one where it is judged as it is."""
    assert exchange.response is not None
    status, wish = exchange.response.status, (exchange.response.header("x-should-retry") or "").strip().lower()
    if not is_error(status) or wish == "false":
        return 1
    if status in SLOW_DOWN:
        return policy.attempts_slow
    if status in RETRIED_BREAKDOWN:
        return policy.attempts_500
    return policy.attempts if status in RETRIED or wish == "true" else 1


def slows_down(exchange: Exchange) -> bool:
    """Whether the endpoint asks all senders to send less."""
    return exchange.response is not None and exchange.response.status in SLOW_DOWN


def is_final(exchange: Exchange, policy: RetryPolicy) -> bool:
    """Whether an exchange is an answer that can be judged: there is one, and another attempt would not replace it."""
    response = exchange.response
    return response is not None and response.status not in PUSHED_BACK and next_attempt(exchange, policy) is None


def requested_wait(exchange: Exchange) -> float | None:
    """Seconds that the endpoint asks to wait, or None where it does not say."""
    response = exchange.response
    if response is None:
        return None
    return retry_after(response.header("retry-after-ms"), response.header("retry-after"), exchange.started)


def retry_after(milliseconds: str | None, seconds: str | None, now: str) -> float | None:
    """What the headers ask for, in seconds, or None. A date counts from `now` (RFC 3339)."""
    for text, unit in ((milliseconds, 0.001), (seconds, 1.0)):
        try:
            if text is not None and 0 <= (value := float(text)) < float("inf"):
                return value * unit
        except ValueError:
            continue
    try:
        return max(0.0, (parsedate_to_datetime(seconds or "") - datetime.fromisoformat(now)).total_seconds())
    except (TypeError, ValueError):
        return None
