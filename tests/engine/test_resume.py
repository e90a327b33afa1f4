"""A run that is killed and continued: nothing recorded is sent again, and nothing is decided differently."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from support.command import PATIENCE_S, command, started
from support.forked import forked

pytestmark = pytest.mark.slow

ENVIRONMENT = {"ENDPOINT_KEY": "reference-key"}
AREA = ("--area", "tools", "--concurrency", "3")


def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    done = command(*arguments, cwd=cwd, environment=ENVIRONMENT)
    return done.returncode, done.stdout + done.stderr


def target(url: str, model: str = "reference-1") -> tuple[str, ...]:
    return "--url", url, "--model", model, "--api-key-env", "ENDPOINT_KEY"


def records(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "journal.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def outcomes(folder: Path) -> dict[tuple[str, str], str]:
    cases = json.loads((folder / "results.json").read_text(encoding="utf-8"))["cases"]
    return {(case["id"], case["mode"]): case["outcome"] for case in cases}


def test_a_killed_run_is_continued_with_what_is_missing_and_decides_the_same(serve: Any, tmp_path: Path) -> None:
    last, reached, end = math.inf, threading.Event(), threading.Event()

    def hold(number: int) -> None:
        if number > last and not end.is_set():
            reached.set()
            end.wait(PATIENCE_S)

    endpoint = serve(before=hold)
    assert run("run", *target(endpoint.url), *AREA, "--out", "whole", cwd=tmp_path)[0] == 0
    whole = len(endpoint.calls)

    last = whole + 15
    with started(
        "run", *target(endpoint.url), *AREA, "--out", "part", cwd=tmp_path, environment=ENVIRONMENT
    ) as process:
        assert reached.wait(PATIENCE_S)
        os.kill(process.pid, signal.SIGKILL)
    end.set()
    before = len(endpoint.calls)
    kept = [record for record in records(tmp_path / "part") if record["kind"] == "exchange"]
    assert before - whole - 3 <= len(kept) <= before - whole < whole
    assert not (tmp_path / "part" / "results.json").exists()

    code, told = run("run", "--resume", "part", cwd=tmp_path)
    assert code == 0, told
    assert "continues a run" in told
    assert outcomes(tmp_path / "part") == outcomes(tmp_path / "whole")
    sent = len(endpoint.calls) - before
    started_anew = 2  # at most: the first steps of scenarios that were under way
    assert whole - len(kept) <= sent <= whole - len(kept) + 1 + started_anew
    exchanges = [record for record in records(tmp_path / "part") if record["kind"] == "exchange"]
    assert len(exchanges) == len(kept) + sent
    loaded = json.loads((tmp_path / "part" / "results.json").read_text(encoding="utf-8"))
    assert loaded["requests"] == len(exchanges)

    at_rest = len(endpoint.calls)
    code, told = run("run", "--resume", "part", cwd=tmp_path)
    assert (code, len(endpoint.calls)) == (0, at_rest), told
    assert outcomes(tmp_path / "part") == outcomes(tmp_path / "whole")


def test_a_folder_that_a_run_writes_to_is_refused_to_others(serve: Any, tmp_path: Path) -> None:
    reached, end = threading.Event(), threading.Event()

    def hold(number: int) -> None:
        reached.set()
        end.wait(PATIENCE_S)

    endpoint = serve(before=hold)
    process = forked("run", *target(endpoint.url), *AREA, "--out", "out", cwd=tmp_path, environment=ENVIRONMENT)
    assert reached.wait(PATIENCE_S)
    before = (tmp_path / "out" / "journal.ndjson").read_bytes()
    for more in (("--resume", "out"), ("--out", "out", *target(endpoint.url))):
        code, told = run("run", *more, cwd=tmp_path)
        assert code == 4, told
        assert f"out is in use by process {process.pid}. Wait until it has ended, or choose another folder." in told
    assert (tmp_path / "out" / "journal.ndjson").read_bytes() == before
    end.set()
    process.kill()
    assert run("run", "--resume", "out", cwd=tmp_path)[0] == 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run against the embedded reference endpoint, of two cases."""
    folder = tmp_path_factory.mktemp("finished")
    code, told = run("run", "--case", "response-has-id", "--out", "out", cwd=folder)
    assert code == 0, told
    return folder / "out"


@pytest.fixture
def left(finished: Path, tmp_path: Path) -> Path:
    """The same run as its journal only."""
    (tmp_path / "out").mkdir()
    shutil.copy(finished / "journal.ndjson", tmp_path / "out")
    return tmp_path / "out"


def test_a_torn_last_line_is_dropped_with_a_message_and_sent_again(left: Path) -> None:
    journal = left / "journal.ndjson"
    lines = journal.read_bytes().splitlines(keepends=True)
    exchanges = [number for number, line in enumerate(lines) if b'"kind":"exchange"' in line]
    journal.write_bytes(b"".join(lines[: exchanges[-1]]) + lines[exchanges[-1]][:50])
    code, told = run("run", "--resume", "out", cwd=left.parent)
    assert code == 0, told
    assert f"line {exchanges[-1] + 1} of the journal was cut off in the middle and is dropped" in told
    assert all(record["kind"] for record in records(left))
    assert set(outcomes(left).values()) == {"pass"}


def test_the_preflight_is_reused_after_one_request(left: Path) -> None:
    journal = left / "journal.ndjson"
    lines = journal.read_bytes().splitlines(keepends=True)
    exchanges = [number for number, line in enumerate(lines) if b'"kind":"exchange"' in line]
    journal.write_bytes(b"".join(lines[: exchanges[-1]]))
    assert run("run", "--resume", "out", cwd=left.parent)[0] == 0
    new = [record for record in records(left)[exchanges[-1] :] if record["kind"] == "exchange"]
    assert new[0]["scenario"] == "preflight"
    assert len(new) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "reference-1-thinking"), "model"),
        (("--api-version", "2026-10-21"), "API version"),
        (("--url", "http://127.0.0.1:9", "--model", "reference-1"), "base URL"),
    ],
)
def test_another_target_does_not_continue_a_run(left: Path, arguments: tuple[str, ...], words: str) -> None:
    before = (left / "journal.ndjson").read_bytes()
    code, told = run("run", "--resume", "out", *arguments, cwd=left.parent)
    assert code == 4, told
    assert f"Cannot resume the run: its {words} was " in told
    assert "Traceback" not in told
    assert (left / "journal.ndjson").read_bytes() == before


@pytest.mark.parametrize(("place", "words"), [("suite", "version"), ("catalogue", "catalogue")])
def test_another_version_or_catalogue_does_not_continue_a_run(left: Path, place: str, words: str) -> None:
    journal = left / "journal.ndjson"
    header, _, rest = journal.read_text(encoding="utf-8").partition("\n")
    journal.write_text(json.dumps(json.loads(header) | {place: "0.0.1"}) + "\n" + rest, encoding="utf-8")
    code, told = run("run", "--resume", "out", cwd=left.parent)
    assert code == 4, told
    assert f"Cannot resume the run: its {words} was '0.0.1'" in told


def test_there_has_to_be_a_run_to_continue(tmp_path: Path) -> None:
    code, told = run("run", "--resume", "nothing", cwd=tmp_path)
    assert code == 4, told
    assert "There is no run to resume in" in told
    assert not (tmp_path / "nothing").exists()
