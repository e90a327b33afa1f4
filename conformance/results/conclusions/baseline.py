"""What the baseline means for a run: which deviations are known, which entries are stale, what an update writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.suggestions import did_you_mean
from conformance.model import DECIDED, DEVIATING, Judgement, KnownDeviation
from conformance.results.model import BaselineResult, EntryResult
from conformance.standard.baseline import Baseline, Entry, placed, read_baseline, render

TO_EXPLAIN = "to be explained"
"""The reason of an entry that an update adds."""

ACCEPTED_DAYS = 90
"""How long an update accepts a deviation."""


class EntryState(StrEnum):
    """What became of an entry in a run. `passes`, `expired` and `unmatched` are stale and gate."""

    KNOWN = "known"
    PASSES = "passes"
    EXPIRED = "expired"
    UNMATCHED = "unmatched"
    OPEN = "open"


STALE = (EntryState.PASSES, EntryState.EXPIRED, EntryState.UNMATCHED)


@dataclass(frozen=True)
class EntryStanding:
    """What became of one entry, and one sentence that says what to do."""

    entry: Entry
    state: EntryState
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


def standings(baseline: Baseline, judgements: Sequence[Judgement], *, whole: bool, today: date) -> list[EntryStanding]:
    """What became of each entry. `whole`: the entire catalogue was judged, so that an entry without a case is wrong.

    Entries about cases that were not selected or not decided are left alone, unless they match nothing at all.
    """
    return [_standing(entry, judgements, whole, today) for entry in baseline.entries]


def _standing(entry: Entry, judgements: Sequence[Judgement], whole: bool, today: date) -> EntryStanding:
    own = [judgement for judgement in judgements if entry.covers(judgement.case, judgement.mode)]
    if not own:
        return _without_result(entry, judgements, whole)
    if any(judgement.outcome in DEVIATING for judgement in own):
        if entry.expired(today):
            sentence = f"expired on {entry.expires}: repair the endpoint, or write a later date with a reason for it"
            return EntryStanding(entry, EntryState.EXPIRED, sentence)
        return EntryStanding(entry, EntryState.KNOWN)
    undecided = [judgement for judgement in own if judgement.outcome not in DECIDED]
    if undecided:
        return EntryStanding(entry, EntryState.OPEN, f"not decided in this run ({undecided[0].outcome}); left alone")
    return EntryStanding(entry, EntryState.PASSES, "passes now: remove the entry, so that the next failure is seen")


def _without_result(entry: Entry, judgements: Sequence[Judgement], whole: bool) -> EntryStanding:
    if not whole:
        return EntryStanding(entry, EntryState.OPEN, "not part of this run; left alone")
    modes = sorted(judgement.mode for judgement in judgements if judgement.case == entry.case)
    if modes:
        sentence = f"the case has no mode {entry.mode}, only {', '.join(modes)}: correct or remove the entry"
        return EntryStanding(entry, EntryState.UNMATCHED, sentence)
    hint = did_you_mean(entry.case, {judgement.case for judgement in judgements})
    return EntryStanding(entry, EntryState.UNMATCHED, f"matches no case: correct or remove the entry{hint}")


def updated(baseline: Baseline, judgements: Sequence[Judgement], *, whole: bool, today: date) -> Update:
    """The entries after this run: stale ones gone, expired ones that still deviate with a later date, new ones added.

    What is added are the deviations that would gate, which `excused` has marked; the rest of a file stays as it is.
    An added entry names its mode, so that repairing one of two modes is seen.
    """
    kept: list[Entry] = []
    renewed = 0
    for standing in standings(baseline, judgements, whole=whole, today=today):
        if standing.state is EntryState.EXPIRED:
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


@dataclass(frozen=True)
class KnownDeviations:
    """The baseline of a run. `today` decides what has expired; `path` is the file that an update writes.

    While it is `updating`, everything that gates becomes known. `update` says what an update writes, `text` is the file
    that it writes, or None.
    """

    baseline: Baseline
    today: date
    path: Path
    updating: bool = False
    update: str = ""
    text: str | None = None

    def excused(self, judgement: Judgement) -> Judgement:
        """The judgement with what the baseline knows of it."""
        return excused(judgement, self.baseline, self.today, updating=self.updating)

    def updated(self, judgements: Sequence[Judgement], *, whole: bool, failed: bool = False) -> KnownDeviations:
        """The baseline as an update leaves it, its `text` included; the baseline itself where none was asked for.

        A run that decided nothing, or that `failed` because of an error of ours, changes nothing.
        """
        if not self.updating:
            return self
        if failed:
            return replace(self, update="not written: this run ended with an error")
        if not any(judgement.outcome in DECIDED for judgement in judgements):
            return replace(self, update="not written: nothing was decided in this run")
        change = updated(self.baseline, judgements, whole=whole, today=self.today)
        parts = [f"{change.added} added", f"{change.removed} removed", f"{change.renewed} with a later date"]
        count = f"{len(change.entries)} {'entry' if len(change.entries) == 1 else 'entries'}"
        return replace(
            self,
            baseline=Baseline(self.baseline.file, placed(change.entries)),
            updating=False,
            update=f"written with {count}: {', '.join(parts)}",
            text=render(change.entries),
        )

    def result(self, judgements: Sequence[Judgement], *, whole: bool) -> BaselineResult:
        """What results say of the baseline."""
        found = [
            (each.state, EntryResult(each.entry.case, each.entry.mode, each.state, place, each.sentence))
            for each in standings(self.baseline, judgements, whole=whole, today=self.today)
            for place in [self.baseline.place(each.entry)]
        ]
        return BaselineResult(
            file=self.baseline.file,
            entries=len(self.baseline.entries),
            stale=tuple(entry for state, entry in found if state in STALE),
            open=tuple(entry for state, entry in found if state is EntryState.OPEN),
            update=self.update,
        )


def known_deviations(
    name: str | None, here: Path, aliases: Mapping[str, str], today: date, *, updating: bool
) -> KnownDeviations | None:
    """The baseline that the options name, relative to the folder `here`; None without one.

    Raises UsageError for a file that does not fit, and for an update without a file.
    """
    if not name:
        if updating:
            raise UsageError("--baseline-update needs --baseline FILE, the file to write")
        return None
    path = here / name
    baseline = Baseline(name) if updating and not path.exists() else read_baseline(path, name, aliases)
    return KnownDeviations(baseline, today, path, updating)
