"""`compare --loopback` finds what a gateway alters, as that and nothing else; and nothing where it alters nothing."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.commands.compare import CompareOptions, run
from conformance.comparison.pairs import MOST_FINDINGS
from support.data import DATA
from support.gateway import alteration, gateway
from support.servers import free_address, serving

GATEWAYS = yaml.safe_load((DATA / "gateways.yaml").read_text(encoding="utf-8"))

CASES = (
    "system-two-blocks",
    "tools-loop-with-real-call",
    "errors-unknown-model-refused",
    "counting-plain-question",
)
"""What is sent through a gateway whose entry names no cases."""


@pytest.mark.slow
@pytest.mark.parametrize("entry", GATEWAYS, ids=[entry["id"] for entry in GATEWAYS])
def test_what_a_gateway_alters_is_found_as_that_and_nothing_else(entry: dict[str, Any], tmp_path: Path) -> None:
    document, code = compared(entry, tmp_path)
    assert document["compared"]
    for key, informs in (("found", False), ("noted", True)):
        seen = {f"{each['kind']} {each['where']}" for each in document["findings"] if each["informs"] is informs}
        expected = entry.get(key, [])
        others = {each for each in seen if not any(_matches(each, pattern) for pattern in expected)}
        missing = {pattern for pattern in expected if not any(_matches(each, pattern) for each in seen)}
        assert (others, missing) == (set(), set())
    assert code == (1 if entry.get("found") else 0)


class Hostile(BaseHTTPRequestHandler):
    """Answers with whatever costs a reader most, and says the key of the client wherever it can."""

    protocol_version = "HTTP/1.1"
    answers = 0

    def log_message(self, *args: object) -> None:
        pass

    def answer(self) -> None:
        key = self.headers.get("x-api-key") or ""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        type(self).answers += 1
        number = type(self).answers
        members = {f"m{number}_{at}": {"key": key, "deep": [[[[at]]]]} for at in range(2_000)}
        body = json.dumps({"type": "message", "content": [], key: key, **members}).encode()
        if number % 3 == 0:
            body = b"[" * 200_000 + key.encode()
        if number % 4 == 0:
            lines = [f'event: {key}{at}\ndata: {{"type":"t{at}","k":"{key}"}}\n\n' for at in range(5_000)]
            body = "".join(lines).encode()
        self.send_response(200 if number % 5 else 400)
        self.send_header("content-type", "text/event-stream" if number % 4 == 0 else "application/json")
        for at in range(60):
            self.send_header(f"x-{number}-{at}", key)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815


def test_a_hostile_gateway_is_reported_within_bounds_and_without_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-of-the-client-0123456789"
    monkeypatch.setenv("HOSTILE_KEY", key)
    upstream, told = free_address(), []
    options = {"case": CASES, "out": str(tmp_path)}
    with serving(type("Fresh", (Hostile,), {})) as url:
        asked = CompareOptions(upstream, url, through_key_env="HOSTILE_KEY", loopback=True)
        text, code = run(options, asked, tmp_path, told.append)
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*json"))
    document = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert code == 1
    assert key not in written + text + "".join(told)
    assert 0 < len(document["findings"]) <= MOST_FINDINGS
    assert all(len(each["where"]) < 1_000 for each in document["findings"])
    assert len(json.dumps(document)) < 10_000_000


def _matches(seen: str, pattern: str) -> bool:
    return fnmatchcase(seen, pattern.replace("[", "[[]"))


def compared(entry: dict[str, Any], folder: Path) -> tuple[dict[str, Any], int]:
    """The document of a comparison through a gateway, and the exit code."""
    upstream = free_address()
    options = {"case": tuple(entry.get("cases", CASES)), "out": str(folder)}
    with gateway(upstream, alteration(entry)) as url:
        _, code = run(options, CompareOptions(upstream, url, loopback=True), folder, lambda line: None)
    return json.loads((folder / "comparison.json").read_text(encoding="utf-8")), code
