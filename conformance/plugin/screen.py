"""What the command `run` shows in place of pytest's own output: how far it is, and at the end the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest

from conformance.base.streams import columns_of, wants_colour
from conformance.model import Outcome
from conformance.report.progress import Progress
from conformance.report.terminal import Detail

WIDEST = 120
"""Columns that are used at most."""


@dataclass
class CommandScreen:
    """Hooks of the process that talks to the user. `problem` is the sentence that ended the session before a run."""

    output: TextIO
    detail: Detail
    problem: str = ""
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = Progress(
            self.output, live=self.output.isatty(), colour=self.colour, quiet=self.detail == "line"
        )

    @property
    def colour(self) -> bool:
        """Whether there is colour."""
        return wants_colour(self.output)

    @property
    def width(self) -> int | None:
        """The columns of a terminal; None where lines go to a file or a pipe, which does not wrap them."""
        return min(columns_of(self.output), WIDEST) if self.output.isatty() else None

    def print(self, text: str) -> None:
        """Prints a text of several lines."""
        self.progress.end()
        print(text.rstrip(), file=self.output, flush=True)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begins to show how far it is, where the items are run in this process."""
        targets = [item.target for item in session.items if hasattr(item, "case") and hasattr(item, "target")]
        if targets and not session.config.option.collectonly:
            self.progress.begin([(name, targets.count(name)) for name in dict.fromkeys(targets)])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Begins to show how far it is, where workers of pytest-xdist run the items."""
        from conformance.plugin.scheduler import target_of_node

        targets = [name for name in map(target_of_node, ids) if name is not None]
        self.progress.begin([(name, targets.count(name)) for name in dict.fromkeys(targets)])

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes a result."""
        packed: dict[str, Any] | None = getattr(report, "messages_judged", None)
        if packed is not None:
            outcome = Outcome(packed["judgement"]["outcome"])
            area = Path(report.nodeid.partition("::")[0]).parent.name if "catalogue/" in report.nodeid else ""
            self.progress.note(packed["target"], area, outcome, packed["spent"])

    def pytest_sessionfinish(self) -> None:
        """Takes the display away before anything else is printed."""
        self.progress.end()
