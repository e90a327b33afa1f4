"""Lines of text for a terminal of some width, with or without colour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from conformance.report.escape import one_line

Paint = Callable[..., str]
"""A text in some styles."""

INDENT: Final = " " * 8
"""The column of labels."""

NARROWEST: Final = 60
_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_CODE: Final = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Sheet:
    """What is written on: `width` columns (None: without an end), with colour or without."""

    width: int | None = None
    colour: bool = False

    @property
    def room(self) -> int | None:
        """The columns beside a label."""
        return None if self.width is None else self.width - len(INDENT)

    def paint(self, text: str, *styles: str) -> str:
        """The text in some styles."""
        codes = ";".join(_CODES[style] for style in styles if style)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and text and codes else text

    def wrapped(self, text: str, indent: int = 8) -> list[str]:
        """The text on as many lines as it takes, all but the first indented. Words are not broken."""
        line = one_line(text)
        if self.width is None or len(line) <= self.width:
            return [line]
        spaces = " " * (len(line) - len(line.lstrip()))
        return wrap(
            line.lstrip(),
            max(self.width, NARROWEST),
            initial_indent=spaces,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )

    def labelled(self, label: str, text: str, style: str = "") -> Iterator[str]:
        """The text beside a label, in the column of all labels."""
        first, *rest = self.wrapped(f"{label:<8}{text}" if label else f"{INDENT}{text}")
        start = f"{label:<8}"
        yield self.paint(start, "bold") * bool(label) + INDENT * (not label) + self.paint(first[len(start) :], style)
        yield from (INDENT + self.paint(line.strip(), style) for line in rest)

    def dim(self, text: str) -> Iterator[str]:
        """The text as a side remark."""
        yield from (self.paint(line, "dim") for line in self.wrapped(text))

    def fitting(self, text: str, room: int | None) -> str:
        """The text on one line, cut where it takes more than `room` columns."""
        line = one_line(text)
        return line if room is None or len(line) <= room else f"{line[: max(room - 1, 1)]}…"

    def rows(self, lines: Iterable[str]) -> int:
        """The rows that lines take; on a terminal, long ones take several."""
        lengths = [len(_CODE.sub("", line)) for line in lines]
        return sum(max(1, -(-length // self.width)) if self.width else 1 for length in lengths)
