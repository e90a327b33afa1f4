"""judge --with-sdk: what the official SDK reads in recorded bytes, as a user meets it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import conformance.report
from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from support import make, streams
from support.command import Done, command
from support.data import EXCHANGES

SCHEMA = json.loads((Path(conformance.report.__file__).parent / "judged.schema.json").read_text(encoding="utf-8"))


def recording(folder: Path, *bodies: str) -> str:
    """A file of recorded streams."""
    request = {
        "method": "POST",
        "url": "https://gateway.test/v1/messages",
        "headers": {"anthropic-version": "2023-06-01"},
        "body": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "stream": True},
    }
    answers = ({"status": 200, "headers": make.STREAM_HEADERS, "sse": body} for body in bodies)
    lines = (json.dumps({"request": request, "response": answer}) + "\n" for answer in answers)
    (folder / "a.ndjson").write_text("".join(lines), encoding="utf-8")
    return "a.ndjson"


def opinion(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)["second_opinion"]
    schema = {"$defs": SCHEMA["$defs"], **SCHEMA["properties"]["second_opinion"]}
    Draft202012Validator(schema).validate(found)
    return found


def test_what_the_sdk_raises_is_shown_beside_what_our_cases_find(tmp_path: Path) -> None:
    start = streams.event("message_start", message=streams.message(id="msg_2"))
    gap = start + streams.text(0, "a") + streams.text(2, "b") + streams.DELTA + streams.STOP
    file = recording(tmp_path, streams.whole(), gap)
    found = opinion(command("judge", file, "--with-sdk", "--json", cwd=tmp_path))
    assert (found["read"], found["agreed"]) == (2, 1)
    (exchange,) = found["exchanges"]
    assert exchange["place"] == "a.ndjson:2"
    assert exchange["must_findings"] == ["stream-index-contiguous"]
    assert [(each["event"], each["id"]) for each in exchange["differences"]] == [(6, "raised IndexError")]
    text = command("judge", file, "--with-sdk", cwd=tmp_path).text
    assert "    event 6  the SDK raises IndexError" in text
    assert "    our judge: stream-index-contiguous" in text


def test_the_verdict_is_the_same_with_and_without(tmp_path: Path) -> None:
    bad = recording(tmp_path, streams.START + streams.text(1, "b") + streams.DELTA + streams.STOP)
    with_sdk, without = (command("judge", bad, *more, "--json", cwd=tmp_path) for more in (["--with-sdk"], []))
    assert with_sdk.returncode == without.returncode == 1
    assert "second_opinion" not in json.loads(without.stdout)


def test_the_journal_of_a_run_is_read_as_well(tmp_path: Path) -> None:
    with LocalServer(steps=with_faults(Steps(), faults_named(["index-from-1"]))) as server:
        target = ("--url", server.url, "--model", server.model, "--case", "stream-index-contiguous", "--out", "out")
        ran = command("run", *target, cwd=tmp_path, environment={"ANTHROPIC_API_KEY": server.key})
    assert ran.returncode == 1, ran.text
    found = opinion(command("judge", "out/journal.ndjson", "--with-sdk", "--json", cwd=tmp_path))
    assert found["streams"] > 0
    raised = [each for each in found["exchanges"] if each["differences"][0]["id"] == "raised IndexError"]
    assert raised
    assert any("stream-index-contiguous" in each["must_findings"] for each in raised)


def test_without_the_sdk_it_is_an_error_of_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    done = command("judge", recording(tmp_path, streams.whole()), "--with-sdk", cwd=tmp_path)
    assert done.returncode == 4
    assert "messages-conformance[sdk]" in done.text


@pytest.mark.slow
def test_no_genuine_answer_of_the_data_is_read_in_another_way(tmp_path: Path) -> None:
    done = command("judge", str(EXCHANGES), "--with-sdk", cwd=tmp_path)
    assert "0 differ from our reading" in done.text
