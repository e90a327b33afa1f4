"""Faults with who is let in, with paths, and with the headers of answers.

Belongs here: credentials, routes, rate limit headers and request ids. Does not belong here: bodies, versions and betas
of requests (see `transport`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from conformance.reference.answer import Answer, Call, Refusal
from conformance.reference.auth import keys_of
from conformance.reference.errors import refusal
from conformance.reference.faults.base import AnswerFault, Fault, because
from conformance.reference.faults.transport import without_header
from conformance.reference.pipeline import Desk, Operation, Steps

_MESSAGES, _COUNT, _MODELS = "/v1/messages", "/v1/messages/count_tokens", "/v1/models"


class BearerRefused(Fault):
    """Wants the key as x-api-key and answers 422 to a bearer token."""

    def install(self, steps: Steps) -> Steps:
        def authenticate(call: Call, keys: tuple[str, ...]) -> None:
            if call.header("x-api-key") is None and call.header("authorization") is not None:
                raise Refusal(422, "invalid_request_error", "x-api-key: Field required")
            steps.authenticate(call, keys)

        return replace(steps, authenticate=authenticate)


class XApiKeyRefused(Fault):
    """Wants the key as a bearer token and does not look at x-api-key."""

    def install(self, steps: Steps) -> Steps:
        return replace(
            steps, authenticate=lambda call, keys: steps.authenticate(without_header(call, "x-api-key"), keys)
        )


class _OpenFault(Fault):
    """Answers calls of one path that carry no credential, or a wrong one."""

    path: ClassVar[str]
    known: ClassVar[bool] = False

    def install(self, steps: Steps) -> Steps:
        def authenticate(call: Call, keys: tuple[str, ...]) -> None:
            if call.path != self.path or bool(keys_of(call)) is not self.known:
                steps.authenticate(call, keys)

        return replace(steps, authenticate=authenticate)


class NoCredentialAccepted(_OpenFault):
    """Answers message requests without a credential."""

    path = _MESSAGES


class InvalidCredentialAccepted(_OpenFault):
    """Answers message requests with any credential."""

    path, known = _MESSAGES, True


class CountWithoutCredentialAccepted(_OpenFault):
    """Counts tokens without a credential."""

    path = _COUNT


class ModelsWithoutCredentialListed(_OpenFault):
    """Lists models without a credential."""

    path = _MODELS


class _RouteFault(Fault):
    """Answers some calls in its own way."""

    def answer(self, call: Call) -> Answer | None:
        """The answer to a call, or None where it is routed as usual. May raise a Refusal."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def route(call: Call, all_steps: Steps) -> Operation:
            made = self.answer(call)
            return steps.route(call, all_steps) if made is None else lambda *_: made

        return replace(steps, route=route)


class CountPathMissing(_RouteFault):
    """Serves no count_tokens."""

    collateral = because("what is not served cannot be compared", "counting-*")

    def answer(self, call: Call) -> Answer | None:
        if call.path == _COUNT:
            raise refusal(404, f"Not found: {call.path}")
        return None


class ModelsPathMissing(_RouteFault):
    """Serves no list of models, and no single model."""

    collateral = because("what is not served has no pages and no entries", "models-*")

    def answer(self, call: Call) -> Answer | None:
        if call.path.startswith(_MODELS):
            raise refusal(404, f"Not found: {call.path}")
        return None


class UnknownPathAnswered(_RouteFault):
    """Answers unknown paths with status 200."""

    def answer(self, call: Call) -> Answer | None:
        known = call.path in (_MESSAGES, _COUNT) or call.path.startswith(_MODELS)
        return None if known else Answer(body={"status": "ok"})


class WrongMethodAnswered(_RouteFault):
    """Answers GET on the path of messages with an empty list."""

    def answer(self, call: Call) -> Answer | None:
        return Answer(body={"data": []}) if (call.method, call.path) == ("GET", _MESSAGES) else None


class _HeadersFault(AnswerFault):
    """Adds or changes headers."""

    def headers(self, answer: Answer) -> dict[str, str]:
        """The headers that are added or replaced, by name."""
        raise NotImplementedError

    def edit(self, answer: Answer) -> Answer:
        return replace(answer, headers={**answer.headers, **self.headers(answer)})


class RateLimitCountNotInteger(_HeadersFault):
    """Tells the remaining requests with a decimal point."""

    def headers(self, answer: Answer) -> dict[str, str]:
        name = "anthropic-ratelimit-requests-remaining"
        return {name: "3999.0"} if name in answer.headers else {}


class RateLimitResetNotATime(_HeadersFault):
    """Tells the reset of rate limits as seconds from now."""

    def headers(self, answer: Answer) -> dict[str, str]:
        return {name: "1s" for name in answer.headers if name.endswith("-reset")}


class PriorityHeaderNotInteger(_HeadersFault):
    """Tells the limit of a priority tier as a word."""

    def headers(self, answer: Answer) -> dict[str, str]:
        return {"anthropic-priority-input-tokens-limit": "unlimited"} if answer.status == 200 else {}


class ShouldRetryNotBoolean(_HeadersFault):
    """Says no in x-should-retry."""

    def headers(self, answer: Answer) -> dict[str, str]:
        return {"x-should-retry": "no"} if "x-should-retry" in answer.headers else {}


class WorkspaceIdMalformed(_HeadersFault):
    """Names the workspace in anthropic-workspace-id, without the prefix of ids."""

    def headers(self, answer: Answer) -> dict[str, str]:
        return {"anthropic-workspace-id": "default"} if answer.status == 200 else {}


class _RequestIdMissing(AnswerFault):
    """Sends no request-id on some answers."""

    def lacks(self, answer: Answer) -> bool:
        """Whether the answer has none."""
        raise NotImplementedError

    def edit(self, answer: Answer) -> Answer:
        if not self.lacks(answer):
            return answer
        return replace(answer, headers={key: value for key, value in answer.headers.items() if key != "request-id"})


class RequestIdMissingOnAnswers(_RequestIdMissing):
    """Sends no request-id with JSON answers."""

    def lacks(self, answer: Answer) -> bool:
        return answer.status == 200 and answer.events is None


class RequestIdMissingOnErrors(_RequestIdMissing):
    """Sends no request-id with errors."""

    def lacks(self, answer: Answer) -> bool:
        return answer.status >= 400


class RequestIdMissingOnStreams(_RequestIdMissing):
    """Sends no request-id with streams."""

    def lacks(self, answer: Answer) -> bool:
        return answer.events is not None


class RequestIdRepeated(Fault):
    """Gives every response the same request-id."""

    def install(self, steps: Steps) -> Steps:
        def finish(answer: Answer, desk: Desk) -> Answer:
            name = "req_011111111111111111111111"
            once = replace(desk, new_id=lambda prefix: name if prefix == "req" else desk.new_id(prefix))
            return steps.finish(answer, once)

        return replace(steps, finish=finish)
