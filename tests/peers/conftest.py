"""Servers that others wrote, installed and started on loopback, and the command that runs against them.

Belongs here: installing into `build/peers` of the checkout, starting, waiting until ready, stopping, running the
command and reading its results file. Does not belong here: what is expected of a server (the test modules).
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "build" / "peers"

AIMOCK = "1.43.0"
LITELLM = "1.106.2"
"""The newest version whose requirements the package index could meet when this was written."""

INSTALL_S, START_S, RUN_S, STOP_S = 900.0, 600.0, 900.0, 60.0
"""After so long something hangs. Nothing here is a matter of speed: it passes on a machine that is busy, too."""


@dataclass(frozen=True)
class Endpoint:
    """A server that runs."""

    url: str
    key: str
    model: str
    log: Path


@dataclass(frozen=True)
class Run:
    """One run of the command: how it ended, what it printed, what it wrote."""

    exit_code: int
    printed: str
    folder: Path

    @cached_property
    def results(self) -> dict[str, Any]:
        """The results file."""
        loaded: dict[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return loaded

    def outcomes(self, case: str) -> dict[str, str]:
        """The outcomes of a case by mode."""
        return {item["mode"]: item["outcome"] for item in self.results["cases"] if item["id"] == case}

    def found(self, case: str) -> list[dict[str, Any]]:
        """The results of a case that tell of a deviation."""
        return [item for item in self.results["cases"] if item["id"] == case and item["outcome"] in ("fail", "ignored")]

    def findings(self, case: str) -> list[str]:
        """What was seen in place of what a case expects, whatever its outcome."""
        return [found["actual"] for item in self.results["cases"] if item["id"] == case for found in item["findings"]]

    def gating(self) -> set[str]:
        """Ids of the cases that violate the gate."""
        return {item["id"] for item in self.results["cases"] if item["gates"]}

    def failing(self, **wanted: str) -> set[str]:
        """Ids of the cases with these values, such as `level="must"`, that tell of a deviation and decide."""
        return {
            item["id"]
            for item in self.results["cases"]
            if item["outcome"] in ("fail", "ignored")
            and not item["informational"]
            and all(item[key] == value for key, value in wanted.items())
        }


Suite = Callable[..., Run]


@pytest.fixture(scope="session")
def run_suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Runs the command against an endpoint; further arguments are options.

    On loopback nothing is expected to ask for a key. The peers do.
    """

    def run(endpoint: Endpoint, *options: str) -> Run:
        folder = tmp_path_factory.mktemp("run")
        arguments = ["--url", endpoint.url, "--model", endpoint.model, "--api-key-env", "PEER_KEY", "--out", "out"]
        arguments += ["--declare", "authentication"]
        done = subprocess.run(
            [sys.executable, "-m", "conformance.cli", "run", *arguments, *options],
            cwd=folder,
            env={**plain_environment(), "PEER_KEY": endpoint.key},
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr, folder / "out")

    return run


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """aimock with the fixtures of this folder; it asks for a key."""
    program = install_aimock()
    key, port = f"sk-{secrets.token_hex(16)}", free_port()
    log = tmp_path_factory.mktemp("aimock") / "log"
    fixtures = HERE / "aimock" / "fixtures.json"
    command = ["node", str(program), "-p", str(port), "-h", "127.0.0.1", "-f", str(fixtures), "--validate-on-load"]
    with serving(command, {"AIMOCK_API_KEYS": key}, log, f"http://127.0.0.1:{port}/health"):
        yield Endpoint(f"http://127.0.0.1:{port}", key, "claude-sonnet-4-5", log)


@pytest.fixture(scope="session")
def upstream() -> Iterator[Any]:
    """The OpenAI-compatible server behind the gateways."""
    with load("upstream").Upstream() as server:
        yield server


@pytest.fixture(scope="session")
def litellm(upstream: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The LiteLLM proxy in front of the upstream; it asks for a key."""
    program = install_litellm()
    folder = tmp_path_factory.mktemp("litellm")
    key, port = f"sk-{secrets.token_hex(16)}", free_port()
    parameters = {"model": "hosted_vllm/any", "api_base": upstream.url}
    config = {
        "model_list": [{"model_name": "small", "litellm_params": parameters}],
        # Otherwise one request that breaks the proxy makes it answer all others with 429 for some seconds.
        "router_settings": {"disable_cooldowns": True},
    }
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    command = [str(program), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    environment = {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    ready = f"http://127.0.0.1:{port}/health/liveliness"
    with serving([*command, "--telemetry", "False"], environment, folder / "log", ready):
        yield Endpoint(f"http://127.0.0.1:{port}", key, "small", folder / "log")


def install_aimock() -> Path:
    """The program's file, installed unless an earlier run did."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    folder = CACHE / f"aimock-{AIMOCK}"
    program = folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    install(folder, [["npm", "install", "--no-audit", "--no-fund", f"@copilotkit/aimock@{AIMOCK}"]])
    return program


def install_litellm() -> Path:
    """The program's file in a virtual environment of its own, installed unless an earlier run did."""
    folder = CACHE / f"litellm-{LITELLM}"
    programs = folder / "bin"
    install(
        folder,
        [
            [sys.executable, "-m", "venv", "."],
            [str(programs / "pip"), "install", "--quiet", "--no-compile", f"litellm[proxy]=={LITELLM}"],
        ],
    )
    return programs / "litellm"


def install(folder: Path, commands: Sequence[Sequence[str]]) -> None:
    """Runs the commands in a new folder. The mark at the end tells a finished installation from a broken one."""
    mark = folder / "installed"
    if mark.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    mark.touch()


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str], log: Path, ready: str) -> Iterator[None]:
    """Runs a server until the block ends. Fails with the end of its log where it does not become ready in time."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**plain_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            assert comes_up(process, ready), f"{command[0]} did not start:\n{log.read_text(errors='replace')[-3000:]}"
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def comes_up(process: subprocess.Popen[bytes], url: str) -> bool:
    """Whether the server answers before the time is over and while its process lives."""
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> dict[str, str]:
    """The environment without keys and settings that a run or a server would take over."""
    foreign = ("MESSAGES_", "ANTHROPIC_", "OPENAI_", "LITELLM_", "AIMOCK_", "PYTEST", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def load(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"peers_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
