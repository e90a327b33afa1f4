"""The command, in a process of its own, against several hostile endpoints: a documented exit code and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import canary, properties, strategies
from hostile.attacks.attack import Plan
from hostile.drive import KEY_NAME, SENT, Endpoint, folder
from hostile.profile import examples
from hostile.server import Stage

pytestmark = pytest.mark.slow

TARGETS = 6
"""Endpoints of one run."""


def _command(
    stage: Stage, endpoints: Sequence[tuple[Plan, ...]], key: str, here: Path
) -> subprocess.CompletedProcess[str]:
    with ExitStack() as scripts:
        lines, chosen = [], []
        for number, plans in enumerate(endpoints):
            script = scripts.enter_context(stage.script(Endpoint(plans, key, key)))
            lines += [
                f"[targets.t{number}]",
                f'url = "{script.url}"',
                'model = "reference-1"',
                f'api-key-env = "{KEY_NAME}"',
            ]
            chosen += ["--target", f"t{number}"]
        (here / "targets.toml").write_text("\n".join(lines), encoding="utf-8")
        cases = [f"--case={case}" for case in SENT]
        return subprocess.run(
            [sys.executable, "-m", "conformance.cli", "run", *chosen, *cases, "--out", "out"],
            cwd=here,
            env={**os.environ, KEY_NAME: key, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )


def test_the_command_ends_with_a_documented_code(stage: Stage) -> None:
    layers = (
        strategies.codings(), strategies.charsets(), strategies.texts(), strategies.values(), strategies.framings(),
        strategies.events(), strategies.words(), strategies.spoken(),
    )  # fmt: skip

    @examples(0.1)
    @given(st.lists(strategies.plans(*layers), min_size=TARGETS, max_size=TARGETS), strategies.keys())
    def holds(endpoints: list[tuple[Plan, ...]], key: str) -> None:
        with folder() as here:
            done = _command(stage, endpoints, key, here)
            shown = done.stdout + done.stderr
            assert done.returncode in (0, 1, 2), shown[-2_000:]
            assert "Traceback" not in shown, shown[-2_000:]
            codes = [
                json.loads(path.read_text(encoding="utf-8"))["exit_code"]
                for path in (here / "out").rglob("results.json")
            ]
            assert len(codes) == len(endpoints)
            assert done.returncode == next((code for code in (3, 1, 2) if code in codes), 0)
            found = canary.leaks(key, "terminal", shown.encode("utf-8", "surrogatepass"))
            for path in properties.files(here / "out"):
                found += canary.leaks(key, path.name, path.read_bytes())
            assert not found, f"{found[0]} (and {len(found) - 1} more)"

    holds()
