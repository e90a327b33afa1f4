"""The exit codes of DESIGN.md, section 6, end to end: from the command, and the same from pytest."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from conformance.reference.server import LocalServer

Run = Callable[..., subprocess.CompletedProcess[str]]

KEY = "sk-test-0123456789abcdef"

OURS = ("MESSAGES_", "ANTHROPIC_", "PYTEST")


@pytest.fixture(params=["command", "pytest"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs the catalogue with options of a run, in one of the two ways, in an empty folder.

    The results file that a run writes names the exit code of the process.
    """

    def start(*options: str, key: str = "") -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        if request.param == "command":
            arguments = ["-m", "conformance.cli", "run", *options]
        else:
            given = [option.replace("--", "--messages-", 1) for option in options]
            arguments = ["-m", "pytest", "--pyargs", "conformance", *given]
        before = set(tmp_path.rglob("results.json"))
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment | ({"ANTHROPIC_API_KEY": key} if key else {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for path in {*tmp_path.rglob("results.json")} - before:
            assert json.loads(path.read_text(encoding="utf-8"))["exit_code"] == done.returncode
        return done

    return start


@pytest.fixture(scope="module")
def worst() -> ModuleType:
    """The module `tests/worst.py`, by path because the test folders are no packages."""
    spec = importlib.util.spec_from_file_location("worst", Path(__file__).parents[1] / "worst.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def canned(worst: ModuleType) -> Iterator[tuple[str, ...]]:
    """The options that point a run to a server with one answer for everybody, whatever the key."""
    with worst.serving(worst.Canned) as url:
        yield (f"--url={url}", "--model=some-model")


def told(done: subprocess.CompletedProcess[str]) -> str:
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    return text


def test_0_the_gate_holds(run: Run) -> None:
    done = run("--case=response-has-id")
    assert done.returncode == 0, told(done)


def test_0_deviations_that_are_known_do_not_gate(run: Run, canned: tuple[str, ...], tmp_path: Path) -> None:
    case = "transport-no-credential-refused"
    (tmp_path / "known.yaml").write_text(f"- {{case: {case}, reason: open demo, expires: 2999-12-31}}\n", "utf-8")
    done = run(*canned, f"--case={case}", "--baseline=known.yaml", key=KEY)
    assert done.returncode == 0, told(done)
    assert "open demo" in told(done)


def test_1_a_gating_clause_is_violated(run: Run, canned: tuple[str, ...]) -> None:
    done = run(*canned, "--case=transport-no-credential-refused", key=KEY)
    assert done.returncode == 1, told(done)
    assert "violates the gate" in told(done)


def test_1_leniency_gates_where_strictness_was_asked_for(run: Run, canned: tuple[str, ...]) -> None:
    case = "--case=request-messages-empty"
    assert run(*canned, case, key=KEY).returncode == 0
    done = run(*canned, case, "--strict", "--out=strict", key=KEY)
    assert done.returncode == 1, told(done)


def test_1_an_entry_of_the_baseline_passes_now(run: Run, tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text("- {case: response-has-id, reason: r, expires: 2999-12-31}\n", "utf-8")
    done = run("--case=response-has-id", "--baseline=known.yaml")
    assert done.returncode == 1, told(done)
    assert "known.yaml:1  response-has-id passes now: remove the entry" in told(done)


def test_1_an_entry_of_the_baseline_has_expired(run: Run, canned: tuple[str, ...], tmp_path: Path) -> None:
    case = "usage-cache-counters-present"
    (tmp_path / "known.yaml").write_text(f"- {{case: {case}, reason: r, expires: 2001-01-01}}\n", "utf-8")
    done = run(*canned, f"--case={case}", "--baseline=known.yaml", key=KEY)
    assert done.returncode == 1, told(done)
    assert f"known.yaml:1  {case} expired on 2001-01-01: repair the endpoint, or write a later date" in told(done)
    assert "an entry of the baseline is stale" in told(done)


def test_2_the_endpoint_cannot_be_reached(run: Run) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = run(f"--url=http://127.0.0.1:{port}", "--model=m", "--case=response-has-id", key=KEY)
    assert done.returncode == 2, told(done)
    assert "cannot be reached" in told(done)


def test_2_the_key_is_refused(run: Run) -> None:
    with LocalServer() as server:
        done = run(f"--url={server.url}", f"--model={server.model}", "--case=response-has-id", key=KEY)
    assert done.returncode == 2, told(done)
    assert "refuses the key in ANTHROPIC_API_KEY with status 401" in told(done)


def test_2_nothing_could_be_decided(run: Run, worst: ModuleType) -> None:
    with worst.serving(worst.Closing) as url:
        done = run(f"--url={url}", "--model=m", "--case=tools-read", key=KEY)
    assert done.returncode == 2, told(done)


def test_3_a_file_of_ours_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out" / "results.json").mkdir(parents=True)
    done = run("--case=response-has-id", "--out=out")
    assert done.returncode == 3, told(done)
    assert "results.json: " in told(done)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gate=may"], "must"),
        (["--case=response-has-idd"], "did you mean 'response-has-id'"),
        (["--baseline=nowhere.yaml"], "There is no baseline nowhere.yaml; --baseline-update writes it"),
        (["--lacks=text"], "text is core, and no target is exempt from it"),
    ],
)
def test_4_usage(run: Run, tmp_path: Path, options: list[str], words: str) -> None:
    done = run(*options)
    assert done.returncode == 4, told(done)
    assert words in told(done)
    assert not (tmp_path / "reports").exists()
