import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.reference.answer import Answer, Call
from conformance.reference.app import create_endpoint
from conformance.reference.pipeline import Endpoint, Settings
from conformance.reference.server import LocalServer

Post = Callable[..., Answer]


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    with LocalServer(Settings(max_body=1_000_000)) as running:
        yield running


@pytest.fixture(scope="session")
def endpoint() -> Endpoint:
    return create_endpoint(Settings(pace=0.0))


@pytest.fixture
def post(endpoint: Endpoint) -> Post:
    """Posts a body, merged over a minimal valid one; None deletes a key."""

    def send(path: str = "/v1/messages", version: str = "2023-06-01", betas: str = "", **changes: Any) -> Answer:
        body: dict[str, Any] = {
            "model": "reference-1",
            "max_tokens": 1000,
            "messages": [{"role": "user", "content": "Hi"}],
        }
        if path.endswith("count_tokens"):
            del body["max_tokens"]
        body.update(changes)
        raw = json.dumps({key: value for key, value in body.items() if value is not None}).encode()
        headers = [("x-api-key", "reference-key"), ("anthropic-version", version)]
        if betas:
            headers.append(("anthropic-beta", betas))
        return endpoint.answer(Call("POST", path, headers=tuple(headers), body=raw))

    return send


@pytest.fixture
def say(post: Post) -> Callable[..., str]:
    """Posts one user text and returns the text of the answer."""

    def send(text: str, **changes: Any) -> str:
        answer = post(messages=[{"role": "user", "content": text}], **changes)
        assert answer.status == 200, answer.body
        assert answer.message is not None
        return "".join(block["text"] for block in answer.message["content"] if block["type"] == "text")

    return send
