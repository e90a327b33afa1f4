"""How far a run is, while it goes on: one steady display on a terminal, a line now and then everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TextIO

from conformance.model import DEVIATING, Outcome
from conformance.report.escape import one_line
from conformance.report.words import seconds

if TYPE_CHECKING:  # rich takes time to import, and only a terminal needs it
    from rich.live import Live
    from rich.table import Table

_STEPS: Final = 10
"""A run that is piped says how far it is so many times."""

_BAR: Final = 20


@dataclass
class Headway:
    """How far the run against one target is: results and requests of all, and the price so far (None: not known)."""

    target: str
    done: int = 0
    total: int = 0
    area: str = ""
    requests: int = 0
    planned: int = 0
    cost: float | None = None
    deviating: int = 0

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1: by results, which come in as requests are answered."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass
class Progress:
    """The runs of a session. `begin` once it is known what will be judged, `note` for each result, `end` before
    anything else is printed; `tell` says something in between. Not thread-safe but for `tell`.

    `live`: the output is a terminal, on which lines can be drawn again. `quiet`: only what `tell` is given appears.
    """

    output: TextIO
    live: bool = False
    colour: bool = False
    quiet: bool = False
    clock: Callable[[], float] = time.monotonic
    _runs: dict[str, Headway] = field(default_factory=dict)
    _started: float = 0.0
    _said: int = 0
    _display: Live | None = None

    def begin(self, totals: Iterable[tuple[str, int]]) -> None:
        """Starts to show how far it is; `totals` are the numbers of results by target."""
        if self._runs:
            return
        self._runs = {name: Headway(name, total=total) for name, total in totals}
        self._started = self.clock()
        if self.live and not self.quiet and self._runs:
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self.output, force_terminal=True, no_color=not self.colour, highlight=False)
            self._display = Live(console=console, get_renderable=self._table, refresh_per_second=4, transient=True)
            self._display.start()

    def note(self, target: str, area: str, outcome: Outcome, spent: Mapping[str, Any]) -> None:
        """Notes a result. `spent` says what was sent so far for its target: `requests`, `planned`, `cost`."""
        headway = self._runs.setdefault(target, Headway(target))
        headway.done += 1
        headway.total = max(headway.total, headway.done)
        headway.area, headway.cost = area, spent["cost"]
        headway.requests, headway.planned = spent["requests"], spent["planned"]
        headway.deviating += outcome in DEVIATING
        whole = sum(each.total for each in self._runs.values())
        step = _STEPS * sum(each.done for each in self._runs.values()) // whole
        if step > self._said and not self.live and not self.quiet and outcome is not Outcome.NOT_RUN:
            self._said = step
            for each in self._runs.values():
                if each.done:
                    self._print(f"{step * 100 // _STEPS:>3} %  {self.line(each)}")

    def tell(self, line: str) -> None:
        """Shows a line, above the display where there is one."""
        if self._display is not None:
            self._display.console.print(line, soft_wrap=True, markup=False)
        else:
            self._print(line)

    def end(self) -> None:
        """Takes the display away. Safe to call twice."""
        display, self._display = self._display, None
        if display is not None:
            display.stop()

    def line(self, headway: Headway) -> str:
        """How far one run is, in words."""
        elapsed = self.clock() - self._started
        parts = [f"{headway.done} of {headway.total} results"]
        parts += [headway.area] if headway.area else []
        if headway.planned:
            parts.append(f"{headway.requests} of {max(headway.planned, headway.requests)} requests")
        if elapsed > 0 and headway.requests:
            parts.append(f"{headway.requests / elapsed:.1f} a second")
        if 0 < headway.share < 1 and elapsed > 0:
            parts.append(f"about {seconds(elapsed * (1 - headway.share) / headway.share)} left")
        parts += [f"USD {headway.cost:.4f}"] if headway.cost is not None else []
        parts += [f"{headway.deviating} deviating"] if headway.deviating else []
        name = f"{headway.target}: " if len(self._runs) > 1 else ""
        return one_line(name + ", ".join(parts))

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        for headway in self._runs.values():
            done = round(headway.share * _BAR)
            bar = Text("━" * done, style="red" if headway.deviating else "cyan")
            table.add_row(bar + Text("━" * (_BAR - done), style="dim"), Text(self.line(headway)))
        return table

    def _print(self, line: str) -> None:
        print(line, file=self.output, flush=True)
