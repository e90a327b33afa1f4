"""Attacks on the connection: where an answer breaks off, and what becomes of the connection then."""

from __future__ import annotations

from dataclasses import dataclass

from hostile.attacks.attack import Attack, Layer
from hostile.draft import Draft, Ending


@dataclass(frozen=True)
class Cut(Attack):
    """Sends `at` bytes of the answer, modulo their number, and then treats the connection as `ending` says.

    `at` None: all of them.
    """

    layer = Layer.CONNECTION
    ending: Ending
    at: int | None = 0

    def apply(self, draft: Draft) -> None:
        draft.cut, draft.ending = self.at, self.ending
        if self.ending in (Ending.SILENCE, Ending.ENDLESS) and self.at is None:
            draft.header(b"content-length", b"99999999")  # more is promised, and nothing or anything comes
            draft.header(b"transfer-encoding", None)
            draft.chunked = False
            draft.spoiled = draft.events is None  # a stream says with its last event that it is all there


@dataclass(frozen=True)
class Dribble(Attack):
    """Sends the answer in small pieces."""

    layer = Layer.CONNECTION
    size: int

    def apply(self, draft: Draft) -> None:
        draft.dribble = self.size


@dataclass(frozen=True)
class Informational(Attack):
    """Sends informational responses before the answer."""

    layer = Layer.CONNECTION
    status: int
    times: int

    def apply(self, draft: Draft) -> None:
        draft.before += [f"HTTP/1.1 {self.status} Wait\r\nx-note: 1\r\n\r\n".encode()] * self.times


@dataclass(frozen=True)
class Behind(Attack):
    """Sends something behind the end of the answer, where the next answer would be."""

    layer = Layer.CONNECTION
    data: bytes

    def apply(self, draft: Draft) -> None:
        draft.after.append(self.data)
