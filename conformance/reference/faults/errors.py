"""Faults in errors: envelope, error type, status.

Belongs here: what goes wrong when a request is refused for a good reason. Does not belong here: valid requests that are
refused and invalid ones that are accepted (see the areas of the feature).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal, ServerEvent, dump
from conformance.reference.errors import TYPE_OF_STATUS, refusal
from conformance.reference.faults.base import Data, ErrorFault, Fault, RefusingFault, because
from conformance.reference.models import Model
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt

NO_REFUSAL = "the status is not one by which an unknown model is refused"
RETRIED = "clients retry this status, although the request is what it is"


class ErrorNotJson(ErrorFault):
    """Answers errors with a line of text."""

    collateral = because("a text has no envelope", "errors-have-envelope")

    def change(self, answer: Answer, body: Data) -> Answer:
        return replace(answer, body=f"{answer.status} Bad Request").with_headers(content_type="text/plain")


class ErrorContentTypeWrong(ErrorFault):
    """Labels the JSON of errors as text/html."""

    def change(self, answer: Answer, body: Data) -> Answer:
        return answer.with_headers(content_type="text/html")


class UnknownPathPlainText(ErrorFault):
    """Answers unknown paths with the text of its web framework."""

    def change(self, answer: Answer, body: Data) -> Answer:
        if not body["error"]["message"].startswith("Not found: /"):
            return answer
        return replace(answer, body="404 page not found").with_headers(content_type="text/plain")


class ErrorEnvelopeOfAnotherApi(ErrorFault):
    """Tells errors in the envelope of another API: no type beside error, but param and code inside."""

    def change(self, answer: Answer, body: Data) -> Answer:
        error = {"message": body["error"]["message"], "type": "Bad Request", "param": None, "code": answer.status}
        return replace(answer, body={"error": error})


class AuthErrorOfAnotherApi(ErrorFault):
    """Tells refused credentials in the envelope of another API, and all other errors in the right one."""

    def change(self, answer: Answer, body: Data) -> Answer:
        if answer.status != 401:
            return answer
        error = {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}
        return replace(answer, body={"error": error})


class ErrorTypeKeyMissing(ErrorFault):
    """Leaves the outer type out of errors."""

    def change(self, answer: Answer, body: Data) -> Answer:
        del body["type"]
        return replace(answer, body=body)


class ErrorAsJsonString(ErrorFault):
    """Puts the error of its upstream into error as a string of JSON."""

    def change(self, answer: Answer, body: Data) -> Answer:
        return replace(answer, body={"error": dump({"error": body["error"]})})


class ErrorMessageNotText(ErrorFault):
    """Tells what is wrong as a list of issues where the message is a string."""

    def change(self, answer: Answer, body: Data) -> Answer:
        body["error"]["message"] = [{"code": "invalid_type", "path": ["messages"], "message": body["error"]["message"]}]
        return replace(answer, body=body)


class IssuesOfValidator(ErrorFault):
    """Answers invalid fields with the issues of its validator, without any envelope."""

    def change(self, answer: Answer, body: Data) -> Answer:
        if answer.status != 400:
            return answer
        return replace(
            answer, body={"message": [{"code": "invalid_union", "path": ["tools", 0], "message": "Invalid"}]}
        )


class ValidationErrorsAsDetail(ErrorFault):
    """Answers invalid fields with status 422 and the detail of its web framework."""

    collateral = because(
        "the status is not the 400 that goes with it",
        "transport-*-refused",
        "counting-*-refused*",
        "vision-file-unknown",
    )

    def change(self, answer: Answer, body: Data) -> Answer:
        if answer.status != 400:
            return answer
        issue = {"type": "literal_error", "loc": ["body", "messages", 0], "msg": body["error"]["message"], "input": ""}
        return replace(answer, status=422, body={"detail": [issue]})


class ErrorRequestIdMissing(ErrorFault):
    """Leaves request_id out of errors."""

    def change(self, answer: Answer, body: Data) -> Answer:
        body.pop("request_id", None)
        return replace(answer, body=body)


class ErrorRequestIdDiffers(ErrorFault):
    """Names another request in the body of an error than in its header."""

    def change(self, answer: Answer, body: Data) -> Answer:
        return replace(answer, body={**body, "request_id": "req_011111111111111111111111"})


class ErrorDetailsMalformed(ErrorFault):
    """Gives the details of an error as a text."""

    def change(self, answer: Answer, body: Data) -> Answer:
        body["error"]["details"] = "see the documentation"
        return replace(answer, body=body)


class ErrorTypeNil(ErrorFault):
    """Writes <nil> as the type of every error."""

    def change(self, answer: Answer, body: Data) -> Answer:
        body["error"]["type"] = "<nil>"
        return replace(answer, body=body)


class ErrorAsStream(Fault):
    """Sends the error of a request for a stream as an event stream."""

    collateral = because("a stream is neither JSON nor an envelope", "errors-are-json", "errors-have-envelope")

    def install(self, steps: Steps) -> Steps:
        def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            try:
                return steps.create_message(call, desk, all_steps)
            except Refusal as problem:
                if b'"stream":true' not in call.body:
                    raise
                refused = steps.refuse(problem)
                return replace(refused, events=(ServerEvent("error", refused.body),))

        return replace(steps, create_message=create)


class ErrorWithStatus200(Fault):
    """Tells of unknown models with status 200."""

    id = "error-with-status-200"
    collateral = because("status 200 is no refusal", "errors-unknown-model-refused")

    def install(self, steps: Steps) -> Steps:
        def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            try:
                return steps.create_message(call, desk, all_steps)
            except Refusal as problem:
                if problem.status != 404:
                    raise
                return replace(steps.refuse(problem), status=200)

        return replace(steps, create_message=create)


class ClientMistakeRetryable(ErrorFault):
    """Answers a wrong method with 409, which clients retry."""

    collateral = because("409 is not how a method is refused", "transport-wrong-method-refused")

    def change(self, answer: Answer, body: Data) -> Answer:
        if answer.status != 405:
            return answer
        body["error"]["type"] = "conflict_error"
        return replace(answer, status=409, body=body)


class EmptyMessagesBreak(Fault):
    """Breaks down on an empty list of messages."""

    collateral = because("500 is no refusal", "request-messages-empty")

    def install(self, steps: Steps) -> Steps:
        def parse(call: Call, limit: int) -> Json:
            value = steps.parse(call, limit)
            if isinstance(value, dict) and value.get("messages") == []:
                raise refusal(500, "list index out of range")
            return value

        return replace(steps, parse=parse)


class ExceptionTold(RefusingFault):
    """Breaks down on requests with metadata and tells the exception in the envelope of another API."""

    collateral = because(RETRIED, "errors-not-retryable")

    def problem(self, prompt: Prompt, call: Call) -> Refusal | None:
        return (
            refusal(500, "anthropic_messages() got an argument 'metadata'")
            if prompt.object("metadata").get("user_id")
            else None
        )

    def install(self, steps: Steps) -> Steps:
        inner = super().install(steps)

        def finish(answer: Answer, desk: Desk) -> Answer:
            done = steps.finish(answer, desk)
            told = answer.body["error"]["message"] if answer.status == 500 else ""
            error = {"error": {"message": told, "type": "None", "param": "None", "code": "500"}}
            return replace(done, body=error) if told.startswith("anthropic_messages()") else done

        return replace(inner, finish=finish)


class UnknownModelServed(Fault):
    """Answers for a model that does not exist with another one."""

    def install(self, steps: Steps) -> Steps:
        def find(models: tuple[Model, ...], name: str) -> Model:
            try:
                return steps.find_model(models, name)
            except Refusal:
                return steps.find_model(models, "reference-latest")

        return replace(steps, find_model=find)


class UnknownModelNot404(Fault):
    """Refuses a model that does not exist with status 400."""

    id = "unknown-model-not-404"

    def install(self, steps: Steps) -> Steps:
        return replace(
            steps, find_model=lambda models, name: _found(steps, models, name, refusal(400, f"model: {name}"))
        )


class ErrorTypeWrong(Fault):
    """Gives errors with one status the error type of another."""

    def __init__(self, status: int, collateral: Sequence[tuple[str, str]] = ()) -> None:
        self.status = status
        self.wrong = "api_error" if status != 500 else "internal_error"
        self.id = f"error-type-wrong-for-{status}"
        self.lie = f"Gives errors with status {status} the type {self.wrong}."
        self.collateral = {reason: (case,) for case, reason in collateral}

    def install(self, steps: Steps) -> Steps:
        def refuse(problem: Refusal) -> Answer:
            if problem.status != self.status:
                return steps.refuse(problem)
            wrong = Refusal(
                problem.status, self.wrong, problem.message, details=problem.details, headers=problem.headers
            )
            return steps.refuse(wrong)

        made = replace(steps, refuse=refuse)
        if self.status in (400, 401, 404):
            return made
        return replace(
            made,
            find_model=lambda models, name: _found(steps, models, name, refusal(self.status, "The model is not here.")),
        )


def family() -> Iterable[Fault]:
    """One fault for each status that has an error type of its own. Those that nothing provokes here answer for
    unknown models.
    """
    collateral: dict[int, list[tuple[str, str]]] = {
        402: [("errors-unknown-model-refused", NO_REFUSAL)],
        409: [("errors-unknown-model-refused", NO_REFUSAL), ("errors-not-retryable", RETRIED)],
        413: [("errors-unknown-model-refused", NO_REFUSAL)],
        500: [("errors-unknown-model-refused", NO_REFUSAL), ("errors-not-retryable", RETRIED)],
        504: [("errors-unknown-model-refused", NO_REFUSAL)],
    }
    for status in TYPE_OF_STATUS:
        if status != 405:
            yield ErrorTypeWrong(status, collateral.get(status, ()))


def _found(steps: Steps, models: tuple[Model, ...], name: str, problem: Refusal) -> Model:
    try:
        return steps.find_model(models, name)
    except Refusal:
        raise problem from None
