"""The verdict table, line by line."""

from __future__ import annotations

from itertools import product

import pytest

from conformance.judge.verdict import TABLE, Completeness, Control, Signals, decide
from conformance.judge.verdict import CapabilityState as State
from conformance.judge.verdict import CheckResult as Result
from conformance.model import Outcome

FULL = Completeness.FULL

EVERY = [
    Signals(evidence, result, control, precondition, protocol, capability)
    for evidence, result, control, precondition, protocol, capability in product(
        Completeness, Result, Control, (True, False), (True, False), State
    )
]


def is_owed_refusal(signals: Signals) -> bool:
    """What the specification has the model refuse is refused."""
    return signals.capability is State.MUST_REFUSE and signals.checks is Result.DECLINED


def test_every_combination_of_signals_has_a_verdict():
    assert {decide(signals).outcome for signals in EVERY} == set(Outcome)


def test_every_line_of_the_table_decides_something():
    assert [row for row in TABLE if row not in {decide(signals) for signals in EVERY}] == []


def test_nothing_passes_unless_every_check_was_satisfied_on_full_evidence():
    passing = [signals for signals in EVERY if decide(signals).outcome is Outcome.PASS and not is_owed_refusal(signals)]
    assert {(signals.evidence, signals.checks, signals.precondition) for signals in passing} == {
        (FULL, Result.FINE, True)
    }
    assert {signals.control for signals in passing} == {Control.NONE, Control.ACCEPTED}
    assert State.LACKING not in {signals.capability for signals in passing}


@pytest.mark.parametrize(
    ("signals", "outcome"),
    [
        # Capabilities, DESIGN.md section 6.
        (Signals(FULL, Result.DECLINED, capability=State.UNKNOWN), Outcome.UNSUPPORTED),
        (Signals(FULL, Result.DECLINED, capability=State.DECLARED), Outcome.FAIL),
        (Signals(FULL, Result.DECLINED, capability=State.PROBED), Outcome.FAIL),
        (Signals(Completeness.PARTIAL, Result.DECLINED, capability=State.UNKNOWN), Outcome.UNSUPPORTED),
        (Signals(Completeness.PARTIAL, Result.DECLINED, capability=State.DECLARED), Outcome.FAIL),
        (Signals(FULL, Result.DEVIATION, capability=State.UNKNOWN), Outcome.FAIL),
        (Signals(FULL, Result.IGNORED, capability=State.UNKNOWN), Outcome.IGNORED),
        (Signals(FULL, Result.IGNORED, capability=State.PROBED), Outcome.IGNORED),
        (Signals(FULL, Result.IGNORED), Outcome.IGNORED),
        (Signals(FULL, Result.IGNORED, capability=State.DECLARED), Outcome.FAIL),
        (Signals(FULL, Result.DEVIATION, capability=State.LACKING), Outcome.NOT_APPLICABLE),
        (Signals(Completeness.UNSENT, capability=State.LACKING), Outcome.NOT_APPLICABLE),
        # What the specification has the model refuse.
        (Signals(FULL, Result.DECLINED, capability=State.MUST_REFUSE), Outcome.PASS),
        (Signals(Completeness.PARTIAL, Result.DECLINED, capability=State.MUST_REFUSE), Outcome.PASS),
        (Signals(FULL, Result.ACCEPTED, capability=State.MUST_REFUSE), Outcome.FAIL),
        (Signals(FULL, Result.ACCEPTED, precondition=False, capability=State.MUST_REFUSE), Outcome.FAIL),
        (Signals(FULL, Result.DEVIATION, capability=State.MUST_REFUSE), Outcome.FAIL),
        (
            Signals(FULL, Result.FINE, Control.DECLINED, capability=State.MUST_REFUSE),
            Outcome.NOT_APPLICABLE,
        ),
        (Signals(FULL, Result.DECLINED, capability=State.MAY_REFUSE), Outcome.NOT_APPLICABLE),
        (Signals(FULL, Result.FINE, capability=State.MAY_REFUSE), Outcome.PASS),
        (
            Signals(FULL, Result.FINE, Control.DECLINED, capability=State.MAY_REFUSE),
            Outcome.NOT_APPLICABLE,
        ),
        # A refusal counts only where its control was accepted.
        (Signals(FULL, Result.FINE, Control.ACCEPTED), Outcome.PASS),
        (Signals(FULL, Result.FINE, Control.DECLINED), Outcome.INCONCLUSIVE),
        (Signals(FULL, Result.FINE, Control.USELESS), Outcome.INCONCLUSIVE),
        (Signals(FULL, Result.FINE, Control.DECLINED, capability=State.UNKNOWN), Outcome.UNSUPPORTED),
        (Signals(FULL, Result.FINE, Control.DECLINED, capability=State.PROBED), Outcome.INCONCLUSIVE),
        (Signals(FULL, Result.ACCEPTED, Control.ACCEPTED), Outcome.FAIL),
        # No evidence, no verdict.
        (Signals(Completeness.UNSENT), Outcome.NOT_RUN),
        (Signals(Completeness.TROUBLE), Outcome.INCONCLUSIVE),
        (Signals(Completeness.BUSY), Outcome.INCONCLUSIVE),
        (Signals(Completeness.PARTIAL), Outcome.INCONCLUSIVE),
        (Signals(FULL, Result.FINE, precondition=False), Outcome.INCONCLUSIVE),
        (Signals(FULL, Result.ABSENT), Outcome.NOT_APPLICABLE),
        (Signals(FULL, Result.UNSEEN), Outcome.INCONCLUSIVE),
        (Signals(FULL, Result.UNFOLLOWED), Outcome.INCONCLUSIVE),
    ],
)
def test_the_table_says_what_the_design_says(signals, outcome):
    assert decide(signals).outcome is outcome
