"""What the baseline means for a run: which deviations are known, which entries are stale, what an update writes.

Belongs here: matching entries and judgements. Does not belong here: the file (see `standard/baseline.py`), today's date
(it is given), wording beyond one sentence about an entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from conformance.base.suggestions import nearest
from conformance.model import DECIDED, DEVIATING, Judgement, KnownDeviation
from conformance.standard.baseline import Baseline, Entry

TO_EXPLAIN = "to be explained"
"""The reason of an entry that an update adds."""

ACCEPTED_DAYS = 90
"""How long an update accepts a deviation."""


class State(StrEnum):
    """What became of an entry in a run. `passes`, `expired` and `unmatched` are stale and gate."""

    KNOWN = "known"
    PASSES = "passes"
    EXPIRED = "expired"
    UNMATCHED = "unmatched"
    OPEN = "open"


STALE = (State.PASSES, State.EXPIRED, State.UNMATCHED)


@dataclass(frozen=True)
class Standing:
    """What became of one entry, and one sentence that says what to do."""

    entry: Entry
    state: State
    sentence: str = ""


@dataclass(frozen=True)
class Update:
    """What an update writes, and how many entries it adds, removes and gives a later date."""

    entries: tuple[Entry, ...]
    added: int
    removed: int
    renewed: int


def excused(judgement: Judgement, baseline: Baseline, today: date, *, updating: bool = False) -> Judgement:
    """The judgement with what the baseline knows of it: a known deviation does not gate.

    An expired entry excuses nothing. While the baseline is `updating`, everything that gates becomes known.
    """
    if judgement.outcome not in DEVIATING:
        return judgement
    entry = baseline.entry(judgement.case, judgement.mode)
    if entry is not None and (updating or not entry.expired(today)):
        expires = _accepted(today) if entry.expired(today) else entry.expires
        known = KnownDeviation(entry.reason, expires.isoformat(), baseline.place(entry), entry.link, entry.owner)
    elif updating and judgement.gates:
        known = KnownDeviation(TO_EXPLAIN, _accepted(today).isoformat(), baseline.file)
    else:
        return judgement
    return replace(judgement, known=known, gates=False)


def standings(baseline: Baseline, judgements: Sequence[Judgement], *, whole: bool, today: date) -> list[Standing]:
    """What became of each entry. `whole`: the entire catalogue was judged, so that an entry without a case is wrong.

    Entries about cases that were not selected or not decided are left alone, unless they match nothing at all.
    """
    return [_standing(entry, judgements, whole, today) for entry in baseline.entries]


def _standing(entry: Entry, judgements: Sequence[Judgement], whole: bool, today: date) -> Standing:
    own = [judgement for judgement in judgements if entry.covers(judgement.case, judgement.mode)]
    if not own:
        return _without_result(entry, judgements, whole)
    if any(judgement.outcome in DEVIATING for judgement in own):
        if entry.expired(today):
            sentence = f"expired on {entry.expires}: repair the endpoint, or write a later date with a reason for it"
            return Standing(entry, State.EXPIRED, sentence)
        return Standing(entry, State.KNOWN)
    undecided = [judgement for judgement in own if judgement.outcome not in DECIDED]
    if undecided:
        return Standing(entry, State.OPEN, f"not decided in this run ({undecided[0].outcome}); left alone")
    return Standing(entry, State.PASSES, "passes now: remove the entry, so that the next failure is seen")


def _without_result(entry: Entry, judgements: Sequence[Judgement], whole: bool) -> Standing:
    if not whole:
        return Standing(entry, State.OPEN, "not part of this run; left alone")
    modes = sorted(judgement.mode for judgement in judgements if judgement.case == entry.case)
    if modes:
        sentence = f"the case has no mode {entry.mode}, only {', '.join(modes)}: correct or remove the entry"
        return Standing(entry, State.UNMATCHED, sentence)
    near = nearest(entry.case, {judgement.case for judgement in judgements})
    hint = f"; did you mean {near!r}?" if near else ""
    return Standing(entry, State.UNMATCHED, f"matches no case: correct or remove the entry{hint}")


def updated(baseline: Baseline, judgements: Sequence[Judgement], *, whole: bool, today: date) -> Update:
    """The entries after this run: stale ones gone, expired ones that still deviate with a later date, new ones added.

    What is added are the deviations that would gate, which `excused` has marked; the rest of a file stays as it is.
    An added entry names its mode, so that repairing one of two modes is seen.
    """
    kept: list[Entry] = []
    renewed = 0
    for standing in standings(baseline, judgements, whole=whole, today=today):
        if standing.state is State.EXPIRED:
            kept.append(replace(standing.entry, expires=_accepted(today)))
            renewed += 1
        elif standing.state not in STALE:
            kept.append(standing.entry)
    added = list(_new(baseline, judgements, today))
    return Update((*kept, *added), len(added), len(baseline.entries) - len(kept), renewed)


def _new(baseline: Baseline, judgements: Sequence[Judgement], today: date) -> Iterator[Entry]:
    for judgement in judgements:
        listed = baseline.entry(judgement.case, judgement.mode) is not None
        if judgement.known is not None and judgement.outcome in DEVIATING and not listed:
            yield Entry(judgement.case, judgement.mode, TO_EXPLAIN, _accepted(today))


def _accepted(today: date) -> date:
    return today + timedelta(days=ACCEPTED_DAYS)
