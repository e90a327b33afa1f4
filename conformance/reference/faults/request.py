"""Faults with the fields of a request: valid ones that are refused or not read, invalid ones that are accepted.

Belongs here: parameters and blocks other than text. Does not belong here: messages, system prompt, tools (areas of
their own), invalid requests that the OpenAPI document derives (see `request_derived`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.base.versions import NEWEST_VERSION
from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal
from conformance.reference.faults.base import AcceptingFault, Fault, FieldFault, LaxFault, RefusingFault, because
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt


class StreamFalseStreams(Fault):
    """Streams where the request says stream false."""

    collateral = because(
        "a stream is not the one JSON object of an answer",
        "transport-answers-are-json",
        "transport-no-stream-unless-asked",
    )

    def install(self, steps: Steps) -> Steps:
        def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.create_message(call, desk, all_steps)
            if answer.message is None or b'"stream":false' not in call.body:
                return answer
            return replace(steps.encode_stream(answer.message, desk, all_steps), headers=answer.headers)

        return replace(steps, create_message=create)


class MetadataRefused(FieldFault):
    """Refuses metadata with a user_id."""

    field = "metadata"

    def refuses(self, value: Any) -> bool:
        return isinstance(value, dict) and value.get("user_id") is not None


class ServiceTierRefused(FieldFault):
    """Refuses service_tier."""

    field = "service_tier"


class NullRefused(RefusingFault):
    """Refuses null in every place."""

    collateral = because("the content of a reply holds nulls", "tools-loop-with-real-call", "thinking-tool-loop")

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return "null is not allowed" if any(value is None for value in values(prompt.body)) else None


class UnknownFieldAccepted(AcceptingFault):
    """Passes over fields of the request that do not exist."""

    sentence = r"^(?!temperature|top_[pk])[a-z_]+: Extra inputs are not permitted"


class MaxTokensUnlimited(LaxFault):
    """Takes any max_tokens."""

    without = ("REQ-BODY-004",)


class Version2026SamplingAccepted(AcceptingFault):
    """Takes temperature under version 2026-10-21."""

    id = "version-2026-sampling-accepted"
    sentence = r"^temperature: Extra inputs"


class Version2026UserCitationsAccepted(AcceptingFault):
    """Takes citations on the text of users under version 2026-10-21."""

    id = "version-2026-user-citations-accepted"
    sentence = r"citations"

    def accepts(self, refusal: Refusal, call: Call) -> bool:
        return super().accepts(refusal, call) and call.header("anthropic-version") == NEWEST_VERSION


class Version2026AssistantDocumentAccepted(AcceptingFault):
    """Takes documents in assistant messages under version 2026-10-21."""

    id = "version-2026-assistant-document-accepted"
    sentence = r"`document` blocks are not allowed|messages\.1\.content"

    def accepts(self, refusal: Refusal, call: Call) -> bool:
        return super().accepts(refusal, call) and call.header("anthropic-version") == NEWEST_VERSION


def values(value: Json) -> Iterator[Any]:
    """A value and everything inside it."""
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values(inner)
