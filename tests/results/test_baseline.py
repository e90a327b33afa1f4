"""What the baseline excuses, which entries are stale, and what an update writes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model import Judgement, Mode, Outcome
from conformance.results.conclusions.baseline import STALE, TO_EXPLAIN, EntryState, excused, standings, updated
from conformance.standard.baseline import Baseline, Entry

TODAY = date(2026, 11, 22)
LATER, EARLIER = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def entry(case: str = "a", mode: Mode | None = None, expires: date = LATER, **more: str) -> Entry:
    return Entry(case, mode, more.pop("reason", "known since spring"), expires, **more, line=7)


def judged(
    case: str = "a", outcome: Outcome = Outcome.FAIL, mode: Mode = Mode.JSON, *, gates: bool = True
) -> Judgement:
    return Judgement(case, mode, outcome, gates=gates and outcome in (Outcome.FAIL, Outcome.IGNORED))


def known_file(*entries: Entry) -> Baseline:
    return Baseline("known.yaml", entries)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.IGNORED])
def test_a_listed_deviation_is_known_and_does_not_gate(outcome):
    found = excused(judged(outcome=outcome), known_file(entry(owner="us", link="https://x.example/1")), TODAY)
    assert found.known is not None
    assert (found.gates, found.known.reason, found.known.entry) == (False, "known since spring", "known.yaml:7")
    assert (found.known.owner, found.known.link) == ("us", "https://x.example/1")
    assert found.outcome is outcome


def test_a_deviation_that_is_not_listed_gates_as_before():
    assert excused(judged("b"), known_file(entry()), TODAY) == judged("b")
    assert excused(judged(mode=Mode.STREAM), known_file(entry(mode=Mode.JSON)), TODAY) == judged(mode=Mode.STREAM)


def test_a_deviation_that_does_not_gate_can_be_listed_and_is_known():
    assert excused(judged(gates=False), known_file(entry()), TODAY).known is not None


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.FAIL, Outcome.IGNORED}))
def test_what_does_not_deviate_is_never_known(outcome):
    assert excused(judged(outcome=outcome), known_file(entry()), TODAY, updating=True).known is None


def test_the_last_day_still_counts_and_the_day_after_excuses_nothing():
    assert excused(judged(), known_file(entry(expires=TODAY)), TODAY).known is not None
    assert excused(judged(), known_file(entry(expires=EARLIER)), TODAY) == judged()


def test_while_a_baseline_is_updated_everything_that_gates_becomes_known():
    found = excused(judged(), known_file(), TODAY, updating=True)
    assert found.known is not None
    assert (found.gates, found.known.reason, found.known.expires) == (False, TO_EXPLAIN, "2027-02-20")
    assert excused(judged(gates=False), known_file(), TODAY, updating=True).known is None


@pytest.mark.parametrize(
    ("listed", "judgements", "whole", "state", "words"),
    [
        (entry(), [judged()], True, EntryState.KNOWN, ""),
        (entry(), [judged(outcome=Outcome.PASS)], True, EntryState.PASSES, "remove the entry"),
        (entry(), [judged(outcome=Outcome.PASS)], False, EntryState.PASSES, "remove the entry"),
        (entry(), [judged(outcome=Outcome.PASS), judged(mode=Mode.STREAM)], True, EntryState.KNOWN, ""),
        (entry(expires=EARLIER), [judged()], True, EntryState.EXPIRED, "expired on 2026-11-21"),
        (entry(expires=EARLIER), [judged(outcome=Outcome.PASS)], True, EntryState.PASSES, "remove the entry"),
        (entry(expires=EARLIER), [], False, EntryState.OPEN, "not part of this run"),
        (entry("tools-reed"), [judged("tools-read", Outcome.PASS)], True, EntryState.UNMATCHED, "mean 'tools-read'"),
        (entry("aa"), [judged("ab", Outcome.PASS)], False, EntryState.OPEN, "not part of this run"),
        (entry(mode=Mode.STREAM), [judged()], True, EntryState.UNMATCHED, "no mode stream, only json"),
        (entry(), [judged(outcome=Outcome.INCONCLUSIVE)], True, EntryState.OPEN, "inconclusive"),
        (entry(), [judged(outcome=Outcome.NOT_RUN)], True, EntryState.OPEN, "not-run"),
        (
            entry(),
            [judged(outcome=Outcome.PASS), judged(outcome=Outcome.NOT_RUN, mode=Mode.STREAM)],
            True,
            EntryState.OPEN,
            "left alone",
        ),
    ],
)
def test_every_entry_is_known_stale_or_left_alone(listed, judgements, whole, state, words):
    (found,) = standings(known_file(listed), judgements, whole=whole, today=TODAY)
    assert found.state is state
    assert words in found.sentence


def test_an_update_adds_removes_renews_and_keeps():
    before = known_file(
        entry("gone"),
        entry("fixed"),
        entry("old", expires=EARLIER, reason="vendor is slow", owner="us"),
        entry("same", link="https://x.example/2"),
        entry("unseen", expires=EARLIER),
    )
    judgements = [
        judged("fixed", Outcome.PASS),
        judged("old"),
        judged("same"),
        judged("unseen", Outcome.INCONCLUSIVE),
        judged("fresh", mode=Mode.STREAM),
        judged("lenient", gates=False),
    ]
    marked = [excused(judgement, before, TODAY, updating=True) for judgement in judgements]
    change = updated(before, marked, whole=True, today=TODAY)
    assert (change.added, change.removed, change.renewed) == (1, 2, 1)
    after = {found.case: found for found in change.entries}
    assert set(after) == {"old", "same", "unseen", "fresh"}
    assert (after["old"].expires, after["old"].reason, after["old"].owner) == (
        date(2027, 2, 20),
        "vendor is slow",
        "us",
    )
    assert after["same"] == before.entries[3]
    assert after["unseen"] == before.entries[4]
    assert after["fresh"] == Entry("fresh", Mode.STREAM, TO_EXPLAIN, date(2027, 2, 20))


OUTCOMES = st.sampled_from(Outcome)
ENTRIES = st.lists(
    st.builds(entry, st.sampled_from("abc"), st.sampled_from([None, *Mode]), st.sampled_from([EARLIER, TODAY, LATER])),
    unique_by=lambda found: found.case,
)
JUDGEMENTS = st.lists(
    st.builds(judged, st.sampled_from("abcd"), OUTCOMES, st.sampled_from(Mode), gates=st.booleans()),
    unique_by=lambda found: (found.case, found.mode),
)


@given(ENTRIES, JUDGEMENTS, st.booleans())
def test_after_an_update_nothing_gates_nothing_is_stale_and_a_second_one_changes_nothing(entries, judgements, whole):
    def run(baseline: Baseline, *, updating: bool) -> list[Judgement]:
        return [excused(judgement, baseline, TODAY, updating=updating) for judgement in judgements]

    before = known_file(*entries)
    change = updated(before, run(before, updating=True), whole=whole, today=TODAY)
    after = known_file(*change.entries)
    assert not any(judgement.gates for judgement in run(after, updating=False))
    assert not [found for found in standings(after, judgements, whole=whole, today=TODAY) if found.state in STALE]
    again = updated(after, run(after, updating=True), whole=whole, today=TODAY)
    assert (again.entries, again.added, again.removed, again.renewed) == (change.entries, 0, 0, 0)
