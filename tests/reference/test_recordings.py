"""Requests that the real API accepted are accepted here."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.reference.answer import Call
from conformance.reference.pipeline import Endpoint
from support.data import genuine, records

EXPECTED = re.compile(
    r"which is the maximum allowed|Invalid `signature`|context_management: Extra inputs|"
    # One old recording answers a call under another id than the call's; the API says today that it refuses that.
    r"toolu_01DYJo37oETVsCdLTTcCWcdq has no `tool_use`"
)
"""What this endpoint cannot know: other limits, other keys for signatures, opt-in headers that a recorder dropped."""

BETA_ONLY = re.compile(r"tools\.\d+\.input_schema: Field required|content\.\d+\.type: expected one of")
"""Tools and blocks of opt-ins that the OpenAPI document does not describe yet."""


def accepted(corpus: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    for record in genuine(corpus):
        path = "/" + record["request"]["url"].split("//", 1)[1].split("/", 1)[1].split("?")[0]
        body = record["request"]["body"]
        served = record["response"]["status"] == 200 and path in ("/v1/messages", "/v1/messages/count_tokens")
        if served and isinstance(body, dict):
            headers = {name.lower(): value for name, value in (record["request"]["headers"] or {}).items()}
            yield path, body, str(headers.get("anthropic-beta") or "")


def test_requests_of_the_recordings_are_accepted(endpoint: Endpoint, corpus: Path) -> None:
    refused: Counter[str] = Counter()
    seen = 0
    for path, body, betas in accepted(corpus):
        headers = [("x-api-key", "reference-key"), ("anthropic-version", "2023-06-01")]
        if betas and "*" not in betas:
            headers.append(("anthropic-beta", betas))
        raw = json.dumps({**body, "model": "reference-1"}).encode()
        answer = endpoint.answer(Call("POST", path, headers=tuple(headers), body=raw))
        seen += 1
        if answer.status != 200:
            refused[answer.body["error"]["message"]] += 1
    unexplained = [text for text in refused if not EXPECTED.search(text) and not BETA_ONLY.search(text)]
    assert seen > len(records(corpus)) // 2
    assert unexplained == []
