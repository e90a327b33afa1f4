"""What is concluded from results: gate, levels, baseline, abilities, clients, claims.

Belongs here: the shape of each conclusion. Does not belong here: how it is reached (see `judge/`), any counting.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Mode


@dataclass(frozen=True)
class Gate:
    """Whether the gate of a run holds. `exit_code` is 0 holds, 1 violated, 2 could not decide; `policy` names it."""

    holds: bool
    exit_code: int
    reasons: tuple[str, ...]
    policy: str


@dataclass(frozen=True)
class LevelResult:
    """Whether a named level (Core, Agent, Full) is reached: `status` is `reached`, `not-reached` or `undecided`.

    `total` is all results that count for the level, also those that an incomplete run has not judged. `deciding` are
    the cases that keep it from being reached. `covers` says what the level is about.
    """

    name: str
    status: str
    passed: int = 0
    decided: int = 0
    total: int = 0
    deciding: tuple[str, ...] = ()
    covers: str = ""
    reason: str = ""


@dataclass(frozen=True)
class EntryResult:
    """One entry of the baseline. `mode` None: every mode. `entry` is its place, as in `known.yaml:12`.

    `state` is `passes`, `expired` or `unmatched`, which are stale and gate, or `open`: left alone. `sentence` says what
    to do.
    """

    case: str
    mode: Mode | None
    state: str
    entry: str
    sentence: str


@dataclass(frozen=True)
class BaselineResult:
    """The baseline of a run: how many entries, and which of them are stale or were left alone.

    `update` says what an update has written, and is empty where there was none.
    """

    file: str
    entries: int = 0
    stale: tuple[EntryResult, ...] = ()
    open: tuple[EntryResult, ...] = ()
    update: str = ""


@dataclass(frozen=True)
class CapabilityResult:
    """One ability as three facts. `core`: no target is exempt from it.

    `declared` is None where the target says nothing, `probed` is `accepted`, `declined` or `unknown`, `observed` is
    None where no answer can show the ability. `evidence` are journal lines. `contradiction` is a sentence or empty.
    """

    name: str
    title: str
    core: bool
    declared: bool | None
    probed: str
    observed: bool | None
    contradiction: str = ""
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True)
class ClientResult:
    """Whether a client works: `status` is `ready`, `limited`, `not-ready` or `undecided`, with the deciding cases."""

    name: str
    version: str
    status: str
    reason: str = ""
    deciding: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClaimResult:
    """One claim of the vendor's own documents beside what was observed: `status` is `kept`, `broken` or `undecided`."""

    claim: str
    status: str
    observed: str = ""
    source: str = ""
    dated: str = ""
    deciding: tuple[str, ...] = ()
