"""When a request is sent again: transport trouble only, never an assertion.

Belongs here: the decision. Does not belong here: sleeping, sending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from conformance.model import Exchange

RETRYABLE = (408, 409, 429, 502, 503, 504, 529)
"""Statuses that tell of load or transport and not of the request. A plain 500 is an answer, and is judged."""

TROUBLES = ("connect", "dns", "closed", "protocol", "timeout-connect")
"""Kinds of trouble in which the endpoint has answered nothing yet, so that sending again is harmless."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long. `total` bounds all retries of a run, so that a dead endpoint costs little."""

    attempts: int = 3
    total: int = 12
    base_s: float = 0.5
    longest_s: float = 60.0


def delay_before_retry(exchange: Exchange, spent: int, policy: RetryPolicy) -> float | None:
    """Seconds to wait before the next attempt, or None where there is none.

    `spent` is how many retries the run has made. `retry-after` (RFC 9110, section 10.2.3) is obeyed up to the longest
    wait; `x-should-retry: false` ends the matter (REQ-HTTP-025).
    """
    if exchange.attempt >= policy.attempts or spent >= policy.total:
        return None
    response = exchange.response
    backoff = policy.base_s * 2.0 ** (exchange.attempt - 1)
    if response is None:
        kind = exchange.trouble.kind if exchange.trouble else ""
        return backoff if kind in TROUBLES else None
    if response.header("x-should-retry") == "false" or response.status not in RETRYABLE:
        return None
    told = retry_after(response.header("retry-after-ms"), response.header("retry-after"), exchange.started)
    return min(told if told is not None else backoff, policy.longest_s)


def retry_after(milliseconds: str | None, seconds: str | None, now: str) -> float | None:
    """What the headers ask for, in seconds, or None. A date counts from `now` (RFC 3339)."""
    from datetime import datetime

    for text, unit in ((milliseconds, 0.001), (seconds, 1.0)):
        try:
            if text is not None and (value := float(text)) >= 0:
                return value * unit
        except ValueError:
            continue
    try:
        return max(0.0, (parsedate_to_datetime(seconds or "") - datetime.fromisoformat(now)).total_seconds())
    except (TypeError, ValueError):
        return None


def retries_of(exchanges: Sequence[Exchange]) -> int:
    """How many of the exchanges were further attempts."""
    return sum(1 for exchange in exchanges if exchange.attempt > 1)
