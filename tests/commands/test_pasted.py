"""Every command that a run prints works when it is pasted into a shell, in the folder where the run was started."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from support.command import Done, command

FAULTS = ("message-stop-missing", "tool-results-dropped", "count-constant", "system-turn-hoisted")
CASES = (
    "--case=stream-ends-with-message-stop", "--case=tools-results-of-*", "--case=counting-longer-is-larger",
)  # fmt: skip
OWN = """
- id: own-status
  title: The endpoint answers with 201
  send: {$base: text, max_tokens: 16}
  expect:
    - status: 201
"""
TARGETS = """
[targets.ours]
url = "{url}"
model = "reference-1"
api-key-env = "OUR_KEY"
header = ["x-team: ${{TEAM}}", "x-note: it's a 'quoted' note"]
"""
TEAM = 'blue "and" $green'

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="the commands are pasted into bash")


@contextmanager
def faulty() -> Iterator[LocalServer]:
    with LocalServer(steps=with_faults(Steps(), faults_named(FAULTS))) as server:
        yield server


def printed(text: str) -> list[str]:
    """The commands in the output of a run."""
    found = re.findall(
        r"^(?:next|      rerun|      curl|       ) +((?:messages-conformance|curl) .*)$", text, re.MULTILINE
    )
    return list(dict.fromkeys(found))


def shell(line: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, check=False
    )


def pasted(line: str, folder: Path, environment: Mapping[str, str]) -> Done:
    """What the command does with the arguments that a shell makes of a line."""
    spoken = f"""function messages-conformance {{ for a in "$@"; do printf '%s\\0' "$a"; done; }}\n{line}"""
    done = shell(spoken, folder, environment)
    assert done.returncode == 0, done.stderr
    arguments = [part.decode() for part in done.stdout.split(b"\0")[:-1]]
    return command(*arguments, cwd=folder, environment=environment)


@pytest.mark.parametrize("way", ["url", "targets file", "own cases"])
def test_all_commands_of_a_run_work_when_pasted(tmp_path: Path, way: str) -> None:
    (tmp_path / "own cases.messages.yaml").write_text(OWN, encoding="utf-8")
    with faulty() as server:
        environment = {"OUR_KEY": server.key, "TEAM": TEAM}
        (tmp_path / "targets.toml").write_text(TARGETS.format(url=server.url), encoding="utf-8")
        url = [server.url, "--model", "reference-1", "--api-key-env", "OUR_KEY", "--name", "our-own"]
        url += ["--header", "x-team: ${TEAM}", "--header", "x-note: it's a 'quoted' note"]
        target = ["--target", "ours"] if way == "targets file" else url
        cases = ["own cases.messages.yaml"] if way == "own cases" else list(CASES)
        done = command("run", *target, *cases, "-v", cwd=tmp_path, environment=environment)
        assert done.returncode == 1, done.text
        commands = printed(done.text)
        assert {line.split()[0] for line in commands} == {"curl", "messages-conformance"}
        assert any("requests/" in line for line in commands) == (way != "own cases")
        assert "      set       export OUR_KEY=... TEAM=... X_NOTE=...\n" in done.text
        for line in commands:
            works(line, tmp_path, environment | {"X_NOTE": "it's a 'quoted' note"})


def works(line: str, folder: Path, environment: Mapping[str, str]) -> None:
    """A request is answered, a run deviates again, and everything else succeeds."""
    if line.startswith("curl "):
        sent = shell(line, folder, environment)
        assert sent.stdout.startswith(b"HTTP/1.1 "), (line, sent)
        assert not sent.stdout.startswith(b"HTTP/1.1 401"), (line, sent)
        return
    done = pasted(line, folder, environment)
    if line.startswith("messages-conformance run "):
        assert done.returncode in (1, 2), (line, done.text)
        assert " deviating" in done.text, (line, done.text)
    else:
        assert done.returncode == 0, (line, done.text)
