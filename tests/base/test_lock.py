"""The lock of a folder: one owner at a time, named, and freed by the system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.base.lock import NAME, LockedError, lock

HOLDER = """
import sys
from pathlib import Path
from conformance.base.lock import lock
held = lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_refused_by_the_number_of_the_first_until_that_lets_go(tmp_path: Path) -> None:
    first = lock(tmp_path)
    with pytest.raises(LockedError, match=f"{tmp_path} is in use by process {os.getpid()}$"):
        lock(tmp_path)
    first.release()
    first.release()
    assert list(tmp_path.iterdir()) == []
    lock(tmp_path).release()


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(LockedError, match=f"in use by process {process.pid}$"):
            lock(tmp_path)
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / NAME).exists()
    lock(tmp_path).release()


def test_a_lock_that_names_nobody_is_one_as_well(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        (tmp_path / NAME).write_bytes(b"\xff?")
        with pytest.raises(LockedError, match=r"in use by another process$"):
            lock(tmp_path)
        process.kill()


def test_a_file_that_was_removed_in_between_is_no_lock(tmp_path: Path) -> None:
    first = lock(tmp_path)
    (tmp_path / NAME).unlink()
    second = lock(tmp_path)
    first.release()
    second.release()


def test_a_folder_that_is_missing_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lock(tmp_path / "missing")
