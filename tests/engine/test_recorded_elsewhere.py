"""Logs as they come: whatever a recorder drops, replaces, reorders or encodes is noticed, said once, and never gates.

The genuine exchanges are what a recorder saw. Whatever it did to them, no gating finding is there that was not there
before. Where the endpoint itself is wrong, no finding disappears without a word.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from conformance.engine.offline import Audited, RecordingJudge, audit, is_messages_api, recorders_of
from conformance.judge.verdict import Policy
from conformance.model import Level
from conformance.protocol.exchange import SentRequest
from conformance.wire.importers.files import open_recording
from hostile.profile import examples
from support import recorder
from support.data import EXCHANGES, genuine
from support.recorder import FORMS, HABITS, Form, Habit, Traffic
from support.standard import library

STRICT = Policy(Level.SHOULD, strict=True, behaviour=True)
SAMPLE = 6
"""Exchanges of an example."""

Defect = Callable[[Traffic], Traffic]


@dataclass(frozen=True)
class Gated:
    """What judging a file gave: the cases that gate, with the first finding of each, and what was said beside."""

    found: dict[str, str]
    audited: Audited

    @property
    def cases(self) -> set[str]:
        """The cases that gate."""
        return set(self.found)


@cache
def seen(corpus: Path) -> tuple[Traffic, ...]:
    """The genuine exchanges of a corpus with the Messages API."""
    found = map(recorder.traffic, genuine(corpus))
    return tuple(
        one for one in found if is_messages_api(SentRequest(one.method, one.url, one.sent_headers, one.sent or b""))
    )


def judged(folder: Path, data: bytes) -> Gated:
    path = folder / "recorded"
    path.write_bytes(data)
    audited = audit([open_recording(path)], RecordingJudge(library(), STRICT, lambda *_: None))
    return Gated({each.case: str(each.findings[0]) for each in audited.judgements if each.gates}, audited)


def new(before: Gated, after: Gated) -> dict[str, str]:
    """What gates now and did not."""
    return {case: finding for case, finding in after.found.items() if case not in before.found}


def as_it_was(folder: Path, some: Sequence[Traffic]) -> Gated:
    return judged(folder, recorder.ndjson(some, Random(0)))


def recorded(some: Sequence[Traffic], habits: Sequence[Habit], form: Form, random: Random) -> bytes:
    for habit in recorder.in_order(habits):
        some = [habit(one, random) for one in some]
    return form(some, random)


habits = st.lists(st.sampled_from(HABITS), min_size=1, max_size=4, unique=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recorded")


@given(seed=st.integers(0, 2**32), chosen=habits, form=st.sampled_from(FORMS))
@examples(2)
def test_nothing_that_a_recorder_does_gates_by_itself(
    corpus: Path, folder: Path, seed: int, chosen: list[Habit], form: Form
) -> None:
    random = Random(seed)
    some = random.sample(seen(corpus), SAMPLE)
    note(f"{form.__name__}: {[habit.__name__ for habit in chosen]}")
    before = as_it_was(folder, some)
    random.shuffle(some)
    after = judged(folder, recorded([*some, some[0]], chosen, form, random))
    assert not new(before, after)
    flags = [each.flag for each in after.audited.excluded]
    assert len(set(flags)) == len(flags)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
def test_each_habit_of_a_recorder_is_harmless_in_each_form(folder: Path, habit: Habit, form: Form) -> None:
    random = Random(f"{habit.__name__} {form.__name__}")
    some = random.sample(seen(EXCHANGES), SAMPLE)
    before = as_it_was(folder, some)
    assert not new(before, judged(folder, recorded(some, [habit], form, random)))


def changed(one: Traffic, old: str, new: str) -> Traffic:
    """The exchange with a member of the response under another name."""
    return replace(one, body=one.body.replace(old.encode(), new.encode()) if one.body else one.body)


DEFECTS: tuple[Defect, ...] = (
    lambda one: changed(one, '"usage"', '"use"'),
    lambda one: changed(one, '"stop_reason"', '"finish_reason"'),
    lambda one: changed(one, '"output_tokens"', '"out"'),
    lambda one: changed(one, '"type": "text"', '"type": "txt"'),
    lambda one: changed(one, '"role"', '"rolle"'),
    lambda one: changed(one, "event: message_stop", "event: done"),
    lambda one: changed(one, '"type": "error"', '"kind": "error"'),
    lambda one: replace(one, headers=tuple((name, value) for name, value in one.headers if name != "request-id")),
    lambda one: replace(one, headers=(("content-type", "a/b"), *one.headers)),
    lambda one: replace(one, body=one.body[: len(one.body) // 2] if one.body else one.body),
)  # fmt: skip
"""What an endpoint gets wrong."""


@given(seed=st.integers(0, 2**32), chosen=habits, form=st.sampled_from(FORMS), defect=st.sampled_from(DEFECTS))
@examples(2)
def test_no_finding_disappears_without_a_word(
    corpus: Path, folder: Path, seed: int, chosen: list[Habit], form: Form, defect: Defect
) -> None:
    random = Random(seed)
    some = [defect(one) for one in random.sample(seen(corpus), SAMPLE)]
    note(f"{form.__name__}: {[habit.__name__ for habit in chosen]}")
    before = as_it_was(folder, some)
    after = judged(folder, recorded(some, chosen, form, random))
    (file,) = after.audited.files
    assert file.exchanges == SAMPLE
    if file.other or file.unanswered:
        return  # which the first line of the output says
    said = {each.flag for each in after.audited.excluded}
    recorders = recorders_of(library())
    for lost in before.cases - after.cases:
        case = library().cases[lost]
        names = [call.name for call in case.expect]
        reasons = {flag for name in names for flag in recorders.touched_by(said, case, name)}
        reasons |= {flag for name in names if (flag := recorders.doubting(said, name))}
        assert reasons, lost


@given(seed=st.integers(0, 2**32), form=st.sampled_from(FORMS), packed=st.booleans())
@examples(2)
def test_a_file_that_ends_early_is_judged_as_far_as_it_goes(
    corpus: Path, folder: Path, seed: int, form: Form, packed: bool
) -> None:
    random = Random(seed)
    some = random.sample(seen(corpus), SAMPLE)
    one = len(form(some[:1], Random(seed)))
    data = form(some, Random(seed))
    cut = data[: random.randrange(one + 1, len(data))]
    if packed:
        whole = gzip.compress(data)
        cut = whole[: random.randrange(len(whole) // 2, len(whole) - 8)]
        if not gzip_holds(cut, one):
            return
    before = as_it_was(folder, some)
    after = judged(folder, cut)
    (file,) = after.audited.files
    assert not new(before, after)
    assert 0 < file.exchanges <= SAMPLE
    cut_short = any(each.flag == "body-truncated" for each in after.audited.excluded)
    assert file.torn is not None or cut_short or file.exchanges >= SAMPLE - 1


def gzip_holds(cut: bytes, size: int) -> bool:
    """Whether a packed file that was cut holds more than so many bytes."""
    return len(zlib.decompressobj(31).decompress(cut)) > size


def test_no_recording_needs_its_flags(corpus: Path, folder: Path) -> None:
    lines = ({key: value for key, value in record.items() if key != "fidelity"} for record in genuine(corpus))
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    assert set(judged(folder, data).found) == {"errors-request-id-key", "usage-cache-counters-present"}
