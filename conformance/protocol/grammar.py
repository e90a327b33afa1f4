"""The event grammar of a Messages stream, as one table.

The two rules of this module:

1. `GRAMMAR` alone says what is legal: state x event type -> next state. `REPAIRS` has what is not: state x event type
   -> the broken rule, and the state in which the walk goes on. In each state, each event type that the grammar knows is
   in exactly one of the two.
2. An event type that the grammar does not know (`ping`, and whatever the API adds) is legal everywhere and changes
   nothing. So is everything behind an `error` event, which ends a stream.

What the table cannot show: block indices (they start at 0, grow by 1, and deltas and stops name the open block), which
delta fits which block, and what distinguishes a lost stop from a late one. `trace.py` does these.

Sources: REQ-STREAM-001, -002, -004 to -007, -010, -025, -026, -027.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where in a stream we are."""

    START = "before message_start"
    MESSAGE = "between blocks"
    BLOCK = "inside a block"
    CLOSING = "after message_delta"
    ENDED = "after message_stop"
    FAILED = "after error"


S, M, B, C, E, F = State.START, State.MESSAGE, State.BLOCK, State.CLOSING, State.ENDED, State.FAILED

GRAMMAR: Mapping[State, Mapping[str, State]] = {
    S: {"message_start": M, "error": F},
    M: {"content_block_start": B, "message_delta": C, "error": F},
    B: {"content_block_delta": B, "content_block_stop": M, "error": F},
    C: {"message_delta": C, "message_stop": E, "error": F},
    E: {},
    F: {},
}
"""State x event type -> next state."""

MESSAGE_START_FIRST = "message-start-first"
ONE_MESSAGE_START = "one-message-start"
INDEX_IS_INTEGER = "index-is-integer"
INDEX_CONTIGUOUS = "index-contiguous"
BLOCKS_DO_NOT_OVERLAP = "blocks-do-not-overlap"
DELTA_WITHOUT_START = "delta-without-start"
DELTA_AFTER_STOP = "delta-after-stop"
DELTA_FITS_BLOCK = "delta-fits-block"
STOP_WITHOUT_START = "stop-without-start"
STOP_AFTER_STOP = "stop-after-stop"
BLOCK_NOT_STOPPED = "block-not-stopped"
BLOCKS_BEFORE_MESSAGE_DELTA = "blocks-before-message-delta"
MESSAGE_DELTA_PRESENT = "message-delta-present"
MESSAGE_STOP_LAST = "message-stop-last"
NOTHING_AFTER_MESSAGE_STOP = "nothing-after-message-stop"

RULES: tuple[str, ...] = (
    MESSAGE_START_FIRST,
    ONE_MESSAGE_START,
    INDEX_IS_INTEGER,
    INDEX_CONTIGUOUS,
    BLOCKS_DO_NOT_OVERLAP,
    DELTA_WITHOUT_START,
    DELTA_AFTER_STOP,
    DELTA_FITS_BLOCK,
    STOP_WITHOUT_START,
    STOP_AFTER_STOP,
    BLOCK_NOT_STOPPED,
    BLOCKS_BEFORE_MESSAGE_DELTA,
    MESSAGE_DELTA_PRESENT,
    MESSAGE_STOP_LAST,
    NOTHING_AFTER_MESSAGE_STOP,
)
"""Every rule that a violation can name."""

REPAIRS: Mapping[State, Mapping[str, tuple[str, State]]] = {
    S: {
        "content_block_start": (MESSAGE_START_FIRST, M),
        "content_block_delta": (MESSAGE_START_FIRST, M),
        "content_block_stop": (MESSAGE_START_FIRST, M),
        "message_delta": (MESSAGE_START_FIRST, M),
        "message_stop": (MESSAGE_START_FIRST, M),
    },
    M: {
        "message_start": (ONE_MESSAGE_START, M),
        "content_block_delta": (DELTA_WITHOUT_START, M),
        "content_block_stop": (STOP_WITHOUT_START, M),
        "message_stop": (MESSAGE_DELTA_PRESENT, C),
    },
    B: {
        "message_start": (ONE_MESSAGE_START, B),
        "content_block_start": (BLOCK_NOT_STOPPED, M),
        "message_delta": (BLOCK_NOT_STOPPED, M),
        "message_stop": (BLOCK_NOT_STOPPED, M),
    },
    C: {
        "message_start": (ONE_MESSAGE_START, C),
        "content_block_start": (BLOCKS_BEFORE_MESSAGE_DELTA, C),
        "content_block_delta": (DELTA_WITHOUT_START, C),
        "content_block_stop": (STOP_WITHOUT_START, C),
    },
    E: {
        "message_start": (NOTHING_AFTER_MESSAGE_STOP, E),
        "content_block_start": (NOTHING_AFTER_MESSAGE_STOP, E),
        "content_block_delta": (NOTHING_AFTER_MESSAGE_STOP, E),
        "content_block_stop": (NOTHING_AFTER_MESSAGE_STOP, E),
        "message_delta": (NOTHING_AFTER_MESSAGE_STOP, E),
        "message_stop": (NOTHING_AFTER_MESSAGE_STOP, E),
        "error": (NOTHING_AFTER_MESSAGE_STOP, E),
    },
    F: {},
}
"""State x illegal event type -> the broken rule, and the state to go on in. Another state: the same event is read again
in it. The same state: the event is passed over."""

UNFINISHED: Mapping[State, str] = {
    S: MESSAGE_START_FIRST,
    M: MESSAGE_STOP_LAST,
    B: MESSAGE_STOP_LAST,
    C: MESSAGE_STOP_LAST,
}
"""State at the end of the body -> the broken rule. The two states that are missing are those in which streams end."""

KNOWN_EVENTS = frozenset(kind for row in GRAMMAR.values() for kind in row)
"""The event types that the grammar knows."""


@dataclass(frozen=True)
class Violation:
    """One broken rule. `event` is 1-based, or None where the stream ended too early; `offset` is in bytes."""

    rule: str
    event: int | None
    offset: int
    expected: str
    actual: str


@dataclass(frozen=True)
class Block:
    """A content block as the stream showed it, in order of its start.

    `index` is None where the start had no integer. Event numbers are 1-based: `start`, each of `deltas`, and `stop`
    (None: no content_block_stop came).
    """

    index: int | None
    type: str | None
    start: int
    deltas: tuple[int, ...] = ()
    stop: int | None = None


@dataclass(frozen=True)
class Trace:
    """What a stream looks like to the grammar.

    `violations` are in order of the events. `kinds` has one entry for each event: its type, or "" where it has none.
    """

    violations: tuple[Violation, ...]
    state: State
    blocks: tuple[Block, ...]
    kinds: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """True where message_stop or an error event ended the stream."""
        return self.state in (State.ENDED, State.FAILED)

    def numbers(self, kind: str) -> tuple[int, ...]:
        """The 1-based numbers of the events of a type."""
        return tuple(number for number, found in enumerate(self.kinds, 1) if found == kind)
