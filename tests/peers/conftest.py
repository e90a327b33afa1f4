"""Servers that others wrote, installed and started on loopback, and the command that runs against them.

How they are installed is in `installs.py`, what is expected of them in `tests/data/peers`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
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
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


def load(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"peers_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


installs = load("installs")

START_S, RUN_S, STOP_S = 1200.0, 3600.0, 60.0
"""After so long something hangs. Nothing here is a matter of speed: it passes on a machine that is busy, too."""

FIXTURES = {
    "aimock": "aimock",
    "litellm": "litellm",
    "claude-code-router": "router",
    "vllm": "vllm",
    "llama.cpp": "llama_cpp",
}
"""The fixture of each server, by the name that the environment variable PEERS has for it."""

ALL = ("aimock", "litellm", "claude-code-router", "vllm")
"""What PEERS=all means. llama.cpp has to be asked for by name: it is compiled first."""

GATEWAYS = ("litellm", "claude-code-router")
"""Those that forward what they are asked, and can stand between a client and the reference endpoint."""

REFERENCE = "reference-1"
"""The model of the reference endpoint."""

OPTIONS: dict[str, tuple[str, ...]] = {
    "vllm": ("--timeout", "first-byte=900,total=1800", "--concurrency", "4"),
    "llama.cpp": ("--timeout", "first-byte=900,total=1800", "--concurrency", "4"),
}
"""Further options of the run: an engine that computes on a busy processor takes its time."""


def chosen() -> tuple[str, ...]:
    """The servers to run: those that PEERS names, or aimock and LiteLLM.

    Raises pytest.UsageError for another name.
    """
    names = tuple(os.environ.get("PEERS", "").replace(",", " ").split()) or ("aimock", "litellm")
    if strange := set(names) - {*FIXTURES, "all"}:
        raise pytest.UsageError(f"PEERS: unknown server {min(strange)!r}; known are all, {', '.join(FIXTURES)}")
    return ALL if "all" in names else names


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests with the argument `server` run for each that was chosen, those with `between` for each gateway of these."""
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", chosen(), scope="session")
    if "between" in metafunc.fixturenames:
        metafunc.parametrize("between", [name for name in chosen() if name in GATEWAYS], scope="session")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out the tests about a server that was not chosen."""
    about = collection_path.stem.removeprefix("test_")
    return True if about in FIXTURES.values() and about not in map(FIXTURES.get, chosen()) else None


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

    def deviating(self) -> set[str]:
        """Ids of the cases that tell of a deviation, whether it decides or not."""
        return {item["id"] for item in self.results["cases"] if item["outcome"] in ("fail", "ignored")}

    @property
    def measured(self) -> str:
        """How many results gate, from how many defects, and how many of those that could gate were decided."""
        rows = sum(item["gates"] for item in self.results["cases"])
        defects = sum(defect["gates"] for defect in self.results["defects"])
        decided = re.search(r"only (\d+ of \d+) gating results could", " ".join(self.results["gate"]["missing"]))
        return f"{rows} gating results from {defects} defects; decided: {decided[1] if decided else 'all'}"

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

MEASURED = pytest.StashKey[dict[str, str]]()
"""What the run against each server measured."""


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the figures that `docs/servers.md` gives for each server."""
    for server, measured in config.stash.get(MEASURED, {}).items():
        terminalreporter.write_line(f"{server}: {measured}")


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
def run_of(run_suite: Suite, request: pytest.FixtureRequest) -> Callable[[str], Run]:
    """The run against a server, by its name in PEERS. There is one in a session."""

    @cache
    def run(server: str) -> Run:
        # With 100 %, the gate says how many results were decided unless it was all of them.
        done: Run = run_suite(
            request.getfixturevalue(FIXTURES[server]), "--min-decided", "100", *OPTIONS.get(server, ())
        )
        request.config.stash.setdefault(MEASURED, {})[server] = done.measured
        return done

    return run


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """aimock with the fixtures of this folder; it asks for a key."""
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    program = installs.aimock()
    key, port = new_key(), free_port()
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
    parameters = {"model": "hosted_vllm/any", "api_base": upstream.url}
    with litellm_serving("small", parameters, tmp_path_factory.mktemp("litellm")) as endpoint:
        yield endpoint


@contextmanager
def litellm_serving(model: str, parameters: Mapping[str, str], folder: Path) -> Iterator[Endpoint]:
    """Runs the LiteLLM proxy with one model, whose parameters say where it is."""
    program = installs.litellm()
    key, port = new_key(), free_port()
    config = {
        "model_list": [{"model_name": model, "litellm_params": parameters}],
        # Otherwise one request that breaks the proxy makes it answer all others with 429 for some seconds.
        "router_settings": {"disable_cooldowns": True},
    }
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    command = [str(program), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    environment = {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    ready = f"http://127.0.0.1:{port}/health/liveliness"
    with serving([*command, "--telemetry", "False"], environment, folder / "log", ready):
        yield Endpoint(f"http://127.0.0.1:{port}", key, model, folder / "log")


@pytest.fixture(scope="session")
def router(upstream: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """claude-code-router in front of the upstream, with a home of its own; it asks for a key."""
    provider = {"api_base_url": f"{upstream.url}/chat/completions", "api_key": "none", "models": ["any"]}
    with router_serving(provider, tmp_path_factory.mktemp("router")) as endpoint:
        yield endpoint


@contextmanager
def router_serving(provider: Mapping[str, Any], home: Path) -> Iterator[Endpoint]:
    """Runs claude-code-router in front of one provider, which has one model."""
    program = installs.router()
    key, port = new_key(), free_port()
    model = f"upstream,{provider['models'][0]}"
    config = {
        "APIKEY": key,
        "HOST": "127.0.0.1",
        "PORT": port,
        "LOG": False,
        "NON_INTERACTIVE_MODE": True,
        "Providers": [{"name": "upstream", **provider}],
        "Router": {"default": model},
    }
    settings = home / ".claude-code-router"
    settings.mkdir()
    (settings / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with serving(["node", str(program), "start"], {"HOME": str(home)}, home / "log", f"http://127.0.0.1:{port}/health"):
        yield Endpoint(f"http://127.0.0.1:{port}", key, model, home / "log")


@pytest.fixture(scope="session")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """vLLM on the processor, with a small model of random weights; it asks for a key."""
    program = installs.vllm()
    model = installs.tiny_model(program.with_name("python"), "tiny-model")
    log = tmp_path_factory.mktemp("vllm") / "log"
    key, port = new_key(), free_port()
    command = [*installs.NICE, str(program), "serve", str(model), "--served-model-name", "tiny-random"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--api-key", key, "--enforce-eager", "--dtype", "float32"]
    command += ["--max-model-len", "8192", "--max-num-seqs", "8"]
    command += ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]
    environment = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "2",
        "VLLM_HOST_IP": "127.0.0.1",
        "GLOO_SOCKET_IFNAME": "lo",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
    }
    with serving(command, environment, log, f"http://127.0.0.1:{port}/health"):
        yield Endpoint(f"http://127.0.0.1:{port}", key, "tiny-random", log)


@pytest.fixture(scope="session")
def llama_cpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """llama.cpp's server with a small model of random weights; it asks for a key."""
    program = installs.llama_cpp()
    model = installs.tiny_model(program.parents[2] / "bin" / "python", "tiny-model.gguf")
    log = tmp_path_factory.mktemp("llama") / "log"
    key, port = new_key(), free_port()
    command = [*installs.NICE, str(program), "--model", str(model), "--alias", "tiny-random", "--jinja"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--api-key", key]
    command += ["--parallel", "4", "--ctx-size", "32768", "--threads", "2"]
    with serving(command, {}, log, f"http://127.0.0.1:{port}/health"):
        yield Endpoint(f"http://127.0.0.1:{port}", key, "tiny-random", log)


@pytest.fixture(scope="session")
def compared(between: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of `compare --loopback` for a gateway."""
    folder = tmp_path_factory.mktemp(between)
    upstream = f"http://127.0.0.1:{free_port()}"
    with gateway_serving(between, upstream, REFERENCE, folder) as endpoint:
        options = ["--loopback", "--through-model", endpoint.model, "--through-key-env", "GATEWAY_KEY", "--out", "out"]
        done = subprocess.run(
            [sys.executable, "-m", "conformance.cli", "compare", upstream, endpoint.url, *options],
            cwd=folder,
            env={**plain_environment(), "GATEWAY_KEY": endpoint.key},
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )
    assert done.returncode == 1, done.stdout + done.stderr
    written = "".join(path.read_text(encoding="utf-8") for path in (folder / "out").rglob("*.*json"))
    assert endpoint.key not in written + done.stdout
    loaded: dict[str, Any] = json.loads((folder / "out" / "comparison.json").read_text(encoding="utf-8"))
    return loaded


@contextmanager
def gateway_serving(name: str, upstream: str, model: str, folder: Path) -> Iterator[Endpoint]:
    """Runs a gateway in front of an upstream that speaks the Messages API, as its documentation has it."""
    if name == "litellm":
        parameters = {"model": f"anthropic/{model}", "api_base": upstream, "api_key": "reference-key"}
        with litellm_serving(model, parameters, folder) as endpoint:
            yield endpoint
        return
    provider = {"api_base_url": f"{upstream}/v1/messages", "api_key": "reference-key", "models": [model]}
    with router_serving({**provider, "transformer": {"use": ["Anthropic"]}}, folder) as endpoint:
        yield endpoint


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
        except urllib.error.HTTPError as answer:
            if answer.code != 503:  # not ready yet
                return True
            time.sleep(0.1)
        except OSError:
            time.sleep(0.1)
    return False


def new_key() -> str:
    """A key that no other server has."""
    return f"sk-{secrets.token_hex(16)}"


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> dict[str, str]:
    """The environment without keys and settings that a run or a server would take over."""
    foreign = ("MESSAGES_", "ANTHROPIC_", "OPENAI_", "LITELLM_", "AIMOCK_", "PYTEST", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
