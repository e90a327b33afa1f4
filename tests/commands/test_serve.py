"""The command `serve`: what its options set up."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.cli import command
from conformance.reference.answer import Call
from conformance.reference.app import create_endpoint

HEADERS = (("x-api-key", "reference-key"), ("anthropic-version", "2023-06-01"))


def test_serve_takes_names_of_models_and_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    served: dict[str, Any] = {}
    monkeypatch.setattr("conformance.commands.serve.serve_reference", lambda port, **given: served.update(given))
    options = ["--model", "claude-opus-5-5", "--model", "glm-9", "--host", "::1"]
    assert CliRunner().invoke(command, ["serve", *options]).exit_code == 0
    assert served["host"] == "::1"
    endpoint = create_endpoint(served["settings"])
    for name in ("claude-opus-5-5", "glm-9", "reference-1"):
        body = {"model": name, "max_tokens": 64_000, "messages": [{"role": "user", "content": "Hi"}]}
        answer = endpoint.answer(Call("POST", "/v1/messages", headers=HEADERS, body=json.dumps(body).encode()))
        assert (answer.status, answer.body.get("model")) == (200, name)
    listed = endpoint.answer(Call("GET", "/v1/models", headers=HEADERS)).body
    assert {"claude-opus-5-5", "glm-9", "reference-1"} <= {model["id"] for model in listed["data"]}
