"""The command in processes of their own that cost little: forked from one that has imported everything.

They can be killed, and given a disk that is full: no file of theirs grows beyond a size.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

from conformance import cli
from support.command import PATIENCE_S, Done, plain_environment

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["support.warm"])


class Forked:
    """A command that runs. `finish` waits for its end; `kill` ends it as a crash of the machine would."""

    def __init__(self, process: Any, output: Connection) -> None:
        self._process = process
        self._output = output
        self.pid: int = process.pid

    def lines(self) -> str:
        """What it prints next; an empty string once it has ended."""
        return os.read(self._output.fileno(), 1 << 16).decode("utf-8", "replace")

    def kill(self) -> None:
        """Sends SIGKILL and waits."""
        self._process.kill()
        self.finish()

    def finish(self) -> Done:
        """Waits for the end. The text is what was printed since the last `lines`, to both streams."""
        text = "".join(iter(self.lines, ""))
        self._output.close()
        self._process.join(PATIENCE_S)
        return Done(self._process.exitcode, text, "")


def forked(
    *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None, largest: int | None = None
) -> Forked:
    """Starts the command. `largest` is the size in bytes at which its disk is full; None: never."""
    with mock.patch.dict(os.environ, {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}):
        forkserver.ensure_running()  # the first time, with what it has to import
    reader, writer = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_main, args=(writer, arguments, str(cwd), plain_environment(environment), largest))
    process.start()
    writer.close()
    return Forked(process, reader)


def _main(
    output: Connection, arguments: tuple[str, ...], cwd: str, environment: Mapping[str, str], largest: int | None
) -> None:
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    output.close()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["messages-conformance", *arguments]
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    cli.main()
