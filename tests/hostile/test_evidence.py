"""What was not earned does not pass, and what was recorded gives the same verdicts again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.wire.redact import Redactor
from hostile import properties, strategies
from hostile.attacks.attack import Attack, Moment, Plan
from hostile.attacks.bodies import SPOILING_CODINGS, SPOILING_TEXTS, WHOLLY_FOREIGN, Charset, Coding, Text
from hostile.attacks.connections import Cut
from hostile.attacks.heads import HARMLESS_LINES, STATUS_LINES, StatusLine
from hostile.draft import Ending
from hostile.drive import folder, judged_again, run
from hostile.profile import examples
from hostile.server import Stage

pytestmark = pytest.mark.slow

SPOILING: st.SearchStrategy[Attack] = st.one_of(
    st.builds(Text, st.sampled_from(sorted(SPOILING_TEXTS))),
    st.builds(Charset, st.sampled_from(sorted(WHOLLY_FOREIGN)), st.booleans()),
    st.builds(Coding, st.sampled_from(sorted(SPOILING_CODINGS))),
    st.builds(StatusLine, st.sampled_from(sorted(STATUS_LINES.keys() - HARMLESS_LINES))),
    st.builds(Cut, st.sampled_from([Ending.RESET, Ending.CLOSE, Ending.HALF_CLOSE]), st.integers(0, 60)),
    st.builds(Cut, st.sampled_from([Ending.SILENCE, Ending.ENDLESS]), st.none()),
)
"""Attacks after which nothing that a body says has been earned."""


def test_an_endpoint_that_answers_nothing_legible_passes_nothing(stage: Stage) -> None:
    @examples()
    @given(SPOILING)
    def holds(attack: Attack) -> None:
        with folder() as here:
            ran = run(stage, (Plan((attack,)),), "sk-nothing-legible", here)
            properties.ends(ran)
            properties.earns_what_it_passes(ran)
            assert ran.results is not None
            assert ran.results.exit_code != 0

    holds()


def test_an_endpoint_that_dies_in_the_middle_gets_no_green(stage: Stage) -> None:
    @examples()
    @given(SPOILING, st.integers(2, 9))
    def holds(attack: Attack, n: int) -> None:
        with folder() as here:
            ran = run(stage, (Plan((attack,), Moment.FROM, n),), "sk-dies-in-the-middle", here)
            properties.ends(ran)
            properties.earns_what_it_passes(ran)
            assert ran.results is not None
            if any(ran.spoiled.values()):
                assert ran.results.exit_code != 0, "the gate holds although the endpoint died"

    holds()


def test_a_journal_gives_the_verdicts_of_its_run(stage: Stage) -> None:
    @examples()
    @given(
        strategies.plans(strategies.status_line(), strategies.connection(), strategies.values(), strategies.events())
    )
    def holds(plans: tuple[Plan, ...]) -> None:
        with folder() as here:
            ran = run(stage, plans, "sk-judged-again", here)
            properties.ends(ran)
            properties.can_be_judged_again(ran)

    holds()


def test_redaction_changes_no_verdict(stage: Stage) -> None:
    """The journal of a run whose endpoint speaks of nobody's key, and the same journal with that key redacted."""

    @examples(0.5)
    @given(strategies.plans(strategies.spoken(), most=1), strategies.keys())
    def holds(plans: tuple[Plan, ...], key: str) -> None:
        with folder() as here:
            ran = run(stage, plans, key, here, client_key="sk-another-key-1234567890")
            plain, redacted = judged_again(ran), judged_again(ran, Redactor([key]))
            differing = {
                case: (plain[case].outcome, redacted[case].outcome)
                for case in plain
                if plain[case].outcome != redacted[case].outcome
            }
            assert not differing, f"with and without redaction: {differing}"

    holds()
