"""What the command shows in the situations that people meet: `python -m support.screens` prints all of these screens.

Run it with `tests/` on PYTHONPATH. Each run is a smoke test against the reference endpoint, with defects or without.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from support.command import Done, command, plain_environment

ONE: Final = ("message-stop-missing",)
TEN: Final = (
    "message-stop-missing", "system-turn-refused", "start-input-tokens-zero", "tool-stop-reason-end-turn",
    "error-envelope-of-another-api", "message-delta-without-usage", "tool-choice-any-dropped", "count-constant",
    "event-lines-missing", "input-tokens-missing",
)  # fmt: skip
KEY: Final = "OUR_KEY"
PROGRESS = re.compile(r" *\d+ %  ")


@dataclass(frozen=True)
class Shown:
    """A screen: what was typed, what came, the exit code."""

    typed: str
    text: str
    code: int

    @property
    def end(self) -> list[str]:
        """The end of the run: what is shown besides how far it is."""
        return [line for line in self.text.rstrip("\n").split("\n") if not PROGRESS.match(line)]

    @property
    def verdict(self) -> str:
        """The first line of the end that is no note before the run."""
        return next(line for line in self.end if re.match(r"PASS|FAIL|NOT DECIDED|ERROR", line))


@contextmanager
def endpoint(*faults: str) -> Iterator[LocalServer]:
    """The reference endpoint with faults."""
    with LocalServer(steps=with_faults(Steps(), faults_named([name for name in faults if name]))) as server:
        yield server


def shown(folder: Path, *arguments: str, **environment: str) -> Shown:
    """A run of the command, as a pipe gets it."""
    done: Done = command(*arguments, cwd=folder, environment=environment)
    return Shown(f"messages-conformance {' '.join(arguments)}", done.text, done.returncode)


def run(
    folder: Path, *more: str, faults: Sequence[str] = (), key: str = "", model: str = "", **variables: str
) -> Shown:
    """A smoke test against the reference endpoint."""
    with endpoint(*faults) as server:
        asked = ("run", server.url, "--model", model or server.model, "--api-key-env", KEY, "--smoke", "--name", "demo")
        return shown(folder, *asked, *more, **{KEY: key or server.key, **variables})


def two_targets(folder: Path, *more: str) -> Shown:
    """A run against two endpoints, of which one has a defect."""
    with endpoint() as good, endpoint(*ONE) as bad:
        entries = (f'[targets.{name}]\nurl = "{url}"\nmodel = "reference-1"\napi-key-env = "{KEY}"\n'
                   for name, url in (("good", good.url), ("bad", bad.url)))  # fmt: skip
        (folder / "targets.toml").write_text("\n".join(entries), encoding="utf-8")
        return shown(folder, "run", "--target", "good", "--target", "bad", "--smoke", *more, **{KEY: good.key})


def interrupted(folder: Path) -> Shown:
    """A run that Ctrl-C ends after some results."""
    with endpoint() as server:
        arguments = ("run", server.url, "--model", server.model, "--api-key-env", KEY)
        return on_terminal(folder, arguments, {KEY: server.key}, until=re.compile(rb"(\d{2,}) of \d+ results"))


def on_terminal(
    folder: Path, arguments: Sequence[str], variables: Mapping[str, str], *, until: re.Pattern[bytes] | None = None
) -> Shown:
    """A run in a process of its own on a terminal of 80 columns; Ctrl-C once `until` appears."""
    child, descriptor = pty.fork()
    if not child:
        os.chdir(folder)
        environment = plain_environment({**variables, "COLUMNS": "80", "NO_COLOR": "1"})
        os.execve(sys.executable, [sys.executable, "-m", "conformance.cli", *arguments], environment)
    seen = b""
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
        if until is not None and until.search(seen):
            os.kill(child, signal.SIGINT)
            until = None
    _, status = os.waitpid(child, 0)
    os.close(descriptor)
    text = seen.decode("utf-8", "replace").replace("\r\n", "\n")
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.rpartition("\x1b[?25h")[2]).replace("\r", "")
    return Shown(f"messages-conformance {' '.join(arguments)}", last.lstrip("\n"), os.waitstatus_to_exitcode(status))


def terminal(folder: Path, faults: Sequence[str]) -> Shown:
    """A smoke test on a terminal of 80 columns."""
    with endpoint(*faults) as server:
        arguments = ("run", server.url, "--model", server.model, "--api-key-env", KEY, "--smoke", "--name", "demo")
        return on_terminal(folder, arguments, {KEY: server.key})


SCREENS: Final[Mapping[str, Callable[[Path], Shown]]] = {
    "all well": lambda folder: run(folder),
    "one defect": lambda folder: run(folder, faults=ONE),
    "ten defects": lambda folder: run(folder, faults=TEN),
    "ten defects on a terminal of 80 columns": lambda folder: terminal(folder, TEN),
    "one line": lambda folder: run(folder, "-q", faults=ONE),
    "wrong key": lambda folder: run(folder, key="sk-wrong-key-0123456789"),
    "unreachable": lambda folder: shown(folder, "run", "http://127.0.0.1:9", "--model", "m"),
    "unknown model": lambda folder: run(folder, model="no-such-model"),
    "interrupted": interrupted,
    "two targets": two_targets,
    "two targets at a time": lambda folder: two_targets(folder, "--", "-n", "2"),
    "bad input": lambda folder: shown(folder, "run", "--case", "response-has-idd"),
}
"""Every screen by its name."""


def main() -> None:
    """Prints the screens whose names are given, or all."""
    for name, make in SCREENS.items():
        if not sys.argv[1:] or name in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                screen = make(Path(folder))
            print(f"==== {name}\n$ {screen.typed}\n{screen.text.rstrip()}\n[exit code {screen.code}]\n", flush=True)


if __name__ == "__main__":
    main()
