"""Requests that the real API accepted are accepted here."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.reference.answer import Call, Cause
from conformance.reference.pipeline import Endpoint
from support.data import genuine, records

UNKNOWABLE = {
    Cause("REQ-BODY-004"): "another model has another limit",
    Cause("REQ-BODY-035"): "an older model takes temperature and top_p together",
    Cause("REQ-IN-016"): "another key signs thinking",
    Cause("REQ-MSG-021"): "one old recording answers a call under another id; the API refuses that today",
    Cause("REQ-HTTP-032", "/context_management", "additionalProperties", "MessageCreateParams"): (
        "a recorder dropped the opt-in header"
    ),
}
"""Why this endpoint refuses what the API accepted."""

BETA_ONLY = {("required", "input_schema"), ("discriminator", "type")}
"""Keyword and key of tools and blocks that belong to betas and that the OpenAPI document does not describe yet."""


def accepted(corpus: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    for record in genuine(corpus):
        path = "/" + record["request"]["url"].split("//", 1)[1].split("/", 1)[1].split("?")[0]
        body = record["request"]["body"]
        served = record["response"]["status"] == 200 and path in ("/v1/messages", "/v1/messages/count_tokens")
        if served and isinstance(body, dict):
            headers = {name.lower(): value for name, value in (record["request"]["headers"] or {}).items()}
            yield path, body, str(headers.get("anthropic-beta") or "")


def beta_only(cause: Cause | None) -> bool:
    return cause is not None and (cause.keyword, cause.place.rpartition("/")[2]) in BETA_ONLY


def test_requests_of_the_recordings_are_accepted(endpoint: Endpoint, corpus: Path) -> None:
    refused: Counter[Cause | None] = Counter()
    seen = 0
    for path, body, betas in accepted(corpus):
        headers = [("x-api-key", "reference-key"), ("anthropic-version", "2023-06-01")]
        if betas and "*" not in betas:
            headers.append(("anthropic-beta", betas))
        raw = json.dumps({**body, "model": "reference-1"}).encode()
        answer = endpoint.answer(Call("POST", path, headers=tuple(headers), body=raw))
        seen += 1
        if answer.status != 200:
            refused[answer.cause] += 1
    unexplained = [cause for cause in refused if cause not in UNKNOWABLE and not beta_only(cause)]
    assert seen > len(records(corpus)) // 2
    assert unexplained == []
