"""The command as a user calls it: in a process of its own, or in this one, which costs a tenth.

A process of its own shows what only it can show: the exit code that the shell sees, and signals. What the command
prints, writes and decides is the same in this process.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from conformance import cli

OURS = ("MESSAGES_", "ANTHROPIC_", "PYTEST")
"""Variables of the environment that would change a run, by prefix."""

PATIENCE_S = 600.0
"""Ends a process that hangs; nothing is measured with it."""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Everything that was printed. Fails where it holds a traceback."""
        text = self.stdout + self.stderr
        assert "Traceback" not in text, text
        return text


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def plain_environment(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what would change a run, and with `added`."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | dict(added or {})


def started(*arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "conformance.cli", *arguments],
        cwd=cwd,
        env=plain_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def spawned(*arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> Done:
    """Runs the command in a process of its own."""
    with started(*arguments, cwd=cwd, environment=environment) as process:
        stdout, stderr = process.communicate(timeout=PATIENCE_S)
    return Done(process.returncode, stdout, stderr)


def command(*arguments: str, cwd: Path, environment: Mapping[str, str] | None = None, terminal: bool = False) -> Done:
    """Runs the command in this process. `terminal` makes stderr say that it is one."""
    stdout, stderr = io.StringIO(), Screen() if terminal else io.StringIO()
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, plain_environment(environment), clear=True),
        mock.patch.object(sys, "argv", ["messages-conformance", *arguments]),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            cli.main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    return Done(code, stdout.getvalue(), stderr.getvalue())
