"""The largest files of each kind cost at most two seconds of CPU and 200 MB, whether they are read or refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostile.bounds import MOST_BYTES, MOST_CPU_S
from hostile.costs import MOST
from hostile.drive import folder, run
from hostile.profile import thorough
from hostile.server import Stage

TESTS = Path(__file__).parents[1]

SHARED = 1.5
"""How much longer the same work takes where others use the processor's caches."""


@pytest.fixture(scope="module")
def ran(stage: Stage) -> Iterator[Path]:
    """The folder of a run."""
    with folder() as here:
        yield run(stage, (), "sk-files-of-a-run", here).folder


@pytest.mark.slow
@pytest.mark.parametrize("name", MOST)
def test_the_largest_files_are_read_or_refused_within_the_bounds(ran: Path, name: str) -> None:
    with folder() as here:
        every = ["every"] if thorough() else []
        done = subprocess.run(
            [sys.executable, "-m", "hostile.costs", name, str(here), str(ran), *every],
            cwd=TESTS,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2_000:]
    measured = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(measured) > 3
    assert [each for each in measured if each["cpu_s"] > MOST_CPU_S * SHARED or each["bytes"] > MOST_BYTES] == []
    assert [each for each in measured if each["said"] is not None and each["said"][0] != 4] == []
