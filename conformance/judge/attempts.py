"""Judges a case in several attempts where the model has a say: k of n in place of the last word.

Belongs here: which judgements call for another attempt, and what several judgements become together. Does not belong
here: the rule of the majority (`verdict.py`), one judgement (`evaluate.py`), sending.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import Transcript, Transcripts
from conformance.judge.verdict import is_settled, over_attempts
from conformance.model import DEVIATING, Case, Judgement, Mode, Outcome, Plane

Again = Callable[[str, int], Transcript | None]
"""The transcript of a scenario (by id) in a further repetition (2, 3, ...): None, or one without replies, where there
is none."""


def judge_in_attempts(
    case: Case, mode: Mode, transcripts: Transcripts, bench: Bench, again: Again, wanted: int
) -> Judgement:
    """The judgement of a case over at most `wanted` attempts.

    A deviation of the behaviour plane is attempted again, and so is a case whose claim nobody could see because the
    model did not do what it begins with. What a protocol case has found is never asked twice.
    """
    made = [judge(case, mode, transcripts, bench)]
    seen = transcripts
    while _calls_for_another(case, mode, seen, made, wanted):
        repeated = _repeated(case, mode, transcripts, again, len(made) + 1)
        if repeated is None:
            break
        seen = repeated
        made.append(judge(case, mode, seen, bench))
    return together(made, wanted) if case.plane is Plane.BEHAVIOUR else _counted(made[-1], made)


def together(made: Sequence[Judgement], wanted: int) -> Judgement:
    """Several judgements of one behaviour case as one; its findings are those of the first attempt that deviated."""
    deviating = [judgement for judgement in made if judgement.outcome in DEVIATING]
    passed = [judgement for judgement in made if judgement.outcome is Outcome.PASS]
    if not deviating and not passed:
        tried = f", in {len(made)} attempts" if len(made) > 1 else ""
        return _counted(replace(made[-1], reason=made[-1].reason + tried), made)
    told = _told(len(deviating), len(made), wanted)
    match over_attempts(len(passed), len(deviating), len(made), wanted):
        case Outcome.FAIL:
            reason = "; ".join(filter(None, [deviating[0].reason, told if wanted > 1 else ""]))
            return _counted(replace(deviating[0], reason=reason), made)
        case Outcome.PASS:
            return _counted(replace(passed[0], reason=told if deviating else passed[0].reason), made)
        case unsure:
            told += ", which is no majority"
            return _counted(
                replace(deviating[0], outcome=unsure, reason=told, findings=(), gates=False, known=None), made
            )


def _counted(judgement: Judgement, made: Sequence[Judgement]) -> Judgement:
    lines = dict.fromkeys(line for one in (judgement, *made) for line in one.evidence)
    deviating = sum(one.outcome in DEVIATING for one in made)
    return replace(judgement, evidence=tuple(lines), attempts=len(made), deviating_attempts=deviating)


def _told(deviating: int, attempts: int, wanted: int) -> str:
    unconfirmed = attempts < wanted and 2 * deviating <= wanted
    more = f", of {wanted} that were wanted" if unconfirmed else ""
    return f"deviated in {deviating} of {attempts} attempt{'' if attempts == 1 else 's'}{more}"


def _calls_for_another(
    case: Case, mode: Mode, transcripts: Transcripts, made: Sequence[Judgement], wanted: int
) -> bool:
    outcomes = [judgement.outcome for judgement in made]
    deviating = sum(outcome in DEVIATING for outcome in outcomes)
    passed = sum(outcome is Outcome.PASS for outcome in outcomes)
    behaves = case.plane is Plane.BEHAVIOUR
    if is_settled(passed, deviating, len(made), wanted) or (deviating and not behaves):
        return False
    if outcomes[-1] is Outcome.INCONCLUSIVE and (behaves or case.given):
        return _was_answered(case, mode, transcripts)
    return bool(deviating)


def _was_answered(case: Case, mode: Mode, transcripts: Transcripts) -> bool:
    """Whether every scenario of a case was answered as far as it was sent, so that it was the model that did not let us
    see, and not the way to the endpoint.
    """
    found = [transcripts.get(name, mode) for name in case.judged]
    return bool(found) and all(item is not None and item.replies and all(r.ok for r in item.replies) for item in found)


def _repeated(case: Case, mode: Mode, first: Transcripts, again: Again, number: int) -> Transcripts | None:
    """The transcripts with the repeated ones in place of the first; None where one of them is not to be had."""
    renewed: dict[str, Transcript] = {}
    for name in case.judged:
        known = first.get(name, mode)
        found = again(known.scenario.id, number) if known is not None else None
        if found is None or not found.replies:
            return None
        renewed[found.scenario.id] = found
    by_id: Mapping[str, Transcript] = {**first.by_id, **renewed}
    return Transcripts(by_id, first.unsent) if renewed else None
