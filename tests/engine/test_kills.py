"""A run that is killed at any moment, and continued, gives the verdicts of one that was left in peace.

`MESSAGES_KILLS` is how many kills there are. The moment is a number of requests, not a time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from support.command import Done
from support.endpoint import KEY, KEY_NAME, Endpoint
from support.forked import Forked, forked

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("MESSAGES_KILLS", "20"))
SEED = 9
SELECTED = ("--area", "response", "--area", "stop", "--concurrency", "4")


class Killer:
    """Kills a process as soon as the endpoint has got so many more requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self._victim: int | None = None
        self.struck = False

    def aim(self, requests: int) -> None:
        """The next victim dies at this request from now on."""
        with self._lock:
            self._left, self._victim, self.struck = requests, None, False

    def name(self, pid: int) -> None:
        """Says who the victim is, which may have sent too much already."""
        with self._lock:
            self._victim = pid
            if self._left <= 0:
                self._strike()

    def count(self, number: int) -> None:
        """Called by the endpoint for each request."""
        del number
        with self._lock:
            self._left -= 1
            if self._left <= 0 and not self.struck:
                self._strike()

    def _strike(self) -> None:
        if self._victim is not None:
            self.struck = True
            with suppress(ProcessLookupError):
                os.kill(self._victim, signal.SIGKILL)


def verdicts(folder: Path) -> dict[str, Any]:
    """What the results say apart from times, texts of the endpoint and places in the journal."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    cases = {(case["id"], case["mode"]): (case["outcome"], case["gates"]) for case in results["cases"]}
    return {"cases": cases, "exit_code": results["exit_code"], "complete": results["incomplete_reason"]}


def start(endpoint: Endpoint, cwd: Path, *options: str) -> Forked:
    target = ("--url", endpoint.url, "--model", "reference-1", "--api-key-env", KEY_NAME)
    return forked("run", *target, *SELECTED, *options, cwd=cwd, environment={KEY_NAME: KEY})


def test_kills_change_no_verdict(serve: Callable[..., Endpoint], tmp_path: Path) -> None:
    chosen, killer = random.Random(SEED), Killer()
    endpoint = serve(before=killer.count)
    done = start(endpoint, tmp_path, "--out", "whole").finish()
    assert done.returncode == 0, done.text
    expected, requests = verdicts(tmp_path / "whole"), len(endpoint.calls)

    def killed(*options: str) -> Done:
        killer.aim(chosen.randint(1, requests))
        process = start(endpoint, tmp_path, *options)
        killer.name(process.pid)
        done = process.finish()
        killer.aim(10**9)
        assert done.returncode in (0, -signal.SIGKILL), done.text
        return done

    kills = 0
    for number in range(10 * KILLS):
        if kills >= KILLS:
            break
        folder = f"run-{number}"
        done = killed("--out", folder)
        while done.returncode and kills < KILLS:
            kills += 1
            done = killed("--resume", folder)
        done = start(endpoint, tmp_path, "--resume", folder).finish()
        assert done.returncode == 0, done.text
        assert verdicts(tmp_path / folder) == expected
    assert kills == KILLS
