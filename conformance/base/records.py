"""What a journal says of its run besides the exchanges: a header, notes in order, and an end.

These are the values; `wire/journal_format.py` writes and reads them, and docs/journal.md describes every member.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from conformance.base.spend import Prices

UNPRICED = Prices()

PROBE = "preflight"
"""The scenario name of requests that only find out whether the endpoint works; no case is judged on them."""


@dataclass(frozen=True)
class TargetRecord:
    """What may be written of a target: no key, no header value.

    `key_env` names the variable that holds the key, `headers` the extra headers with variables in
    place of what may be secret, as in `x-team: ${TEAM}`. `select` are the options that choose
    the target again.
    """

    name: str
    url: str
    model: str
    api_version: str
    auth: str = ""
    key_env: str = ""
    declared: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    select: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunHeader:
    """What a run was to do. `selected` are the results asked for, as in `tools-choice/json`; empty where it is `whole`.

    `items` counts the results, `requests` the requests of the plan. `options` are the options of the command by name.
    """

    suite: str
    catalogue: str
    started: str
    target: TargetRecord
    whole: bool
    items: int
    selected: tuple[str, ...] = ()
    requests: int = 0
    prices: Prices = UNPRICED
    options: Mapping[str, Any] = field(default_factory=dict)

    def option(self, name: str, otherwise: Any) -> Any:
        """An option of the run by its name on the command line."""
        return self.options.get(name, otherwise)


@dataclass(frozen=True)
class ProxyHeader:
    """What a proxy was to pass on."""

    suite: str
    catalogue: str
    started: str
    upstream: str


@dataclass(frozen=True)
class PreflightNote:
    """What the first request settled: base path and credential style. `fatal` says why the run cannot go on."""

    root: str
    auth: str
    fatal: str = ""
    line: int = 0


@dataclass(frozen=True)
class UnsentNote:
    """Not all of a scenario was sent, so what was recorded of it judges nothing."""

    scenario: str
    mode: str
    repetition: int
    why: str
    line: int = 0

    @property
    def sending(self) -> tuple[str, int]:
        """The id of the scenario, and which repetition of it."""
        return f"{self.scenario}/{self.mode}", self.repetition


@dataclass(frozen=True)
class StopNote:
    """Nothing more is sent, and why."""

    why: str
    line: int = 0


@dataclass(frozen=True)
class ResumeNote:
    """The run goes on in another process. The members replace those of the header; `torn` was cut off."""

    started: str
    whole: bool
    items: int
    selected: tuple[str, ...] = ()
    prices: Prices = UNPRICED
    options: Mapping[str, Any] = field(default_factory=dict)
    torn: int | None = None
    line: int = 0


def resume_of(header: RunHeader, torn: int | None) -> ResumeNote:
    """The note of a run that goes on as `header` says."""
    return ResumeNote(header.started, header.whole, header.items, header.selected, header.prices, header.options, torn)


@dataclass(frozen=True)
class EndNote:
    """The run, or one part of it, completed."""

    ended: str
    line: int = 0


Note = PreflightNote | UnsentNote | StopNote | ResumeNote | EndNote
NoteKind = TypeVar("NoteKind", PreflightNote, UnsentNote, StopNote, ResumeNote, EndNote)


@dataclass(frozen=True)
class RunHistory:
    """The header and the notes of a run, in order of the journal. `torn` is the number of a torn last line."""

    header: RunHeader
    notes: tuple[Note, ...] = ()
    torn: int | None = None

    @property
    def current(self) -> RunHeader:
        """The header with what the last resume changed."""
        last = self.last(ResumeNote)
        if last is None:
            return self.header
        return replace(
            self.header,
            started=last.started,
            whole=last.whole,
            items=last.items,
            selected=last.selected,
            prices=last.prices,
            options=last.options,
        )

    def all(self, kind: type[NoteKind]) -> tuple[NoteKind, ...]:
        """Every note of a kind."""
        return tuple(note for note in self.notes if isinstance(note, kind))

    def last(self, kind: type[NoteKind]) -> NoteKind | None:
        """The last note of a kind, or None."""
        found = self.all(kind)
        return found[-1] if found else None

    def latest(self, kind: type[NoteKind]) -> tuple[NoteKind, ...]:
        """The notes of a kind since the last resume."""
        resumed = self.last(ResumeNote)
        return tuple(note for note in self.all(kind) if resumed is None or note.line > resumed.line)

    @property
    def end(self) -> EndNote | None:
        """The last note where it says that the run completed."""
        last = self.notes[-1] if self.notes else None
        return last if isinstance(last, EndNote) else None
