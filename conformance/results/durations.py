"""How fast an endpoint answered and what clients put up with, as results show it."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.model import Mode


@dataclass(frozen=True)
class ModeTiming:
    """The times of the messages in one mode, in seconds: median and worst first byte, longest silence, with the journal
    lines of the worst. `tokens_per_second` is a median, None where no reply is long enough.
    """

    mode: Mode
    replies: int
    first_byte: float
    first_byte_worst: float
    first_byte_line: int
    silence: float | None = None
    silence_line: int = 0
    tokens_per_second: float | None = None


@dataclass(frozen=True)
class LimitResult:
    """After how many `seconds` a client hangs up, by `kind` (`first-byte` or `silence`), and the worst measured."""

    client: str
    title: str
    kind: str
    seconds: int
    measured: float | None
    holds: bool


@dataclass(frozen=True)
class TimingResult:
    """How fast the endpoint answered, and what clients put up with."""

    modes: tuple[ModeTiming, ...]
    limits: tuple[LimitResult, ...] = ()
