"""Walks the events of a stream through the grammar, and finds the one rule that a defect breaks.

Of an event, the walk reads `type`, `index` and the type of a block or delta, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.base.values import show
from conformance.model import Json
from conformance.protocol.blocks import DELTAS, FITS
from conformance.protocol.grammar import (
    BLOCK_NOT_STOPPED,
    BLOCKS_BEFORE_MESSAGE_DELTA,
    BLOCKS_DO_NOT_OVERLAP,
    DELTA_AFTER_STOP,
    DELTA_FITS_BLOCK,
    DELTA_WITHOUT_START,
    GRAMMAR,
    INDEX_CONTIGUOUS,
    INDEX_IS_INTEGER,
    KNOWN_EVENTS,
    MESSAGE_DELTA_PRESENT,
    MESSAGE_START_FIRST,
    NOTHING_AFTER_MESSAGE_STOP,
    ONE_MESSAGE_START,
    REPAIRS,
    STOP_AFTER_STOP,
    STOP_WITHOUT_START,
    UNFINISHED,
    Block,
    State,
    Trace,
    Violation,
)
from conformance.protocol.sse import Event


def kind_of(event: Event) -> str:
    """The type that a reader has to go by: the `type` in the data, otherwise the event's name, otherwise "".

    The name steps in so that data without a type (REQ-SSE-004) is one defect and not a missing event as well. What
    broke off in the middle of its data, at the end of the body, has no type at all.
    """
    if not event.terminated and not isinstance(event.json, dict):
        return ""
    return event.type or event.name or ""


def trace_of(events: Sequence[Event]) -> Trace:
    """Walks the events of one stream through the grammar. Any input is walked to its end; nothing is raised.

    After a violation the walk goes on in the state that explains the rest best, so that one defect of a stream breaks
    one rule.
    """
    walker = _Walker()
    kinds = tuple(kind_of(event) for event in events)
    for number, (event, kind) in enumerate(zip(events, kinds, strict=True), 1):
        walker.number, walker.event = number, event
        if kind in KNOWN_EVENTS:
            walker.step(kind)
    walker.finish(events[-1].end if events else 0)
    violations = sorted(walker.violations, key=lambda found: found.event or len(events) + 1)
    blocks = tuple(Block(each.index, each.type, each.start, tuple(each.deltas), each.stop) for each in walker.blocks)
    return Trace(tuple(violations), walker.state, blocks, kinds)


@dataclass(eq=False)
class _Tracked:
    """A block while the walk goes on. `overtaken` is the event that came where its stop belongs: type, number, offset.

    `start` 0 marks a block that deltas speak of and that never started: it keeps one lost start from being reported
    with every later event of the block.
    """

    index: int
    type: str | None
    start: int
    deltas: list[int] = field(default_factory=list)
    stop: int | None = None
    overtaken: tuple[str, int, int] | None = None


class _Walker:
    """One walk: the state of the table, the blocks by index, and what was found.

    `current` is the open block, if there is one; blocks that were overtaken may still be open besides it.
    """

    def __init__(self) -> None:
        self.state = State.START
        self.violations: list[Violation] = []
        self.blocks: list[_Tracked] = []
        self.current: _Tracked | None = None
        self.latest: dict[int, _Tracked] = {}
        self.unstopped: dict[int, list[_Tracked]] = {}
        self.started = False
        self.end_reported = False
        self.next_index = 0
        self.number = 0
        self.event = Event(None, None, 0, 0, 0.0)

    def step(self, kind: str) -> None:
        """Reads one event: repairs until the table allows it or it is passed over, then keeps track of the blocks."""
        while kind not in GRAMMAR[self.state]:
            if self.state is State.FAILED:
                return
            rule, following = REPAIRS[self.state][kind]
            self._broken(rule, kind)
            if following is self.state:
                break
            self.state = following
        else:
            self.state = GRAMMAR[self.state][kind]
        if self.state is State.ENDED:
            return
        if kind == "message_start":
            self.started = True
        elif kind == "content_block_start":
            self._start()
        elif kind == "content_block_delta":
            self._delta()
        elif kind == "content_block_stop":
            self._stop()
        if self.state in (State.MESSAGE, State.BLOCK):
            self.state = State.MESSAGE if self.current is None else State.BLOCK

    def finish(self, end: int) -> None:
        """Says what never came, at the end of the body."""
        for block in self.blocks:
            if block.overtaken is not None and block.stop is None:
                kind, number, offset = block.overtaken
                expected = f"content_block_stop for block {block.index} (started by event {block.start})"
                actual = f"{kind} while it is open, and no stop for it in the whole stream"
                self.violations.append(Violation(BLOCK_NOT_STOPPED, number, offset, expected, actual))
        rule = UNFINISHED.get(self.state)
        if rule == MESSAGE_START_FIRST:
            actual = "a body without any event of a message"
            self.violations.append(Violation(rule, None, end, "message_start as the first event", actual))
        elif rule is not None:
            actual = f"the end of the body {self.state}"
            self.violations.append(Violation(rule, None, end, "message_stop as the last event", actual))

    def _broken(self, rule: str, kind: str) -> None:
        """Notes a broken rule of the table, except those that only the rest of the stream or the index can decide."""
        if rule == BLOCK_NOT_STOPPED and self.current is not None:
            self.current.overtaken = (kind, self.number, self.event.offset)
            self.current = None
        elif rule == MESSAGE_START_FIRST:
            self._note(rule, "message_start before any other event of the message", f"{kind} comes first")
        elif rule == ONE_MESSAGE_START and self.started:
            self._note(rule, "exactly one message_start", f"another message_start {self.state}")
        elif rule == BLOCKS_BEFORE_MESSAGE_DELTA:
            self._note(rule, "every block before the first message_delta", f"{kind} {self.state}")
        elif rule == MESSAGE_DELTA_PRESENT:
            self._note(rule, "a message_delta before message_stop", "message_stop without any message_delta")
        elif rule == NOTHING_AFTER_MESSAGE_STOP and not self.end_reported:
            self.end_reported = True
            self._note(rule, "the end of the body", f"{kind} {self.state}")

    def _start(self) -> None:
        data = _data(self.event)
        content_block = data.get("content_block")
        kind = content_block.get("type") if isinstance(content_block, dict) else None
        expected = self.next_index
        index = self._index(data)
        if index is None:
            index = expected
        elif index != expected and not self._spoken_of(index):
            self._note(INDEX_CONTIGUOUS, f"index {expected} for this block", f"index {show(index)}")
        block = _Tracked(index, kind if isinstance(kind, str) else None, self.number)
        self.blocks.append(block)
        self._open(block)

    def _open(self, block: _Tracked) -> None:
        self.next_index = block.index + 1
        self.latest[block.index] = block
        self.unstopped.setdefault(block.index, []).append(block)
        if self.state is not State.CLOSING:
            self.current = block

    def _spoken_of(self, index: int) -> bool:
        """Whether deltas named this index before any start did."""
        block = self.latest.get(index)
        return block is not None and block.start == 0

    def _unstarted(self, index: int | None) -> None:
        """Notes a delta for a block that never started; where its start is what is missing, the block goes on."""
        about = "while no block is open" if index is None else f"for index {show(index)}, which was never started"
        self._note(DELTA_WITHOUT_START, "a delta for a block that was started", f"a delta {about}")
        if self.current is None and index in (None, self.next_index):
            self._open(_Tracked(self.next_index, None, 0))
        elif index is not None:
            block = self.latest[index] = _Tracked(index, None, 0)
            self.unstopped[index] = [block]

    def _delta(self) -> None:
        index = self._index(_data(self.event))
        block = self._addressed(index)
        if block is None:
            self._unstarted(index)
            return
        if block.stop is not None:
            actual = f"a delta for block {block.index}, which event {block.stop} stopped"
            self._note(DELTA_AFTER_STOP, "a delta for the open block", actual)
            return
        block.deltas.append(self.number)
        delta = _data(self.event).get("delta")
        kind = delta.get("type") if isinstance(delta, dict) else None
        fitting = FITS.get(block.type or "")
        if fitting is not None and isinstance(kind, str) and kind in DELTAS and kind not in fitting:
            wanted = " or ".join(sorted(fitting, reverse=True))
            self._note(DELTA_FITS_BLOCK, f"{wanted} in a {block.type} block", f"{kind} in block {block.index}")

    def _stop(self) -> None:
        index = self._index(_data(self.event))
        block = self._addressed(index)
        if block is None:
            about = "while no block is open" if index is None else f"for index {show(index)}, which was never started"
            self._note(STOP_WITHOUT_START, "a stop for a block that was started", f"a stop {about}")
            return
        if block.stop is not None:
            actual = f"another one for block {block.index}, which event {block.stop} stopped"
            self._note(STOP_AFTER_STOP, "one content_block_stop for each block", actual)
            return
        block.stop = self.number
        self.unstopped[block.index].pop()
        if block is self.current:
            self.current = None
        if block.overtaken is not None and block.start:
            kind, number, offset = block.overtaken
            rule = BLOCKS_DO_NOT_OVERLAP if kind == "content_block_start" else BLOCKS_BEFORE_MESSAGE_DELTA
            expected = f"content_block_stop for block {block.index} before the next {kind}"
            self.violations.append(Violation(rule, number, offset, expected, f"its stop is event {self.number}"))

    def _addressed(self, index: int | None) -> _Tracked | None:
        """The block that a delta or stop is about: by its index, or the open one where it has no integer index."""
        if index is None:
            return self.current
        unstopped = self.unstopped.get(index)
        return unstopped[-1] if unstopped else self.latest.get(index)

    def _index(self, data: dict[str, Json]) -> int | None:
        """The event's index. A wrong type is noted; digits in a string still say which block is meant."""
        if not data:
            return None
        index = data.get("index")
        if isinstance(index, int) and not isinstance(index, bool):
            return index
        self._note(INDEX_IS_INTEGER, "an integer as index", show(index) if "index" in data else "no index")
        if isinstance(index, str) and len(index) < 10 and index.isascii() and index.isdigit():
            return int(index)
        return None

    def _note(self, rule: str, expected: str, actual: str) -> None:
        self.violations.append(Violation(rule, self.number, self.event.offset, expected, actual))


def _data(event: Event) -> dict[str, Json]:
    """The data of an event; empty where it is not a JSON object, so that its index is not judged."""
    return event.json if isinstance(event.json, dict) else {}
