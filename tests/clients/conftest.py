"""Programs that others wrote, installed into `build/clients` and run against the reference endpoint.

What they are, how they are driven and what they have to print is in `tests/data/clients`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from support.command import plain_environment
from support.installs import BUILD, install, npm, virtual_environment
from support.real_clients import Program, programs, record

HERE = Path(__file__).resolve().parent
CACHE = BUILD / "clients"
RUN_S = 7200.0
"""After so long something hangs."""

KEY = "sk-of-nobody-0123456789"
"""Any key does."""


@cache
def chosen() -> tuple[Program, ...]:
    """The programs that the environment variable CLIENTS names, or all.

    Raises pytest.UsageError for another name.
    """
    known = programs()
    names = set(os.environ.get("CLIENTS", "").replace(",", " ").split())
    if strange := names - {program.name for program in known}:
        every = ", ".join(sorted({program.name for program in known}))
        raise pytest.UsageError(f"CLIENTS: unknown program {min(strange)!r}; known are {every}")
    return tuple(program for program in known if not names or program.name in names)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests with the argument `program` run for each that was chosen, one program after the other."""
    if "program" in metafunc.fixturenames:
        metafunc.parametrize("program", chosen(), ids=str, scope="session")


@cache
def namespace() -> tuple[str, ...]:
    """The command in front of what is to reach loopback only; empty where the machine does not allow it."""
    for command in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        ):
            return command
    return ()


def pytest_report_header() -> str:
    """Says where the programs run."""
    if namespace():
        return "programs run in a network namespace with loopback only"
    return "no network namespace is allowed here: programs get proxies at a closed port instead"


@dataclass(frozen=True)
class Outcome:
    """What happened with a program: its scenarios directly and through the proxy, and what the proxy wrote."""

    program: Program
    folder: Path

    @cached_property
    def happened(self) -> dict[str, list[dict[str, Any]]]:
        """What each scenario printed, by way."""
        loaded: dict[str, list[dict[str, Any]]] = json.loads((self.folder / "outcome.json").read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def results(self) -> dict[str, Any]:
        """The results of the proxy."""
        loaded: dict[str, Any] = json.loads((self.folder / "proxy" / "results.json").read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def said(self) -> str:
        """What the proxy printed."""
        return (self.folder / "proxy.log").read_text(encoding="utf-8")

    @cached_property
    def requests(self) -> list[tuple[str, int]]:
        """The requests that passed the proxy: when each began, and the bytes of its body."""
        lines = (self.folder / "proxy" / "journal.ndjson").read_text(encoding="utf-8").splitlines()
        records = [record for record in map(json.loads, lines) if record.get("request")]
        return [(record["started"], len((record["request"].get("body") or "").encode())) for record in records]

    def of(self, scenario: dict[str, Any]) -> list[int]:
        """The sizes of the requests that belong to a scenario that ran through the proxy."""
        began, ended = (scenario[key][:23] for key in ("began", "ended"))
        return [size for started, size in self.requests if began <= started[:23] <= ended]

    def missing(self, way: str) -> list[str]:
        """What the scenarios did not print, and how they ended where that is not as expected."""
        wrong = []
        for scenario, done in zip(self.program.scenarios, self.happened[way], strict=True):
            printed = "\n".join(step["printed"] for step in done["steps"])
            errors = "\n".join(step["errors"] for step in done["steps"])
            lacks = [text for text in scenario["prints"] if text not in printed]
            ends = [step["exit"] for step in done["steps"]]
            if lacks or any(ends[:-1]) or ends[-1] != scenario.get("exit", 0):
                wrong.append(f"{scenario['id']} lacks {lacks}, exits {ends}:\n{printed[-3000:]}\n{errors[-3000:]}")
        return wrong

    @property
    def deviating(self) -> dict[str, list[str]]:
        """What was seen in place of what was expected, by case: nothing, where the endpoint is right."""
        return {
            item["id"]: [found["actual"] for found in item["findings"]]
            for item in self.results["cases"]
            if item["outcome"] in ("fail", "ignored")
        }


@pytest.fixture(scope="session")
def outcome_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Program], Outcome]:
    """Installs and runs a program, once in a session."""

    @cache
    def run(program: Program) -> Outcome:
        if program.npm and shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        installed = CACHE / program.name / program.version
        commands = virtual_environment(installed, *program.python) if program.python else []
        install(installed, [*commands, *([npm(*program.npm)] if program.npm else [])])
        shutil.copytree(HERE / "programs", installed / "programs", dirs_exist_ok=True)
        folder = tmp_path_factory.mktemp(program.name)
        path = os.pathsep.join([str(installed / "bin"), str(installed / "node_modules" / ".bin"), os.environ["PATH"]])
        plan = {
            "isolated": bool(namespace()),
            "models": program.models,
            "scenarios": program.scenarios,
            "programs": str(installed / "programs"),
            "values": {"key": KEY, "model": program.models[0], "programs": str(installed / "programs")},
            "environment": {"PATH": path, "LANG": "C.UTF-8", **program.environment},
        }
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        process = subprocess.Popen(
            [*namespace(), sys.executable, str(HERE / "place.py"), str(folder / "plan.json")],
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            assert process.wait(RUN_S) == 0, (folder / "serve.log").read_text(encoding="utf-8")[-3000:]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return Outcome(program, folder)

    return run


@pytest.fixture
def outcome(program: Program, outcome_of: Callable[[Program], Outcome]) -> Outcome:
    """What happened with the program."""
    return outcome_of(program)


@pytest.fixture(scope="session")
def keep() -> Callable[[Outcome], None]:
    """Writes the figures of a program into the data that docs/clients.md shows, where CLIENTS_RECORD is set."""

    def write(outcome: Outcome) -> None:
        if os.environ.get("CLIENTS_RECORD"):
            sizes = {done["id"]: outcome.of(done) for done in outcome.happened["through"]}
            took = {done["id"]: sum(step["seconds"] for step in done["steps"]) for done in outcome.happened["direct"]}
            record(outcome.program, sizes, took)

    return write
