"""What is wrong with the form of an answer is a finding, from the first request on and later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from conformance.model import Mode, Outcome
from hostile.attacks.attack import Attack, Layer, Moment, Plan
from hostile.attacks.bodies import Charset
from hostile.attacks.heads import StatusLine
from hostile.draft import Draft, Pairs, Raw
from hostile.drive import library, run
from hostile.server import Stage

LENGTHS, STATUS, STRICT, UTF_8 = (
    "transport-one-length",
    "transport-status-exists",
    "transport-json-is-strict",
    "stream-is-utf-8",
)
JUDGED = (LENGTHS, STATUS, STRICT, UTF_8, "response-has-id", "messages-content-string")


@dataclass(frozen=True)
class Heads(Attack):
    """Headers as they are, in place of those that say how long the body is."""

    layer = Layer.HEAD
    headers: tuple[tuple[bytes, bytes], ...]

    def apply(self, draft: Draft) -> None:
        size = str(len(draft.body)).encode()
        draft.headers += [(name, value.replace(b"SIZE", size)) for name, value in self.headers]


@dataclass(frozen=True)
class Value(Attack):
    """Something else in the values of an answer."""

    layer: ClassVar[Layer] = Layer.VALUE
    change: Callable[[Any], Any]

    def apply(self, draft: Draft) -> None:
        if draft.events is None:
            draft.value = self.change(draft.value)
        else:
            draft.events = [(name, self.change(data)) for name, data in draft.events]


ATTACKS: dict[str, tuple[Attack, str]] = {
    "two lengths": (Heads(((b"content-length", b"SIZE"), (b"content-length", b"7"))), LENGTHS),
    "two lengths in one header": (Heads(((b"content-length", b"SIZE, 7"),)), LENGTHS),
    "a length that is no number": (Heads(((b"content-length", b"0x20"),)), LENGTHS),
    "a negative length": (Heads(((b"content-length", b"-1"),)), LENGTHS),
    "two codings": (Heads(((b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked"))), LENGTHS),
    "a coding that nobody knows": (Heads(((b"transfer-encoding", b"rot13"),)), LENGTHS),
    "status 999": (StatusLine("status 999"), STATUS),
    "status 600": (StatusLine("status 600"), STATUS),
    "status 1000": (StatusLine("status 1000"), STATUS),
    "status -1": (StatusLine("status -1"), STATUS),
    "a header without a colon": (Heads(((b"x\x00y", b"z"),)), STATUS),
    "a large integer": (Value(lambda value: {**value, "extra": 2**53 + 1}), STRICT),
    "an endless integer": (Value(lambda value: {**value, "extra": Raw("9" * 5000)}), STRICT),
    "an infinite number": (Value(lambda value: {**value, "extra": Raw("1e999")}), STRICT),
    "a name twice": (Value(lambda value: Pairs([*value.items(), ("type", value.get("type"))])), STRICT),
    "UTF-16": (Charset("utf-16"), STRICT),
    "Latin-1": (Charset("latin-1"), STRICT),
    "an event in Latin-1": (Charset("latin-1"), UTF_8),
    "an event that is cut in a character": (Charset("overlong"), UTF_8),
}
"""Attacks by name, and the case that finds each."""


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("moment", [Plan((), Moment.ALWAYS), Plan((), Moment.FROM, 3)], ids=["always", "later"])
def test_what_is_wrong_with_the_form_is_a_finding(stage: Stage, tmp_path: Path, attack: str, moment: Plan) -> None:
    made, case = ATTACKS[attack]
    items = [(library().cases[name], mode) for name in JUDGED for mode in library().cases[name].modes]
    ran = run(stage, [replace(moment, attacks=(made,))], "sk-form-0123456789", tmp_path, items=items, concurrency=1)
    assert ran.results is not None, ran.shown
    modes = [mode for mode in Mode if (case, mode) in ran.judgements]
    outcomes = {ran.judgements[case, mode].outcome for mode in modes}
    assert Outcome.FAIL in outcomes, [ran.judgements[case, mode].reason for mode in modes]
    assert ran.results.exit_code == 1
