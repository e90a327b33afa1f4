"""What an attack is: one change of a draft, made at its layer; and when attacks are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import ClassVar

from hostile.draft import Draft


class Layer(IntEnum):
    """The order in which attacks on one answer are made, from the inside out."""

    VALUE = 1
    EVENTS = 2
    BODY = 3
    CHARSET = 4
    CODING = 5
    HEAD = 6
    CONNECTION = 7


@dataclass(frozen=True)
class Attack:
    """One change. Subclasses are frozen data, so that an example can be read, shrunk and written down."""

    layer: ClassVar[Layer]

    def apply(self, draft: Draft) -> None:
        """Changes the draft."""
        raise NotImplementedError


class Moment(StrEnum):
    """Which calls are attacked; `n` is the number of the call where a moment needs one."""

    ALWAYS = "always"
    FIRST = "first"
    ONLY = "only the n-th"
    FROM = "from the n-th on"
    EVERY_OTHER = "every other"


@dataclass(frozen=True)
class Plan:
    """Attacks that are made together, and when."""

    attacks: tuple[Attack, ...]
    moment: Moment = Moment.ALWAYS
    n: int = 2

    def hits(self, number: int) -> bool:
        """Whether the call with this number, from 1 on, is attacked."""
        match self.moment:
            case Moment.ALWAYS:
                return True
            case Moment.FIRST:
                return number == 1
            case Moment.ONLY:
                return number == self.n
            case Moment.FROM:
                return number >= self.n
            case Moment.EVERY_OTHER:
                return number % 2 == self.n % 2


def attacked(draft: Draft, plans: Sequence[Plan], number: int) -> Draft:
    """The draft after all attacks that hit the call with this number."""
    attacks = [attack for plan in plans if plan.hits(number) for attack in plan.attacks]
    for attack in sorted(attacks, key=lambda each: each.layer):
        attack.apply(draft)
    return draft
