"""Finds where the SDK's reading of a reply differs from ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from conformance.base.pointer import join
from conformance.base.values import show
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.second_opinion.sdk import SdkError, SdkReading

_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")


class Parting(StrEnum):
    """How two readings differ. The last three are about the Message, the others about events."""

    RAISED = "raised"
    DROPPED = "dropped"
    CHANGED = "changed"
    LOST = "lost"
    ADDED = "added"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Disagreement:
    """One place where the readings differ. `number` is that of the event (None: the Message as a whole).

    `pointer` is a JSON pointer in the event or in the Message, `ours` and `theirs` are what each side has there.
    """

    how: Parting
    number: int | None
    pointer: str
    ours: str
    theirs: str

    @property
    def id(self) -> str:
        """The same for every place of one kind, as in `lost /content/*/input/city` or `raised IndexError`."""
        what = self.theirs.partition(":")[0] if self.how is Parting.RAISED else _NUMBER.sub("*", self.pointer)
        return f"{self.how} {what}".rstrip()

    def as_json(self) -> dict[str, Json]:
        """The disagreement as JSON values."""
        return {
            "id": self.id,
            "how": self.how.value,
            "event": self.number,
            "pointer": self.pointer,
            "ours": self.ours,
            "sdk": self.theirs,
        }


def compare(reply: Reply, reading: SdkReading) -> tuple[Disagreement, ...]:
    """Where the SDK's reading of a reply differs from ours, events first.

    An error that the endpoint sent as an `error` event, and that the SDK raises, is no disagreement.
    """
    error = reading.parsing or reading.folding
    if error is not None:
        raised = () if _was_sent(reply, error) else (Disagreement(Parting.RAISED, error.number, "", "", _said(error)),)
        return (*_events(reply, reading), *raised)
    return (*_events(reply, reading), *_message(reply.message, reading.message))


def _events(reply: Reply, reading: SdkReading) -> Iterator[Disagreement]:
    """Events that the parser did not deliver, or delivered with other content; pings reach no caller."""
    delivered = dict(reading.delivered)
    last = reading.parsing.number - 1 if reading.parsing else len(reply.events or ())
    for number, event in enumerate((reply.events or ())[:last], 1):
        if number in delivered:
            for how, pointer, ours, theirs in _partings(event.json, delivered[number], ""):
                if how is not Parting.ADDED:
                    yield Disagreement(Parting.CHANGED, number, pointer, ours, theirs)
        elif event.json is not None and "ping" not in (event.name, event.type):
            yield Disagreement(Parting.DROPPED, number, "", show(event.json), "nothing")


def _message(ours: Json, theirs: Json) -> Iterator[Disagreement]:
    for how, pointer, mine, other in _partings(ours, theirs, ""):
        yield Disagreement(how, None, pointer, mine, other)


def _partings(ours: Json, theirs: Json, pointer: str) -> Iterator[tuple[Parting, str, str, str]]:
    """Differences between two JSON values. A member that is null on one side and absent on the other is the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            yield from _partings(ours.get(key), theirs.get(key), join(pointer, key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index in range(max(len(ours), len(theirs))):
            mine, other = (side[index] if index < len(side) else None for side in (ours, theirs))
            yield from _partings(mine, other, join(pointer, index))
    elif ours != theirs or isinstance(ours, bool) is not isinstance(theirs, bool):
        how = Parting.LOST if theirs is None else Parting.ADDED if ours is None else Parting.DIFFERS
        yield how, pointer, show(ours), show(theirs)


def _was_sent(reply: Reply, error: SdkError) -> bool:
    events = reply.events or ()
    return 0 < error.number <= len(events) and events[error.number - 1].name == "error"


def _said(error: SdkError) -> str:
    return f"{error.name}: {show(error.message)}" if error.message else error.name
