"""Installs programs that others wrote, from the registries that pip and npm are set up for here.

Each has a folder of its own below `build/`, with its version in the name. Delete the folder to install it again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / "build"

INSTALL_S = 7200.0
"""After so long something hangs. Nothing here is a matter of speed: it passes on a machine that is busy, too."""

Commands = Sequence[Sequence[str]]


def npm(*packages: str) -> list[str]:
    """The command that installs packages of npm into the current folder."""
    return ["npm", "install", "--prefix", ".", "--no-audit", "--no-fund", *packages]


def virtual_environment(folder: Path, *packages: str) -> Commands:
    """The commands that make the folder a virtual environment with these packages."""
    pip = str(folder / "bin" / "pip")
    return [[sys.executable, "-m", "venv", "."], [pip, "install", "--quiet", "--no-compile", *packages]]


def install(
    folder: Path,
    commands: Commands,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Runs the commands in a new folder, and then the rest. The mark at the end tells a finished installation from a
    broken one.
    """
    mark = folder / "installed"
    if mark.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        run(command, folder)
    then()
    mark.touch()


def run(command: Sequence[str], folder: Path) -> None:
    """Runs a command in a folder and fails with the end of what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
