"""Faults in HTTP: versions, betas and media types of requests, and what counts as JSON.

Belongs here: what goes wrong before the content of a request is looked at. Does not belong here: credentials, paths
and the headers of answers (see `transport_answers`), errors as such (see `errors`), the framing of streams.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from conformance.base.versions import FIRST_VERSION, NEWEST_VERSION
from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal, Terms
from conformance.reference.errors import invalid, refusal
from conformance.reference.faults.base import AcceptingFault, AnswerFault, Fault, RefusingFault, because, plain
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt

_MESSAGES, _COUNT, _MODELS = "/v1/messages", "/v1/messages/count_tokens", "/v1/models"


class _ReadingFault(Fault):
    """Reads a body that is not JSON, or not an object."""

    def read(self, text: str) -> Json:
        """The value of a body that the honest reader refuses, or raises ValueError where it is refused here too."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        def parse(call: Call, limit: int) -> Json:
            try:
                return steps.parse(call, limit)
            except Refusal:
                try:
                    return self.read(call.body.decode("utf-8"))
                except ValueError:
                    pass
                raise

        return replace(steps, parse=parse)


class MalformedJsonAccepted(_ReadingFault):
    """Answers a body that breaks off in the middle of its JSON."""

    def read(self, text: str) -> Json:
        try:
            json.loads(text, strict=False)
        except ValueError:
            if text:
                return json.loads(plain(Call("POST", _MESSAGES)).body)
        raise ValueError


class EmptyBodyAccepted(_ReadingFault):
    """Answers an empty body."""

    def read(self, text: str) -> Json:
        if text:
            raise ValueError
        return json.loads(plain(Call("POST", _MESSAGES)).body)


class LoneSurrogateAccepted(_ReadingFault):
    """Reads half a surrogate pair as a replacement character."""

    def read(self, text: str) -> Json:
        return json.loads(re.sub(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u)", "\\\\ufffd", text))


class ControlCharacterAccepted(_ReadingFault):
    """Reads raw control characters inside JSON strings."""

    def read(self, text: str) -> Json:
        if "\\ud" in text:
            raise ValueError
        return json.loads(text, strict=False)


class ArrayBodyAccepted(Fault):
    """Answers the first request of a body that is an array of requests."""

    def install(self, steps: Steps) -> Steps:
        def parse(call: Call, limit: int) -> Json:
            value = steps.parse(call, limit)
            return value[0] if isinstance(value, list) and value else value

        return replace(steps, parse=parse)


class JsonContentTypeWrong(AnswerFault):
    """Labels the JSON of answers as text/plain."""

    def edit(self, answer: Answer) -> Answer:
        wrong = answer.message is not None and answer.events is None
        return answer.with_headers(content_type="text/plain") if wrong else answer


class StreamUnasked(Fault):
    """Streams where the request does not say whether to stream."""

    collateral = because("a stream is not JSON either", "transport-answers-are-json")

    def install(self, steps: Steps) -> Steps:
        def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
            answer = steps.create_message(call, desk, all_steps)
            if answer.events is not None or answer.message is None or b'"stream"' in call.body:
                return answer
            return replace(steps.encode_stream(answer.message, desk, all_steps), headers=answer.headers)

        return replace(steps, create_message=create)


class _NegotiationFault(Fault):
    """Makes something else of the request headers, which are in `headers`, before they are looked at."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        """The terms of a call."""
        raise NotImplementedError

    def install(self, steps: Steps) -> Steps:
        return replace(steps, negotiate=lambda call: self.listen(call, steps.negotiate))


class CharsetRefused(_NegotiationFault):
    """Refuses a content type with a charset."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        if "charset" in (call.header("content-type") or ""):
            raise invalid("content-type: expected application/json")
        return negotiate(call)


class TextPlainBreaks(_NegotiationFault):
    """Breaks down on JSON that is labelled as text/plain."""

    collateral = because("clients retry a 500, although the request is what it is", "errors-not-retryable")

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        if (call.header("content-type") or "").startswith("text/plain"):
            raise refusal(500, "Internal server error")
        return negotiate(call)


class BetaQueryRefused(_NegotiationFault):
    """Refuses the query parameter beta on messages."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        if call.path == _MESSAGES and call.parameters("beta"):
            raise invalid("beta: Extra query parameters are not permitted")
        return negotiate(call)


class BetasBareCommaRefused(_NegotiationFault):
    """Splits anthropic-beta at a comma with a space only, and does not know what is left together."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        if re.search(r",\S", call.header("anthropic-beta") or ""):
            raise invalid("anthropic-beta: unexpected value")
        return negotiate(call)


class BetasCommaSpaceRefused(_NegotiationFault):
    """Splits anthropic-beta at bare commas and does not know names that begin with a space."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        if ", " in (call.header("anthropic-beta") or ""):
            raise invalid("anthropic-beta: unexpected value")
        return negotiate(call)


class UnknownBetaAccepted(_NegotiationFault):
    """Takes any name in anthropic-beta."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        try:
            return negotiate(call)
        except Refusal as problem:
            if not problem.message.startswith("anthropic-beta"):
                raise
            return negotiate(without_header(call, "anthropic-beta"))


class BetaFieldWithoutBetaAccepted(AcceptingFault):
    """Takes the fields of betas without their betas."""

    sentence = "^context_management: Extra inputs"


class ContextManagementRefused(RefusingFault):
    """Refuses context_management, also with its beta."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        given = "context_management" in prompt.extras
        return "context_management: Extra inputs are not permitted" if given else None


class ContentEncodingIgnored(Fault):
    """Reads the body as it is, whatever its content encoding."""

    def install(self, steps: Steps) -> Steps:
        return replace(steps, parse=lambda call, limit: steps.parse(without_header(call, "content-encoding"), limit))


class SdkHeadersRefused(_NegotiationFault):
    """Refuses the telemetry headers of the official SDKs."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        if any(name.lower().startswith("x-stainless-") for name, _ in call.headers):
            raise invalid("x-stainless-lang: header is not allowed")
        return negotiate(call)


class Version20261021Refused(_NegotiationFault):
    """Knows no API version but 2023-06-01."""

    id = "version-2026-10-21-refused"

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        return only_version(negotiate(call), FIRST_VERSION)


class Version20230601Refused(_NegotiationFault):
    """Knows no API version but 2026-10-21."""

    id = "version-2023-06-01-refused"
    collateral = because("these requests name that version", "output-temperature-free", "request-temperature-default")

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        return only_version(negotiate(call), NEWEST_VERSION)


class VersionMissingAccepted(_NegotiationFault):
    """Answers without an anthropic-version."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        missing = call.header("anthropic-version") is None
        return negotiate(with_header(call, "anthropic-version", FIRST_VERSION) if missing else call)


class VersionUnknownAccepted(_NegotiationFault):
    """Takes any anthropic-version for the oldest one that it knows."""

    def listen(self, call: Call, negotiate: Callable[[Call], Terms]) -> Terms:
        try:
            return negotiate(call)
        except Refusal as problem:
            if "not a valid version" not in problem.message:
                raise
            return negotiate(with_header(call, "anthropic-version", FIRST_VERSION))


def with_header(call: Call, name: str, value: str) -> Call:
    """The call with one header set."""
    return replace(call, headers=(*without_header(call, name).headers, (name, value)))


def without_header(call: Call, name: str) -> Call:
    """The call without a header."""
    return replace(call, headers=tuple(pair for pair in call.headers if pair[0].lower() != name))


def only_version(terms: Terms, version: str) -> Terms:
    """The terms, where they name the only version that is known."""
    if terms.version != version:
        raise invalid(f'anthropic-version: "{terms.version}" is not a valid version')
    return terms
