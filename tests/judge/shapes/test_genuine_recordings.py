"""No case of these areas that decides anything raises a false alarm on a genuine recorded exchange.

Damage done by recorders is left out by its flag and by clause, never by record (RECORDINGS, section 2).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.judge.checks import REGISTRY
from conformance.judge.reading import Reply, read
from conformance.judge.transcripts import selected
from conformance.model import Chunk, Exchange, Mode, Response, SentRequest
from conformance.wire.sse import parse

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "exchanges.jsonl.gz"

NO_HEADERS = {"headers-dropped", "headers-filtered", "no-headers"}
DAMAGE = {
    "REQ-HTTP-019": NO_HEADERS | {"headers-redacted", "request-id-scrubbed"},
    "REQ-SSE-011": NO_HEADERS,
    "REQ-HTTP-005": {"headers-redacted", "no-headers"},
    "REQ-ERR-001": {"headers-redacted", "no-headers"},
    "REQ-COUNT-002": {"headers-redacted", "no-headers"},
    "REQ-RESP-002": {"ids-scrubbed"},
}
"""Which damage hides what a clause is about."""

PATHS = {"/v1/messages", "/v1/messages/count_tokens", "/v1/models"}


def exchange(record: dict[str, Any], line: int) -> Exchange:
    request, response = record["request"], record["response"]
    body = response["sse"] if "sse" in response else json.dumps(response["body"])
    sent_body = request.get("body")
    mode = Mode.STREAM if isinstance(sent_body, dict) and sent_body.get("stream") is True else Mode.JSON
    return Exchange(
        scenario="recorded",
        mode=mode,
        step=1,
        attempt=1,
        started="",
        request=SentRequest(
            request["method"], request["url"], (), json.dumps(sent_body).encode() if sent_body else b""
        ),
        response=Response(response["status"], tuple(response["headers"].items()), (Chunk(0.0, body.encode()),)),
        line=line,
    )


@pytest.fixture(scope="module")
def recordings() -> list[SimpleNamespace]:
    """Every genuine exchange with the three endpoints, read, with the flags of its damage."""
    if not CORPUS.exists():
        pytest.skip(f"the recorded exchanges are not beside this checkout: {CORPUS.name}")
    found = []
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            record = json.loads(line)
            if record.get("synthetic") or urlsplit(record["request"]["url"]).path not in PATHS:
                continue
            one = exchange(record, number)
            assert one.response is not None
            flags = set(record.get("fidelity", ())) | (set() if one.response.headers else {"no-headers"})
            events = parse(one.response.chunks) if "sse" in record["response"] else None
            found.append(SimpleNamespace(reply=read(one, events), flags=flags, path=urlsplit(one.request.url).path))
    return found


def picked(case: SimpleNamespace, mode: Mode, recordings: list[SimpleNamespace]) -> list[Reply]:
    """The replies that a case judges in one mode; scenario names stand for the endpoints that they ask."""
    damaged = DAMAGE.get(case.clause, set())
    return [
        one.reply
        for one in recordings
        if not one.flags & damaged
        and any(
            selected(name, mode, one.reply)
            if name.startswith("every-")
            else name == "models" and one.path == "/v1/models" and one.reply.ok
            for name in case.on
        )
    ]


def test_no_deciding_case_has_a_finding_on_a_genuine_exchange(recordings, shape_cases, make):
    alarms: list[str] = []
    judged = 0
    for case in shape_cases:
        if not case.on or not case.decides:
            continue
        for mode in case.modes:
            replies = picked(case, mode, recordings)
            judged += len(replies)
            for name, argument in case.expect:
                entry, facts = REGISTRY[name], make.facts()
                together = [[reply] for reply in replies] if "models" in case.on else [replies]
                groups = [entry.all(some, argument, facts) for some in together] if entry.all else []
                groups += [entry.each(reply, argument, facts) for reply in replies] if entry.each else []
                alarms += [f"{case.id}: {finding}" for group in groups for finding in group.findings]
    assert judged > 10_000
    assert not alarms, "\n".join(alarms[:40])


def test_the_recordings_show_what_most_deciding_cases_are_about(recordings, shape_cases, make):
    unseen = []
    for case in shape_cases:
        if not case.on or not case.decides or not any(name.startswith("every-") for name in case.on):
            continue
        name, argument = case.expect[0]
        entry, facts = REGISTRY[name], make.facts()
        replies = [reply for mode in case.modes for reply in picked(case, mode, recordings)]
        seen = entry.all(replies, argument, facts).seen if entry.all else False
        seen = seen or (entry.each is not None and any(entry.each(reply, argument, facts).seen for reply in replies))
        unseen += [] if seen else [case.id]
    never_recorded = {f"errors-{status}-type" for status in (402, 403, 409, 413, 429, 500, 504, 529)}
    assert set(unseen) <= never_recorded | {"stop-refusal-has-details", "stop-pause-has-no-tool-call"}
