"""What nobody foresaw ends with exit code 3, one sentence and a redacted crash file, never as a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import command
from support.project import Project, chosen

KEY = "sk-crash-0123456789abcdef"

PLUGIN = """
import importlib

def crash(*_arguments, **_options):
    raise ZeroDivisionError("{key} and AKIA0123456789ABCDEF")

class Other:
    def pytest_runtest_logfinish(self):
        crash()

def pytest_collection(session):  # once everything is loaded
    *path, name = "{place}".split(":")
    holder = importlib.import_module(path[0])
    for part in path[1:]:
        holder = getattr(holder, part)
    before = getattr(holder, name)
    session.config.add_cleanup(lambda: setattr(holder, name, before))
    {patch}
"""
IN_ALL = "setattr(holder, name, crash)"
IN_WORKERS = 'hasattr(session.config, "workerinput") and setattr(holder, name, crash)'

PLACES = {
    "reading options": "conformance.plugin.session:read_all_settings",
    "loading the catalogue": "conformance.engine.run:load_library",
    "checking options": "conformance.plugin.session:check_declared",
    "planning": "conformance.engine.run:build_plan",
    "sending": "conformance.wire.client:Client:send",
    "recording": "conformance.wire.journal:Journal:append",
    "judging": "conformance.engine.run:judge_in_attempts",
    "showing a failure": "conformance.plugin.items:block",
    "ending the run": "conformance.engine.loop:Engine:stop",
    "reading the journal back": "conformance.plugin.session:read",
    "building results": "conformance.plugin.session:build_run",
    "showing the verdict": "conformance.report.terminal:render",
    "writing reports": "conformance.plugin.session:write",
}
"""Where an exception is raised that nobody foresaw."""

OWN = "- id: own-case\n  title: Our own claim\n  on: [text]\n  expect:\n    - status: 200\n"

DECLARED = "--messages-declare=authentication"

FAILING = ("transport-no-credential-refused", "response-has-id")


@pytest.fixture
def crashing(project: Project, canned, monkeypatch: pytest.MonkeyPatch):
    """Runs two cases, of which one violates the gate, while something crashes; with options: a case of a user."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def run(place: str, *options: str, patch: str = IN_ALL) -> tuple[int, str]:
        project.write("conftest.py" if options else "crashing.py", PLUGIN.format(key=KEY, place=place, patch=patch))
        project.write("own.messages.yaml", OWN)
        project.pytester.syspathinsert()
        if options:
            result = project.run("own.messages.yaml", *canned, *options)
        else:
            result = project.catalogue("-p", "crashing", DECLARED, *canned, *chosen(*FAILING))
        return int(result.ret), result.stdout.str() + result.stderr.str()

    return run


def crash_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("crash-*.txt"))


def holds(project: Project, code: int, text: str) -> None:
    assert code == 3, text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    assert "an error that nobody foresaw (ZeroDivisionError in " in text
    (file, *_) = crash_files(project.folder)
    assert str(file) in text
    written = file.read_text(encoding="utf-8")
    assert "Traceback" in written
    assert "ZeroDivisionError" in written
    assert KEY not in written + text
    assert "AKIA0123456789ABCDEF" not in written + text
    results = project.folder / "out" / "results.json"
    if results.exists():
        assert json.loads(results.read_text(encoding="utf-8"))["exit_code"] == code


@pytest.mark.parametrize("place", PLACES)
def test_an_exception_anywhere_ends_with_3(project: Project, crashing, place: str) -> None:
    holds(project, *crashing(PLACES[place]))


@pytest.mark.slow
@pytest.mark.parametrize("place", ["judging", "sending", "ending the run"])
def test_an_exception_in_a_worker_ends_with_3(project: Project, crashing, place: str) -> None:
    holds(project, *crashing(PLACES[place], "-n", "1", patch=IN_WORKERS))


@pytest.mark.slow
def test_a_worker_that_dies_ends_with_3(project: Project, crashing) -> None:
    dies = 'import os; hasattr(session.config, "workerinput") and setattr(holder, name, lambda *_a: os._exit(9))'
    code, text = crashing(PLACES["judging"], "-n", "1", patch=dies)
    assert code == 3, text
    assert "was not judged" in text


def test_an_exception_in_the_hook_of_another_plugin_ends_with_3(project: Project, crashing) -> None:
    holds(project, *crashing("conformance.engine:run", patch="session.config.pluginmanager.register(Other())"))


@pytest.mark.parametrize("tail", [("judge", "x.ndjson"), ("list",), ("plan",)])
def test_an_exception_in_a_command_ends_with_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail) -> None:
    name, attribute = {"judge": ("judge", "run"), "list": ("list", "text"), "plan": ("plan", "text")}[tail[0]]
    module = __import__(f"conformance.commands.{name}", fromlist=[name])

    def crash(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError(f"{KEY} and AKIA0123456789ABCDEF")

    monkeypatch.setattr(module, attribute, crash)
    done = command(*tail, cwd=tmp_path, environment={"ANTHROPIC_API_KEY": KEY})
    assert done.returncode == 3
    assert done.text.count("\n") == 1
    assert "messages-conformance: an error that nobody foresaw (ZeroDivisionError in test_crash.py, line " in done.text
    (file,) = crash_files(tmp_path)
    assert file.name in done.text
    assert not any(key in file.read_text() + done.text for key in (KEY, "AKIA0123456789ABCDEF"))
