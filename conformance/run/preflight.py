"""The first request: is the endpoint there, on which path, with which credential style, and does it know the model.

Belongs here: what one or two requests can settle before the rest is sent. Does not belong here: judging conformance.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from conformance.model import Exchange, Json, Scenario, SentRequest
from conformance.run.filling import fill
from conformance.run.target import Target, roots

Send = Callable[[SentRequest, Scenario, int, int], Awaitable[Exchange]]

UNREACHABLE = ("dns", "connect", "tls", "timeout-connect")


@dataclass(frozen=True)
class Preflight:
    """What the preflight settled. `fatal` is one clear sentence when nothing else can be asked, or empty."""

    target: Target
    exchange: Exchange
    fatal: str = ""


async def preflight(scenario: Scenario, target: Target, send: Send) -> Preflight:
    """Sends the scenario's only step until a path and a credential style answer; four requests at the most."""
    found: Preflight | None = None
    for attempt, candidate in enumerate(_candidates(target), start=1):
        request = fill(scenario.steps[0], scenario.mode, candidate, None, scenario.name)
        exchange = await send(request, scenario, 1, attempt)
        verdict = Preflight(candidate, exchange, fatal_reason(candidate, exchange))
        if found is None or _status(exchange) not in (401, 403, 404, 405):
            found = verdict
        if _settled(exchange, target):
            break
    assert found is not None
    return found


def _candidates(target: Target) -> Iterator[Target]:
    styles = ("x-api-key", "bearer") if target.auth == "auto" else (target.auth,)
    for root in roots(target.url):
        for style in styles if target.api_key else styles[:1]:
            yield target.settled(root=root, auth=style)


def _settled(exchange: Exchange, target: Target) -> bool:
    """Whether further candidates are pointless: an answer, an unreachable host, or a path that knows us."""
    status = _status(exchange)
    if status is None:
        return True
    if status in (401, 403):
        return target.auth != "auto" and _error(exchange) is not None
    if status in (404, 405):
        return _model_unknown(exchange)
    return True


def fatal_reason(target: Target, exchange: Exchange) -> str:
    """Why the run cannot go on, in one sentence, or an empty string."""
    response, trouble = exchange.response, exchange.trouble
    if response is None:
        if trouble is None or trouble.kind not in UNREACHABLE:
            return ""
        return f"{target.url} cannot be reached ({trouble.kind}: {trouble.message})"
    said = _message(exchange)
    told = f": {said}" if said else ""
    if response.status in (401, 403):
        key = (
            f"the key in {target.key_name}"
            if target.api_key
            else f"a request without a key ({target.key_name} is not set)"
        )
        return f"{target.url} refuses {key} with status {response.status}{told}"
    if response.status == 402 or "credit balance" in said.lower():
        return f"{target.url} refuses to work for lack of credit (status {response.status}){told}"
    if response.status in (400, 404, 422) and _model_unknown(exchange):
        return f"{target.url} does not take the model {target.model!r} (status {response.status}){told}"
    if response.status in (404, 405):
        tried = " and ".join(f"{root}/messages" for root in roots(target.url))
        return f"no Messages API at {target.url}: {tried} answered {response.status}"
    return ""


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response else None


def _error(exchange: Exchange) -> dict[str, Json] | None:
    """The error object of the envelope, or of what resembles one."""
    import json

    try:
        body = json.loads(exchange.response.body) if exchange.response else None
    except (ValueError, RecursionError):
        return None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


def _message(exchange: Exchange) -> str:
    error = _error(exchange)
    return " ".join(str(error.get("message", "")).split())[:200] if error else ""


def _model_unknown(exchange: Exchange) -> bool:
    """A 404 that speaks of a model is about the model, not about the path."""
    return "model" in _message(exchange).lower()
