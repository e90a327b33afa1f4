"""The example of a nightly job: several vendors with baselines, the delta posted, red only for what is new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.reference.faults import all_faults, with_faults
from conformance.reference.personas import persona_of
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from conformance.standard.vendors import load_vendor
from support.command import PATIENCE_S, plain_environment
from support.servers import free_address

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "nightly.sh"
VENDORS = ("naga", "yuhuan")
AREAS = ("--area", "stop", "--area", "usage")


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """One night against the personas of both vendors, with further faults."""

    ports = [int(free_address().rpartition(":")[2]) for _ in VENDORS]

    def run(*faults: str) -> subprocess.CompletedProcess[str]:
        added = [all_faults()[name] for name in faults]
        steps = [with_faults(Steps(), (*persona_of(name), *added)) for name in VENDORS]
        servers = [LocalServer(steps=each, port=port) for each, port in zip(steps, ports, strict=True)]
        tables = []
        for name, server in zip(VENDORS, servers, strict=True):
            server.start()
            entry = f"vendor = '{name}'\nurl = '{server.url}'\nmodel = '{server.model}'\nbaseline = '{name}.yaml'\n"
            tables.append(f"[targets.{name}]\n{entry}")
        (tmp_path / "targets.toml").write_text("\n".join(tables), encoding="utf-8")
        keys = {load_vendor(name).key_variable: servers[0].key for name in VENDORS}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = plain_environment({**keys, "PATH": path, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
        try:
            return subprocess.run(
                ["sh", str(SCRIPT), "nights", *AREAS],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )
        finally:
            for server in servers:
                server.stop()

    return run


def test_the_nights_are_kept_and_only_what_is_new_is_red(
    night: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    first = night()
    assert first.returncode in (0, 2), first.stdout + first.stderr  # the areas of a test decide too little for a green
    assert (tmp_path / "naga.yaml").exists()
    assert not (tmp_path / "summary.md").exists()

    second = night()
    assert second.returncode == first.returncode, second.stdout + second.stderr
    assert "NOT WORSE" in (tmp_path / "summary.md").read_text(encoding="utf-8")

    third = night("message-stop-missing", "output-tokens-always-zero")
    assert third.returncode == 1, third.stdout + third.stderr
    assert "## WORSE" in third.stdout
    card = json.loads((tmp_path / "nights" / "scorecard.json").read_text(encoding="utf-8"))
    assert [target["name"] for target in card["targets"]] == list(VENDORS)
    assert [len(target["history"]) for target in card["targets"]] == [2, 2]
    assert (tmp_path / "nights" / "scorecard.html").exists()
