"""Faults in HTTP that need code: credentials, JSON that is read too leniently, streams that nobody asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from conformance.model import Json
from conformance.reference.answer import Answer, Call, Refusal, dump
from conformance.reference.auth import keys_of
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_steps, plain
from conformance.reference.pipeline import Desk, Steps

_MESSAGES, _COUNT, _MODELS = "/v1/messages", "/v1/messages/count_tokens", "/v1/models"


@fault(in_steps)
def no_credential_accepted(steps: Steps) -> Steps:
    """Answers message requests without a credential."""
    return _without_check(steps, lambda call: call.path == _MESSAGES and not keys_of(call))


@fault(in_steps)
def invalid_credential_accepted(steps: Steps) -> Steps:
    """Answers message requests with any credential."""
    return _without_check(steps, lambda call: call.path == _MESSAGES and bool(keys_of(call)))


@fault(in_steps)
def count_without_credential_accepted(steps: Steps) -> Steps:
    """Counts tokens without a credential."""
    return _without_check(steps, lambda call: call.path == _COUNT and not keys_of(call))


@fault(in_steps)
def models_without_credential_listed(steps: Steps) -> Steps:
    """Lists models without a credential."""
    return _without_check(steps, lambda call: call.path == _MODELS and not keys_of(call))


@fault(in_steps)
def malformed_json_accepted(steps: Steps) -> Steps:
    """Answers a body that ends in the middle of its JSON."""

    def read(text: str) -> Json:
        try:
            json.loads(text, strict=False)
        except ValueError:
            if text:
                return _plain_body()
        raise ValueError

    return _reading(steps, read)


@fault(in_steps)
def empty_body_accepted(steps: Steps) -> Steps:
    """Answers an empty body."""

    def read(text: str) -> Json:
        if text:
            raise ValueError
        return _plain_body()

    return _reading(steps, read)


@fault(in_steps)
def lone_surrogate_accepted(steps: Steps) -> Steps:
    """Reads half a surrogate pair as a replacement character."""
    half = r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u)"
    return _reading(steps, lambda text: json.loads(re.sub(half, "\\\\ufffd", text)))


@fault(in_steps)
def control_character_accepted(steps: Steps) -> Steps:
    """Reads raw control characters inside JSON strings."""

    def read(text: str) -> Json:
        if "\\ud" in text:
            raise ValueError
        return json.loads(text, strict=False)

    return _reading(steps, read)


@fault(in_steps)
def array_body_accepted(steps: Steps) -> Steps:
    """Answers the first request of a body that is an array of requests."""

    def parse(call: Call, limit: int) -> Json:
        value = steps.parse(call, limit)
        return value[0] if isinstance(value, list) and value else value

    return replace(steps, parse=parse)


@fault(in_steps)
def stream_unrequested(steps: Steps) -> Steps:
    """Streams when the request does not say whether to stream."""
    return streaming(steps, lambda call: b'"stream"' not in call.body)


@fault(in_steps)
def length_said_twice(steps: Steps) -> Steps:
    """Sends content-length and transfer-encoding with JSON replies."""

    def encode(message: Data) -> Answer:
        answer = steps.encode_json(message)
        length = str(len(dump(answer.body).encode("utf-8", "surrogatepass")))
        return replace(answer, headers={**answer.headers, "content-length": length, "transfer-encoding": "chunked"})

    return replace(steps, encode_json=encode)


def streaming(steps: Steps, streams: Callable[[Call], bool]) -> Steps:
    """Steps that stream the reply to some calls that asked for JSON."""

    def create(call: Call, desk: Desk, all_steps: Steps) -> Answer:
        answer = steps.create_message(call, desk, all_steps)
        if answer.events is not None or answer.message is None or not streams(call):
            return answer
        return replace(steps.encode_stream(answer.message, desk, all_steps), headers=answer.headers)

    return replace(steps, create_message=create)


def _without_check(steps: Steps, accepts: Callable[[Call], bool]) -> Steps:
    def authenticate(call: Call, keys: tuple[str, ...]) -> None:
        if not accepts(call):
            steps.authenticate(call, keys)

    return replace(steps, authenticate=authenticate)


def _reading(steps: Steps, read: Callable[[str], Json]) -> Steps:
    """Steps that read a body in another way where it is refused. `read` raises ValueError where it refuses it too."""

    def parse(call: Call, limit: int) -> Json:
        try:
            return steps.parse(call, limit)
        except Refusal:
            try:
                return read(call.body.decode("utf-8"))
            except ValueError:
                pass
            raise

    return replace(steps, parse=parse)


def _plain_body() -> Json:
    return json.loads(plain(Call("POST", _MESSAGES)).body)


@fault(in_steps)
def beta_lines_first_only(steps: Steps) -> Steps:
    """Reads only the first line of a repeated anthropic-beta header."""

    def hear(call: Call) -> Call:
        lines = [pair for pair in call.headers if pair[0].lower() == "anthropic-beta"]
        return steps.hear(replace(call, headers=tuple(pair for pair in call.headers if pair not in lines[1:])))

    return replace(steps, hear=hear)
