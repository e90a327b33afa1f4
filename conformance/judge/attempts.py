"""Judges a case in several attempts where the model has a say: k of n instead of a single answer.

`verdict.py` holds the rule of the majority, `evaluate.py` makes one judgement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.judge.capabilities import declined
from conformance.judge.check import deviation
from conformance.judge.evaluate import Bench, judge
from conformance.judge.evidence import ASKS_AT_MOST, REPEATS_AT_MOST, Again, Evidence, ScenarioReplies
from conformance.judge.parts import by_part, is_refused
from conformance.judge.states import declines_one
from conformance.judge.verdict import NOT_FOLLOWED, Policy, is_settled, over_attempts
from conformance.model import DEVIATING, Case, Direction, Judgement, Level, Mode, Outcome, Plane
from conformance.protocol.reply import Reply
from conformance.standard.models import is_listed


def judge_in_attempts(case: Case, mode: Mode, evidence: Evidence, bench: Bench, again: Again, wanted: int) -> Judgement:
    """The judgement of a case over at most `wanted` attempts.

    A deviation of the behaviour plane is attempted again, and so is a case whose claim nobody could see because the
    model did not meet its precondition. A deviation of the protocol plane is final. A valid request that was refused is
    sent once more: an endpoint that answers it now refuses at random, which is a defect and never an honest refusal.
    Where it is refused again, each of its parts is sent alone. A case that is judged within a larger request is asked
    alone only where that request does not settle it.
    """
    within = judged_within(case, mode, evidence, bench)
    if within is not None:
        return within
    if case.within is not None:
        evidence = _asked(case, mode, evidence, again)
    made = [_as_far_as_asked(judge(case, mode, evidence, bench))]
    if is_listed(case) and made[0].outcome is Outcome.NOT_RUN:
        evidence = _asked(case, mode, evidence, again)
        made = [_as_far_as_asked(judge(case, mode, evidence, bench))]
    unasked = ""
    refusal = _refusal(case, mode, evidence, made[0].outcome) if wanted > 1 else None
    if refusal is not None:
        repeated, unasked = _repeated(case, mode, evidence, again, 2)
        answer = _last(case, mode, repeated) if repeated is not None else None
        if answer is not None and answer.answers:
            return _at_random(made[0], refusal, answer, bench.policy)
    if case.parts and made[0].outcome is Outcome.FAIL and is_refused(_newest(case, mode, evidence)):
        return by_part(made[0], case, again)
    if refusal is not None:
        return _with_reason(made[0], unasked)
    seen = evidence
    while _needs_another(case, mode, seen, made, wanted):
        repeated, unasked = _repeated(case, mode, evidence, again, len(made) + 1)
        if repeated is None:
            break
        seen = repeated
        made.append(judge(case, mode, seen, bench))
    found = together(made, wanted) if case.plane is Plane.BEHAVIOUR else _counted(made[-1], made)
    return _with_reason(found, unasked)


def _with_reason(judgement: Judgement, unasked: str) -> Judgement:
    """The judgement with the reason why it was not asked for again, where it would have been."""
    more = f"not asked again: {unasked}" if unasked else ""
    return replace(judgement, reason="; ".join(filter(None, [judgement.reason, more])))


def judged_within(case: Case, mode: Mode, evidence: Evidence, bench: Bench) -> Judgement | None:
    """The judgement of a case on a larger request that holds its own, where that settles it; otherwise None.

    It settles what holds, what does not apply, and what the endpoint declines altogether.
    """
    if case.within is None:
        return None
    found = judge(replace(case, scenario=case.within.name), mode, evidence, bench)
    if found.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        return found
    declines = found.outcome is Outcome.UNSUPPORTED and declines_one(case, mode, evidence, bench.declared)
    return found if declines else None


def _asked(case: Case, mode: Mode, evidence: Evidence, again: Again) -> Evidence:
    """The evidence with the replies to the case's own scenario, which is sent now that it is known to apply."""
    name = f"{case.judged[0].name}/{mode}"
    sent = again(name, 1)
    if sent is None:
        return evidence
    if not sent.replies:
        return Evidence(evidence.by_id, {**evidence.unsent, name: sent.stopped})
    return Evidence({**evidence.by_id, name: sent}, evidence.unsent)


def _as_far_as_asked(judgement: Judgement) -> Judgement:
    """The judgement itself. What a run did not ask because it had asked so much on demand is undecided, not missing:
    to continue the run would not ask it either.
    """
    bounded = judgement.outcome is Outcome.NOT_RUN and judgement.reason.startswith(ASKS_AT_MOST)
    return replace(judgement, outcome=Outcome.INCONCLUSIVE) if bounded else judgement


def _refusal(case: Case, mode: Mode, evidence: Evidence, outcome: Outcome) -> Reply | None:
    """The refusal of a valid request that is worth asking for again, or None.

    Of what an endpoint declines, only the probe is asked for again, and not all that depends on it.
    """
    if case.selectors or case.direction is not Direction.SERVE or len(case.judged) != 1:
        return None
    sent = evidence.get(case.judged[0], mode)
    if sent is None or len(sent.scenario.steps) != 1:
        return None
    if outcome is not Outcome.FAIL and not (outcome is Outcome.UNSUPPORTED and case.judged[0] in case.probes):
        return None
    last = _last(case, mode, evidence)
    return last if last is not None and declined(last) else None


def _last(case: Case, mode: Mode, evidence: Evidence) -> Reply | None:
    """The reply to the last request of the case's own scenario, where it got one."""
    sent = evidence.get(case.judged[0], mode)
    return sent.last if sent is not None else None


def _newest(case: Case, mode: Mode, evidence: Evidence) -> Reply | None:
    """The newest reply to the case's own scenario, which ends where a request is refused."""
    sent = evidence.get(case.judged[0], mode)
    return sent.replies[-1] if sent is not None and sent.replies else None


def _at_random(judgement: Judgement, refusal: Reply, answer: Reply, policy: Policy) -> Judgement:
    """The judgement of a valid request that was refused and, the same again, answered. It gates at must level."""
    lines = (refusal.exchange.line, answer.exchange.line)
    actual = f"status {refusal.status}, and status {answer.status} for the same request (journal line {lines[1]})"
    finding = deviation(refusal, "the same answer to the same valid request", actual, kind="at-random")
    gating = policy.level in (Level.MUST, Level.SHOULD)
    return replace(
        judgement,
        outcome=Outcome.FAIL,
        reason="the same valid request is refused now and then",
        findings=(replace(finding, check="answered-alike"),),
        evidence=lines,
        seen=2,
        deviating=1,
        gates=gating,
        can_gate=gating,
        axis="conformance",
        attempts=2,
        deviating_attempts=1,
    )


def together(made: Sequence[Judgement], wanted: int) -> Judgement:
    """Several judgements of one behaviour case as one; its findings are those of the first attempt that deviated."""
    deviating = [judgement for judgement in made if judgement.outcome in DEVIATING]
    passed = [judgement for judgement in made if judgement.outcome is Outcome.PASS]
    if not deviating and not passed:
        tried = f", in {len(made)} attempts" if len(made) > 1 else ""
        return _counted(replace(made[-1], reason=made[-1].reason + tried), made)
    tally = _tally(len(deviating), len(made), wanted)
    match over_attempts(len(passed), len(deviating), len(made), wanted):
        case Outcome.FAIL:
            reason = "; ".join(filter(None, [deviating[0].reason, tally if wanted > 1 else ""]))
            return _counted(replace(deviating[0], reason=reason), made)
        case Outcome.PASS:
            return _counted(replace(passed[0], reason=tally if deviating else passed[0].reason), made)
        case unsure:
            reason = f"{tally}, which is not a majority"
            return _counted(
                replace(deviating[0], outcome=unsure, reason=reason, findings=(), gates=False, known=None), made
            )


def _counted(judgement: Judgement, made: Sequence[Judgement]) -> Judgement:
    lines = dict.fromkeys(line for one in (judgement, *made) for line in one.evidence)
    deviating = sum(one.outcome in DEVIATING for one in made)
    return replace(judgement, evidence=tuple(lines), attempts=len(made), deviating_attempts=deviating)


def _tally(deviating: int, attempts: int, wanted: int) -> str:
    unconfirmed = attempts < wanted and 2 * deviating <= wanted
    more = f" ({wanted} were wanted)" if unconfirmed else ""
    return f"deviated in {deviating} of {attempts} attempt{'' if attempts == 1 else 's'}{more}"


def _needs_another(case: Case, mode: Mode, evidence: Evidence, made: Sequence[Judgement], wanted: int) -> bool:
    outcomes = [judgement.outcome for judgement in made]
    deviating = sum(outcome in DEVIATING for outcome in outcomes)
    passed = sum(outcome is Outcome.PASS for outcome in outcomes)
    behaves = case.plane is Plane.BEHAVIOUR
    if is_settled(passed, deviating, len(made), wanted) or (deviating and not behaves):
        return False
    if made[-1].reason == NOT_FOLLOWED:
        return False
    if outcomes[-1] is Outcome.INCONCLUSIVE and (behaves or case.given):
        return _was_answered(case, mode, evidence)
    return bool(deviating)


def _was_answered(case: Case, mode: Mode, evidence: Evidence) -> bool:
    """Whether every scenario of a case was answered as far as it was sent, so that the model kept the claim from being
    seen, and not the way to the endpoint.
    """
    found = [evidence.get(name, mode) for name in case.judged]
    return bool(found) and all(item is not None and item.replies and all(r.ok for r in item.replies) for item in found)


def _repeated(case: Case, mode: Mode, first: Evidence, again: Again, number: int) -> tuple[Evidence | None, str]:
    """The evidence with a repetition in place of the first replies; None, and why, where one is not to be had."""
    renewed: dict[str, ScenarioReplies] = {}
    for name in case.judged:
        known = first.get(name, mode)
        found = again(known.scenario.id, number) if known is not None else None
        if found is None or not found.replies:
            stopped = found.stopped if found is not None else ""
            return None, stopped if stopped.startswith(REPEATS_AT_MOST) else ""
        renewed[found.scenario.id] = found
    by_id: Mapping[str, ScenarioReplies] = {**first.by_id, **renewed}
    return (Evidence(by_id, first.unsent) if renewed else None), ""
