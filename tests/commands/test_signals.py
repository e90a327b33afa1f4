"""SIGTERM ends a run as Ctrl-C does: what was judged is written, whenever it comes and however often."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.commands import list as lists
from support.command import PATIENCE_S, Done, command, spawned
from support.endpoint import KEY, KEY_NAME, Endpoint
from support.forked import forked

RUN = ("run", "--area", "response", "--area", "stop", "--out", "out")

SENDER = """
import os, signal
import pytest

NUMBER = getattr(signal, os.environ["SENT"])
TIMES = int(os.environ["TIMES"])

def send(config, moment):
    if os.environ["MOMENT"] == moment and not hasattr(config, "workerinput"):
        for _ in range(TIMES):
            os.kill(os.getpid(), NUMBER)

def pytest_collection(session):
    send(session.config, "collection")

class Counting:
    def __init__(self, config):
        self.config, self.seen = config, 0

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        self.seen += report.when == "call"
        if self.seen == 5:
            self.seen += 1
            send(self.config, "middle")

def pytest_configure(config):
    config.pluginmanager.register(Counting(config))

def pytest_sessionfinish(session):
    send(session.config, "end")
"""


def interrupted(folder: Path, moment: str, number: str, times: int = 1, *more: str) -> Done:
    """A run that gets signals at a moment: `collection`, `middle` (after five results) or `end`."""
    (folder / "sender.py").write_text(SENDER)
    environment = {"PYTHONPATH": str(folder), "MOMENT": moment, "SENT": number, "TIMES": str(times)}
    return spawned(*RUN, "--", "-p", "sender", *more, cwd=folder, environment=environment)


def results_of(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / "out" / "results.json").read_text())
    return loaded


@pytest.mark.parametrize(
    ("number", "times", "more"),
    [("SIGINT", 1, ()), ("SIGTERM", 1, ()), ("SIGTERM", 3, ()), ("SIGTERM", 2, ("-n", "1"))],
)
def test_a_signal_in_the_middle_writes_what_was_judged(
    tmp_path: Path, number: str, times: int, more: tuple[str, ...]
) -> None:
    done = interrupted(tmp_path, "middle", number, times, *more)
    assert done.returncode == 2, done.text
    results = results_of(tmp_path)
    assert results["exit_code"] == 2
    cases = results["cases"]
    assert isinstance(cases, list)
    assert len(cases) >= 5
    assert f"{len(cases)} of " in str(results["incomplete_reason"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "badge.json", "journal.ndjson", "junit.xml", "report.html", "results.json", "summary.md",
    }  # fmt: skip
    resumed = spawned("run", "--resume", "out", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_an_endpoint_is_silent_ends_the_run(
    serve: Callable[..., Endpoint], tmp_path: Path, number: int
) -> None:
    reached, end = threading.Event(), threading.Event()

    def hold(call: int) -> None:
        if call > 3:
            reached.set()
            end.wait(PATIENCE_S)

    endpoint = serve(before=hold)
    options = ("--url", endpoint.url, "--model", "reference-1", "--api-key-env", KEY_NAME)
    process = forked(*RUN, *options, cwd=tmp_path, environment={KEY_NAME: KEY})
    assert reached.wait(PATIENCE_S)
    os.kill(process.pid, number)
    done = process.finish()
    end.set()
    assert done.returncode == 2, done.text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["journal.ndjson"]
    lines = (tmp_path / "out" / "journal.ndjson").read_text().splitlines()
    assert "end" not in {json.loads(line)["kind"] for line in lines}


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_while_cases_are_collected_ends_with_2(tmp_path: Path, number: str) -> None:
    done = interrupted(tmp_path, "collection", number)
    assert done.returncode == 2, done.text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_while_files_are_written_changes_nothing(tmp_path: Path, number: str) -> None:
    done = interrupted(tmp_path, "end", number, 3)
    assert done.returncode == 0, done.text
    assert results_of(tmp_path)["exit_code"] == 0


def test_any_other_command_says_that_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "text", lambda **_: signal.raise_signal(signal.SIGTERM))
    done = command("list", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "\nmessages-conformance: interrupted\n")
