"""Faults with the fields of a request: valid ones that are refused or not read, invalid ones that are accepted.

Belongs here: parameters and blocks other than text. Does not belong here: messages, system prompt, tools (areas of
their own), invalid requests that the OpenAPI document derives (see `request_derived`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal
from conformance.reference.errors import refusal
from conformance.reference.faults.base import AcceptingFault, Data, DeafFault, Fault, LaxFault, RefusingFault
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt


class StreamFalseStreams(Fault):
    """Streams where the request says stream false."""

    collateral: ClassVar = {
        "a stream is not the one JSON object of an answer": (
            "transport-answers-are-json",
            "transport-no-stream-unless-asked",
        )
    }

    def install(self, steps: Steps) -> Steps:
        def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.create_message(call, desk, all_steps)
            if answer.message is None or b'"stream":false' not in call.body:
                return answer
            return replace(steps.encode_stream(answer.message, desk, all_steps), headers=answer.headers)

        return replace(steps, create_message=create)


class _FieldRefused(RefusingFault):
    """Refuses a body field."""

    field: ClassVar[str]

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return f"{self.field}: Extra inputs are not permitted" if self.refuses(prompt.body.get(self.field)) else None

    def refuses(self, value: Json) -> bool:
        """Whether the value of the field is refused."""
        return value is not None


class MetadataRefused(_FieldRefused):
    """Refuses metadata with a user_id."""

    field = "metadata"

    def refuses(self, value: Json) -> bool:
        return isinstance(value, dict) and value.get("user_id") is not None


class ServiceTierRefused(_FieldRefused):
    """Refuses service_tier."""

    field = "service_tier"


class ThinkingRefused(_FieldRefused):
    """Refuses enabled thinking."""

    field = "thinking"

    def refuses(self, value: Json) -> bool:
        return isinstance(value, dict) and value.get("type") == "enabled"


class OutputFormatRefused(_FieldRefused):
    """Refuses output_config.format."""

    field = "output_config"

    def refuses(self, value: Json) -> bool:
        return isinstance(value, dict) and "format" in value


class TemperatureRefused(_FieldRefused):
    """Refuses temperature, even its default."""

    field = "temperature"


class NullRefused(RefusingFault):
    """Refuses null in every place."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        return "null is not allowed" if any(value is None for value in values(prompt.body)) else None


class CacheControlRefused(RefusingFault):
    """Answers 404 to blocks and tools with cache_control, as no endpoint behind it supports them."""

    def problem(self, prompt: Prompt, call: Call) -> Refusal | None:
        if any(path for path, _ in prompt.controls()):
            return refusal(404, "No endpoints found that support cache control")
        return None


class CacheBreakpointsUnlimited(LaxFault):
    """Takes any number of cache breakpoints."""

    without = ("REQ-IN-018",)


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
        return super().accepts(refusal, call) and call.header("anthropic-version") == "2026-10-21"


class Version2026AssistantDocumentAccepted(AcceptingFault):
    """Takes documents in assistant messages under version 2026-10-21."""

    id = "version-2026-assistant-document-accepted"
    sentence = r"`document` blocks are not allowed|messages\.1\.content"

    def accepts(self, refusal: Refusal, call: Call) -> bool:
        return super().accepts(refusal, call) and call.header("anthropic-version") == "2026-10-21"


class _BlockRefused(RefusingFault):
    """Refuses blocks of one type in user messages."""

    block: ClassVar[str]

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        for message in prompt.messages:
            for path, block in message.numbered():
                if block.get("type") == self.block and self.refuses(block):
                    return f"{path}: Input tag '{self.block}' is not known"
        return None

    def refuses(self, block: Data) -> bool:  # noqa: ARG002 - a subclass looks at the block
        """Whether a block of the type is refused."""
        return True


class _BlockDropped(DeafFault):
    """Leaves blocks of one type out."""

    block: ClassVar[str]

    def edit(self, body: Data, prompt: Prompt) -> None:
        kept: list[Data] = []
        for message in body["messages"]:
            if isinstance(message["content"], list):
                kept = [block for block in message["content"] if block.get("type") != self.block]
                message["content"] = kept
        # What is left is as short as what a control says, so that nothing of the block is counted.
        if kept and any(isinstance(block, dict) and block.get("type") == self.block for block in values(prompt.body)):
            body["messages"] = [{"role": "user", "content": "Hi"}]


class ImageRefused(_BlockRefused):
    """Refuses images."""

    block = "image"


class ImageUrlRefused(_BlockRefused):
    """Refuses images by URL."""

    block = "image"

    def refuses(self, block: Data) -> bool:
        return bool(block["source"].get("type") == "url")


class ImageDropped(_BlockDropped):
    """Answers without having looked at images."""

    block = "image"


class DocumentRefused(_BlockRefused):
    """Refuses documents."""

    block = "document"


class DocumentDropped(_BlockDropped):
    """Answers without having read documents."""

    block = "document"


class SearchResultRefused(_BlockRefused):
    """Refuses search results."""

    block = "search_result"


class SearchResultDropped(_BlockDropped):
    """Answers without having read search results."""

    block = "search_result"


def values(value: Json) -> Iterator[Any]:
    """A value and everything inside it."""
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values(inner)
