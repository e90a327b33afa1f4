"""The exit codes of DESIGN.md, section 6, end to end: from the command, and the same from pytest."""

from __future__ import annotations

import json
import socket
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from conformance.engine import run as engine_run
from conformance.model import Case, Judgement
from conformance.reference.server import LocalServer
from support import worst
from support.command import Done, command, spawned
from support.project import QUICK, Project
from support.servers import serving

Run = Callable[..., Done]

KEY = "sk-test-0123456789abcdef"

DECLARED = "--declare=authentication"
"""On loopback nobody assumes that a key is asked for."""

TWO = ("--case=response-has-id", "--case=messages-content-text-block", "--mode=json")
"""Two results, of which the first request decides one."""


def names_the_exit_code(folder: Path, done: Done) -> None:
    """Holds that the process, the results and every report say the same."""
    code = done.returncode
    assert json.loads((folder / "results.json").read_text(encoding="utf-8"))["exit_code"] == code
    suite = ET.fromstring((folder / "junit.xml").read_bytes())
    assert [each.get("value") for each in suite.iter("property") if each.get("name") == "exit_code"] == [str(code)]
    assert f"Exit code {code}." in (folder / "report.html").read_text(encoding="utf-8")
    assert f"Exit code {code}, " in (folder / "summary.md").read_text(encoding="utf-8")
    assert f"exit    {code}, " in done.text


@pytest.fixture(params=["command", "pytest"])
def run(request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the catalogue with options of a run, in one of the two ways, in an empty folder.

    Every file that a run writes names the exit code, and so does the terminal.
    """

    def start(*options: str, key: str = "") -> Done:
        before = set(project.folder.rglob("results.json"))
        done = call(*options, key=key)
        for path in {*project.folder.rglob("results.json")} - before:
            names_the_exit_code(path.parent, done)
        return done

    def call(*options: str, key: str) -> Done:
        environment = {"ANTHROPIC_API_KEY": key} if key else {}
        if request.param == "command":
            return command("run", *options, cwd=project.folder, environment=environment)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        given = [option.replace("--", "--messages-", 1) for option in options]
        done = project.pytester.runpytest(*QUICK, "--pyargs", "conformance", *given)
        return Done(int(done.ret), done.stdout.str(), done.stderr.str())

    return start


@pytest.fixture
def folder(project: Project) -> Path:
    """The folder of the run."""
    return project.folder


@pytest.fixture(scope="module")
def canned(canned_url: str) -> tuple[str, ...]:
    """The options that point a run to the server with one answer for everybody."""
    return (f"--url={canned_url}", "--model=some-model")


def test_0_the_gate_holds(run: Run) -> None:
    done = run("--case=response-has-id")
    assert done.returncode == 0, done.text


def test_0_deviations_that_are_known_do_not_gate(run: Run, canned: tuple[str, ...], folder: Path) -> None:
    case = "transport-no-credential-refused"
    (folder / "known.yaml").write_text(f"- {{case: {case}, reason: open demo, expires: 2999-12-31}}\n", "utf-8")
    known = (*canned, DECLARED, f"--case={case}", "--baseline=known.yaml")
    done = run(*known, "--case=response-has-id", "--mode=json", key=KEY)
    assert done.returncode == 0, done.text
    assert "open demo" in done.text
    everything = run(*known, key=KEY)
    assert everything.returncode == 2, everything.text
    assert "only 0 of 1 gating results pass, the baseline excuses 1" in everything.text


def test_1_a_gating_clause_is_violated(run: Run, canned: tuple[str, ...]) -> None:
    done = run(*canned, DECLARED, "--case=transport-no-credential-refused", key=KEY)
    assert done.returncode == 1, done.text
    assert "violates the gate" in done.text


def test_1_leniency_gates_where_strictness_was_asked_for(run: Run, canned: tuple[str, ...]) -> None:
    cases = ("--case=request-messages-empty", "--case=response-has-id", "--mode=json")
    assert run(*canned, *cases, key=KEY).returncode == 0
    done = run(*canned, *cases, "--strict", "--out=strict", key=KEY)
    assert done.returncode == 1, done.text


def test_1_an_entry_of_the_baseline_passes_now(run: Run, folder: Path) -> None:
    (folder / "known.yaml").write_text("- {case: response-has-id, reason: r, expires: 2999-12-31}\n", "utf-8")
    done = run("--case=response-has-id", "--baseline=known.yaml")
    assert done.returncode == 1, done.text
    assert "known.yaml:1  response-has-id passes now: remove the entry" in done.text


def test_1_an_entry_of_the_baseline_has_expired(run: Run, canned: tuple[str, ...], folder: Path) -> None:
    case = "usage-cache-counters-present"
    (folder / "known.yaml").write_text(f"- {{case: {case}, reason: r, expires: 2001-01-01}}\n", "utf-8")
    done = run(*canned, f"--case={case}", "--baseline=known.yaml", key=KEY)
    assert done.returncode == 1, done.text
    assert f"known.yaml:1  {case} expired on 2001-01-01: repair the endpoint, or write a later date" in done.text
    assert "an entry of the baseline is stale" in done.text


def test_2_the_endpoint_cannot_be_reached(run: Run) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = run(f"--url=http://127.0.0.1:{port}", "--model=m", "--case=response-has-id", key=KEY)
    assert done.returncode == 2, done.text
    assert "cannot be reached" in done.text


def test_2_the_key_is_refused(run: Run, reference: LocalServer) -> None:
    done = run(f"--url={reference.url}", f"--model={reference.model}", "--case=response-has-id", key=KEY)
    assert done.returncode == 2, done.text
    assert "refuses the key in ANTHROPIC_API_KEY with status 401" in done.text


def test_2_nothing_could_be_decided(run: Run) -> None:
    with serving(worst.Closing) as url:
        done = run(f"--url={url}", "--model=m", "--case=tools-read", key=KEY)
    assert done.returncode == 2, done.text


class OneAnswer(worst.Canned):
    """Answers the first request and closes every connection afterwards."""

    alive: ClassVar[list[bool]] = [True]

    def answer(self) -> None:
        if self.alive:
            self.alive.pop()
            super().answer()
        else:
            worst.Closing.answer(self)  # type: ignore[arg-type]


def test_2_the_endpoint_answers_once_and_dies(run: Run) -> None:
    OneAnswer.alive[:] = [True]
    with serving(OneAnswer) as url:
        done = run(f"--url={url}", "--model=m", *TWO, key=KEY)
    assert done.returncode == 2, done.text
    assert "only 1 of 2 gating results could be decided, a green needs 90 % (--min-decided)" in done.text


class NoText(worst.Canned):
    """Closes the connection where the content is a text block, and lives on."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.headers.replace_header("content-length", "0")
        if b'"content":[' in body:
            worst.Closing.answer(self)  # type: ignore[arg-type]
        else:
            super().answer()


@pytest.mark.parametrize(("percent", "code"), [(50, 0), (51, 2)])
def test_as_little_as_was_asked_for_is_enough(run: Run, percent: int, code: int) -> None:
    with serving(NoText) as url:
        done = run(f"--url={url}", "--model=m", *TWO, f"--min-decided={percent}", key=KEY)
    assert done.returncode == code, done.text


def test_2_without_a_key_cases_on_credentials_do_not_apply(run: Run, canned: tuple[str, ...]) -> None:
    done = run(*canned, "--case=transport-no-credential-refused", "--case=response-has-id", "--mode=json")
    assert done.returncode == 0, done.text
    assert "no key (ANTHROPIC_API_KEY is not set or empty)" in done.text
    done = run(*canned, "--case=transport-no-credential-refused", "--out=alone")
    assert done.returncode == 2, done.text


def test_4_a_key_is_needed_to_test_that_one_is_asked_for(run: Run, canned: tuple[str, ...]) -> None:
    done = run(*canned, DECLARED, "--case=response-has-id")
    assert done.returncode == 4, done.text
    assert "--declare authentication needs a key: ANTHROPIC_API_KEY is not set" in done.text


def test_2_nothing_that_gates_was_judged(run: Run, canned: tuple[str, ...]) -> None:
    done = run(*canned, "--case=request-messages-empty", key=KEY)
    assert done.returncode == 2, done.text
    assert "no result that can violate the gate was decided" in done.text


def test_3_a_file_of_ours_cannot_be_written(run: Run, folder: Path) -> None:
    (folder / "out" / "results.json").mkdir(parents=True)
    done = run("--case=response-has-id", "--out=out")
    assert done.returncode == 3, done.text
    assert "results.json cannot be written: Is a directory. No report was written" in done.text


def test_3_an_error_of_ours_beside_results(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = engine_run.judge_in_attempts

    def judge(case: Case, *more: Any) -> Judgement:
        if case.id == "tools-read":
            raise ZeroDivisionError
        return judged(case, *more)

    monkeypatch.setattr(engine_run, "judge_in_attempts", judge)
    done = run("--case=response-has-id", "--case=tools-read", "--mode=json")
    assert done.returncode == 3, done.text
    assert "exit    3, " in done.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gate=may"], "must"),
        (["--min-decided=101"], "100"),
        (["--case=response-has-idd"], "Did you mean 'response-has-id'"),
        (["--baseline=nowhere.yaml"], "There is no baseline nowhere.yaml; --baseline-update writes it"),
        (["--lacks=text"], "text is core, and no target is exempt from it"),
    ],
)
def test_4_usage(run: Run, folder: Path, options: list[str], words: str) -> None:
    done = run(*options)
    assert done.returncode == 4, done.text
    assert words in done.text
    assert not (folder / "reports").exists()


@pytest.mark.parametrize(
    ("code", "options"),
    [
        (0, ["--case=response-has-id"]),
        (1, ["--case=response-has-id", "--baseline=stale.yaml"]),
        (2, ["--case=response-has-id", "--url=http://127.0.0.1:9", "--model=m"]),
        (3, ["--case=response-has-id", "--out=taken"]),
        (4, ["--case=response-has-idd"]),
        (4, ["--case=response-has-id", "--baseline=nowhere.yaml", "--", "-n", "1"]),
    ],
)
def test_the_shell_sees_the_exit_code(tmp_path: Path, code: int, options: list[str]) -> None:
    """All other tests here run in this process; a process of its own ends in the same way."""
    (tmp_path / "stale.yaml").write_text("- {case: response-has-id, reason: r, expires: 2999-12-31}\n", "utf-8")
    (tmp_path / "taken" / "results.json").mkdir(parents=True)
    done = spawned("run", *options, cwd=tmp_path, environment={"ANTHROPIC_API_KEY": KEY})
    assert done.returncode == code, done.text
