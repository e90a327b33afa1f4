"""The first request: whether the endpoint is there, on which path, with which credential style, and knows the model."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from conformance.base.headers import is_credential
from conformance.base.values import shortened
from conformance.config.target import Target, roots
from conformance.engine.fill import fill
from conformance.engine.retry import requested_wait
from conformance.engine.vitals import is_http
from conformance.model import Json, Scenario, Step
from conformance.protocol.exchange import SentRequest
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import (
    ACCOUNT_ENDED,
    CREDIT_ENDED,
    KEY_REFUSED,
    NO_MODEL,
    NO_SUCH_PATH,
    NOT_FOUND,
    PUSHED_BACK,
    REFUSING,
    is_client_error,
    is_redirect,
)

Send = Callable[[SentRequest, int], Awaitable[Reply]]
"""Sends a request whose first attempt has the given number; returns the reply that no further attempt follows."""

UNREACHABLE = ("dns", "connect", "tls", "timeout-connect")

LONGEST_LOCATION = 200

CREDIT = re.compile(
    r"credit balance|insufficient[_ ](quota|balance|credit|fund)|out of credit|exceeded your current quota"
    r"|check your plan and billing|(balance|credits?) (is |are )?(too low|exhausted|depleted|used up|not enough)"
    r"|余额不足|额度不足|额度已用|欠费",
    re.IGNORECASE,
)
"""How endpoints say that an account has no money left, in whatever status and field."""

NO_MODEL_WORDS = re.compile(
    r"(unknown|invalid|unsupported|no such|unrecognized|nonexistent) model|model_not_found|not a valid model"
    r"|model\b.{0,100}?\b(not found|not exist|not supported|unsupported|not available|unavailable|unknown|not allowed)"
    r"|no (available|active|healthy) (channel|deployment|provider)|无可用渠道|模型不存在",
    re.IGNORECASE | re.DOTALL,
)
"""How endpoints say that they do not know a model, beside naming it in a 404."""

NO_VERSION = re.compile(r"anthropic[-_ ]version|api version", re.IGNORECASE)


@dataclass(frozen=True)
class Preflight:
    """What the preflight settled. `fatal` is one clear sentence when nothing else can be asked, or empty.

    `reply` is what showed it; None where not even the first request could be sent.
    """

    target: Target
    reply: Reply | None
    fatal: str = ""


async def preflight(scenario: Scenario, target: Target, send: Send) -> Preflight:
    """Sends the scenario's only step until a path and a credential style answer; at most four requests."""
    found: Preflight | None = None
    number, refused = 1, 0
    for candidate in _candidates(target):
        request = fill(scenario.steps[0], scenario.mode, candidate, None, scenario.name)
        reply = await send(request, number)
        number = reply.exchange.attempt + 1
        verdict = Preflight(candidate, reply, fatal_reason(candidate, reply))
        if found is None or reply.status not in KEY_REFUSED | NO_SUCH_PATH:
            found = verdict
        refused += reply.status in KEY_REFUSED and _error(reply) is not None
        if _settled(reply) or refused >= len(_styles(target)):
            break
    assert found is not None
    return found


def _styles(target: Target) -> tuple[str, ...]:
    styles = ("x-api-key", "bearer") if target.auth == "auto" else (target.auth,)
    return styles if target.api_key else styles[:1]


def _candidates(target: Target) -> Iterator[Target]:
    for root in roots(target.url):
        for style in _styles(target):
            yield target.settled(root=root, auth=style)


def _settled(reply: Reply) -> bool:
    """Whether another path or credential style cannot change the answer."""
    status = reply.status
    if status in KEY_REFUSED:
        return _no_credit(reply) or _model_unknown(reply, None)
    return status not in NO_SUCH_PATH or _model_unknown(reply, None)


def fatal_reason(target: Target, reply: Reply) -> str:
    """Why the run cannot go on, in one sentence, or an empty string.

    Meant for the answer to an ordinary request after all attempts. A status 500 is not fatal: it is judged, and so is a
    response that is HTTP but for what is wrong with it.
    """
    response, trouble = reply.exchange.response, reply.exchange.trouble
    if is_http(reply):
        return ""
    if response is None:
        kind = trouble.kind if trouble else "closed"
        what = "cannot be reached" if kind in UNREACHABLE else "does not answer"
        return f"{target.url} {what} ({kind}: {trouble.message if trouble else 'nothing came back'})"
    said = _message(reply)
    answered = f" with status {response.status}{f': {said}' if said else ''}"
    if response.status in CREDIT_ENDED or _no_credit(reply):
        return f"{target.url} refuses requests: the account has no credit (answered{answered})"
    if _model_unknown(reply, target.model):
        return f"{target.url} does not accept the model {target.model!r}{answered}"
    if response.status in KEY_REFUSED:
        return f"{target.url} refuses {_key(target)}{answered}"
    if response.status in REFUSING and NO_VERSION.search(said):
        return f"{target.url} refuses anthropic-version {target.api_version}{answered}; --api-version names another"
    if response.status in NO_SUCH_PATH:
        tried = " and ".join(f"{root}/messages" for root in roots(target.url))
        return f"no Messages API at {target.url}: {tried} answered {response.status}"
    return _no_answer(target, reply, answered)


def _no_answer(target: Target, reply: Reply, answered: str) -> str:
    response = reply.exchange.response
    assert response is not None
    if is_redirect(response.status):
        where = shortened(response.header("location") or "nowhere", LONGEST_LOCATION)
        return f"{target.url} redirects to {where}, which is not followed; --url names the endpoint itself"
    if response.status in PUSHED_BACK:
        wait = requested_wait(reply.exchange)
        asks = f", and asks to wait {wait:.0f} s" if wait is not None else ""
        return f"{target.url} does not serve requests now: it answered{answered}{asks}"
    return ""


def account_trouble(reply: Reply, step: Step) -> bool:
    """Whether an answer in the middle of a run says that the key or the credit has ended, and not something about the
    request; to be confirmed by an ordinary request.
    """
    own = step.auth != "default" or any(map(is_credential, step.headers))
    return not own and (reply.status in ACCOUNT_ENDED or _no_credit(reply))


def _key(target: Target) -> str:
    if target.api_key:
        return f"the key in {target.key_name}"
    return f"a request without a key ({target.key_name} is not set)"


def _error(reply: Reply) -> Json:
    """The error of the envelope, or of what resembles one: an object or a text; None without one."""
    body = reply.json
    if not isinstance(body, dict):
        return None
    found = body.get("error") or body.get("detail") or body.get("message")
    return found if isinstance(found, dict | str) else None


def _message(reply: Reply) -> str:
    error = _error(reply)
    text = error.get("message", "") if isinstance(error, dict) else error or ""
    return " ".join(str(text).split())[:200]


def _text(reply: Reply) -> str:
    """What an error says anywhere in its beginning: codes and types as well as the message."""
    response = reply.exchange.response
    return response.body[:2000].decode("utf-8", "replace") if response is not None else ""


def _no_credit(reply: Reply) -> bool:
    return is_client_error(reply.status) and CREDIT.search(_unescaped(reply)) is not None


def _model_unknown(reply: Reply, model: str | None) -> bool:
    """Whether an error is about the model: a 404 that speaks of one, or an error that says that it is not known."""
    status = reply.status
    if status in NOT_FOUND:
        return "model" in _message(reply).lower()
    named = status in REFUSING and model is not None and model in _message(reply)
    return named or (status in NO_MODEL and NO_MODEL_WORDS.search(_unescaped(reply)) is not None)


def _unescaped(reply: Reply) -> str:
    """The text of an error with the characters that JSON escapes."""
    error = _error(reply)
    return _text(reply) if error is None else f"{json.dumps(error, ensure_ascii=False)}"
