"""The verdict table, line by line."""

from __future__ import annotations

from itertools import product

import pytest

from conformance.judge.verdict import TABLE, Ability, Control, Said, Shown, Signals, decide
from conformance.model import Outcome

FULL = Shown.FULL

EVERY = [
    Signals(shown, said, control, given, ability)
    for shown, said, control, given, ability in product(Shown, Said, Control, (True, False), Ability)
]


def is_owed_refusal(signals: Signals) -> bool:
    """What the specification has the model refuse is refused."""
    return signals.ability is Ability.REFUSED and signals.said is Said.DECLINED


def test_every_combination_of_signals_has_a_verdict():
    assert {decide(signals).outcome for signals in EVERY} == set(Outcome)


def test_every_line_of_the_table_decides_something():
    assert [row for row in TABLE if row not in {decide(signals) for signals in EVERY}] == []


def test_nothing_passes_unless_every_check_was_satisfied_on_full_evidence():
    passing = [signals for signals in EVERY if decide(signals).outcome is Outcome.PASS and not is_owed_refusal(signals)]
    assert {(signals.shown, signals.said, signals.given) for signals in passing} == {(FULL, Said.FINE, True)}
    assert {signals.control for signals in passing} == {Control.NONE, Control.ACCEPTED}
    assert Ability.ABSENT not in {signals.ability for signals in passing}


@pytest.mark.parametrize(
    ("signals", "outcome"),
    [
        # Capabilities, DESIGN.md section 6.
        (Signals(FULL, Said.DECLINED, ability=Ability.UNDECLARED), Outcome.UNSUPPORTED),
        (Signals(FULL, Said.DECLINED, ability=Ability.DECLARED), Outcome.FAIL),
        (Signals(FULL, Said.DECLINED, ability=Ability.PROBED), Outcome.FAIL),
        (Signals(Shown.PARTIAL, Said.DECLINED, ability=Ability.UNDECLARED), Outcome.UNSUPPORTED),
        (Signals(Shown.PARTIAL, Said.DECLINED, ability=Ability.DECLARED), Outcome.FAIL),
        (Signals(FULL, Said.DEVIATION, ability=Ability.UNDECLARED), Outcome.FAIL),
        (Signals(FULL, Said.IGNORED, ability=Ability.UNDECLARED), Outcome.IGNORED),
        (Signals(FULL, Said.IGNORED, ability=Ability.PROBED), Outcome.IGNORED),
        (Signals(FULL, Said.IGNORED), Outcome.IGNORED),
        (Signals(FULL, Said.IGNORED, ability=Ability.DECLARED), Outcome.FAIL),
        (Signals(FULL, Said.DEVIATION, ability=Ability.ABSENT), Outcome.NOT_APPLICABLE),
        (Signals(Shown.UNSENT, ability=Ability.ABSENT), Outcome.NOT_APPLICABLE),
        # What the specification has the model refuse.
        (Signals(FULL, Said.DECLINED, ability=Ability.REFUSED), Outcome.PASS),
        (Signals(Shown.PARTIAL, Said.DECLINED, ability=Ability.REFUSED), Outcome.PASS),
        (Signals(FULL, Said.ACCEPTED, ability=Ability.REFUSED), Outcome.FAIL),
        (Signals(FULL, Said.ACCEPTED, given=False, ability=Ability.REFUSED), Outcome.FAIL),
        (Signals(FULL, Said.DEVIATION, ability=Ability.REFUSED), Outcome.FAIL),
        (Signals(FULL, Said.FINE, Control.DECLINED, ability=Ability.REFUSED), Outcome.NOT_APPLICABLE),
        (Signals(FULL, Said.DECLINED, ability=Ability.DOUBTED), Outcome.NOT_APPLICABLE),
        (Signals(FULL, Said.FINE, ability=Ability.DOUBTED), Outcome.PASS),
        (Signals(FULL, Said.FINE, Control.DECLINED, ability=Ability.DOUBTED), Outcome.NOT_APPLICABLE),
        # A refusal counts only where its control was accepted.
        (Signals(FULL, Said.FINE, Control.ACCEPTED), Outcome.PASS),
        (Signals(FULL, Said.FINE, Control.DECLINED), Outcome.INCONCLUSIVE),
        (Signals(FULL, Said.FINE, Control.USELESS), Outcome.INCONCLUSIVE),
        (Signals(FULL, Said.FINE, Control.DECLINED, ability=Ability.UNDECLARED), Outcome.UNSUPPORTED),
        (Signals(FULL, Said.FINE, Control.DECLINED, ability=Ability.PROBED), Outcome.INCONCLUSIVE),
        (Signals(FULL, Said.ACCEPTED, Control.ACCEPTED), Outcome.FAIL),
        (Signals(FULL, Said.NO_ENVELOPE, Control.ACCEPTED), Outcome.INCONCLUSIVE),
        # No evidence, no verdict.
        (Signals(Shown.UNSENT), Outcome.NOT_RUN),
        (Signals(Shown.TROUBLE), Outcome.INCONCLUSIVE),
        (Signals(Shown.BUSY), Outcome.INCONCLUSIVE),
        (Signals(Shown.PARTIAL), Outcome.INCONCLUSIVE),
        (Signals(FULL, Said.FINE, given=False), Outcome.INCONCLUSIVE),
        (Signals(FULL, Said.ABSENT), Outcome.NOT_APPLICABLE),
        (Signals(FULL, Said.UNSEEN), Outcome.INCONCLUSIVE),
    ],
)
def test_the_table_says_what_the_design_says(signals, outcome):
    assert decide(signals).outcome is outcome
