"""Consoles: no UTF-8, nobody who reads, a full disk, no terminal, nothing at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.commands import list as lists
from support.command import PATIENCE_S, command, plain_environment

COMMAND = (sys.executable, "-m", "conformance.cli")


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a line of shell in which $COMMAND is the command."""
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=cwd,
        env=plain_environment({"COMMAND": " ".join(COMMAND), **environment}),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


def exit_code_of(line: str, cwd: Path, **environment: str) -> tuple[int, str]:
    """The exit code of the command in a line, which writes it to `code`; and what the line wrote to standard error."""
    done = shell(line, cwd, **environment)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert "Traceback" not in text, text
    assert "Exception ignored" not in text, text
    return int((cwd / "code").read_text()), done.stderr.decode("utf-8", "replace")


READERS = {
    "leaves at once": "| true",
    "leaves after a byte": "| head -c 1",
    "output closed": ">&-",
    "errors closed": "2>&-",
    "all closed": "<&- >&- 2>&-",
    "errors full": "2>/dev/full",
}
RUN = "run --case response-has-id --out out"


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(("command", "expected"), [("list --json", 0), ("explain no-such-thing", 4)])
def test_who_reads_the_output_does_not_change_the_exit_code(
    tmp_path: Path, command: str, expected: int, reader: str
) -> None:
    code, _ = exit_code_of(f"( $COMMAND {command}; echo $? >code ) {reader}", tmp_path)
    assert code == expected


@pytest.mark.parametrize("reader", ["| true", "<&- >&- 2>&-"])
def test_a_run_that_nobody_watches_writes_its_files(tmp_path: Path, reader: str) -> None:
    code, _ = exit_code_of(f"( $COMMAND {RUN}; echo $? >code ) {reader}", tmp_path)
    assert code == 0
    assert json.loads((tmp_path / "out" / "results.json").read_text())["exit_code"] == 0
    lines = (tmp_path / "out" / "journal.ndjson").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines][-1] == "end"


@pytest.mark.parametrize("command", ["list --json", RUN])
def test_output_that_a_full_disk_swallows_is_an_error_of_ours(tmp_path: Path, command: str) -> None:
    code, errors = exit_code_of(f"$COMMAND {command} >/dev/full; echo $? >code", tmp_path)
    assert code == 3
    assert errors == "messages-conformance: the output cannot be written: No space left on device.\n"
    for results in tmp_path.rglob("results.json"):
        assert json.loads(results.read_text())["exit_code"] == 3


CONSOLES: Sequence[tuple[dict[str, str], str]] = [
    ({"PYTHONIOENCODING": "ascii"}, "你好-🙂-Über"),  # click takes ASCII for a setting that is missing
    ({"PYTHONIOENCODING": "latin-1:strict"}, "\\u4f60\\u597d-\\U0001f642-\ufffdber"),
    ({"PYTHONIOENCODING": "cp1252"}, "\\u4f60\\u597d-\\U0001f642-\ufffdber"),
    ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "\\udce4\\udcbd\\udca0"),
    ({"LC_ALL": "POSIX", "PYTHONUNBUFFERED": "1", "TERM": "dumb"}, "你好-🙂-Über"),
    ({"LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}, "你好-🙂-Über"),
]
"""Consoles, and what each shows of some letters. Its bytes are read as UTF-8, in which the Latin-1 of a letter is not
legal.
"""


@pytest.mark.parametrize(
    ("console", "shown"),
    CONSOLES,
    ids=[" ".join(f"{name}={value}" for name, value in console.items()) for console, _ in CONSOLES],
)
def test_a_console_that_lacks_letters_shows_an_escape_in_their_place(
    tmp_path: Path, console: dict[str, str], shown: str
) -> None:
    code, errors = exit_code_of("$COMMAND explain 你好-🙂-Über; echo $? >code", tmp_path, **console)
    assert code == 4
    assert shown in errors
    code, errors = exit_code_of(f"$COMMAND {RUN} -- -v; echo $? >code", tmp_path, **console)
    assert (code, errors) == (0, "")


REMOVER = """
import shutil
from pathlib import Path

def pytest_runtest_logreport(report):
    shutil.rmtree(Path.cwd(), ignore_errors=True) if Path("gone.here").exists() else None
"""


def test_a_folder_that_goes_during_a_run_ends_it_with_one_sentence_and_the_journal(tmp_path: Path) -> None:
    (tmp_path / "remover.py").write_text(REMOVER)
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "gone.here").touch()
    line = f"cd gone; $COMMAND run --case response-has-id --out {tmp_path}/out -- -p remover; echo $? >{tmp_path}/code"
    code, errors = exit_code_of(line, tmp_path, PYTHONPATH=str(tmp_path))
    assert code == 3
    assert "What was recorded is kept in its journal" in errors
    done = shell("$COMMAND run --resume out", tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_bug_in_a_folder_that_is_gone_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**_: object) -> str:
        (tmp_path / "gone").rmdir()
        raise RuntimeError("boom")

    (tmp_path / "gone").mkdir()
    monkeypatch.setattr(lists, "text", crash)
    done = command("list", cwd=tmp_path / "gone")
    assert done.returncode == 3
    assert done.text.count("\n") == 1


def test_a_folder_that_is_gone_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    line = f"cd gone; rmdir ../gone; $COMMAND run; echo $? >{tmp_path}/code"
    code, errors = exit_code_of(line, tmp_path, PYTHONPATH=str(Path.cwd()))
    assert code == 4
    assert errors == "messages-conformance: The current folder no longer exists. Change to another one.\n"
