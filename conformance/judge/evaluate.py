"""Judges one case in one mode: evidence, checks, verdict.

Belongs here: running the checks of a case on its evidence and turning what they say into signals. Does not belong
here: the table itself (`verdict.py`), what single checks look at, sending.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.judge.capabilities import answered, declined, probed
from conformance.judge.checking import Check, Observation
from conformance.judge.reading import Reply
from conformance.judge.soundness import stands_by_itself, is_sound
from conformance.judge.transcripts import Transcript, Transcripts, evidence, pushed_back
from conformance.judge.verdict import Ability, Control, Policy, Row, Said, Shown, Signals, axis_of, decide, gates
from conformance.model import Case, CheckCall, Finding, Judgement, Mode
from conformance.standard.document import Document


@dataclass(frozen=True)
class Bench:
    """What all cases of a run are judged with.

    `declared` and `absent` are the capabilities that the target says to have and not to have. `invalid` names the
    scenarios whose requests the API refuses.
    """

    checks: Mapping[str, Check]
    document: Document
    model: str
    policy: Policy
    declared: Collection[str] = ()
    invalid: Collection[str] = ()
    absent: Collection[str] = ()


@dataclass(frozen=True)
class CaseFacts:
    """What the checks of one case may look up (see `checking.Facts`)."""

    document: Document
    case: Case
    model: str
    transcripts: Transcripts

    def reply(self, scenario: str, mode: Mode, step: int | None = None) -> Reply | None:
        """The reply of another scenario, or None where there is none."""
        transcript = self.transcripts.get(scenario, mode)
        if transcript is None:
            return None
        number = len(transcript.scenario.steps) if step is None else step
        found = transcript.replies[number - 1] if 0 < number <= len(transcript.replies) else None
        return None if found is not None and pushed_back(found) else found


@dataclass(frozen=True)
class Spoken:
    """What the checks of a case said together."""

    said: Said
    findings: tuple[Finding, ...] = ()
    seen: int = 0
    deviating: int = 0
    note: str = ""


KINDS = {
    "ignored": Said.IGNORED,
    "accepted": Said.ACCEPTED,
    "no-envelope": Said.NO_ENVELOPE,
}
"""Kinds of findings that the verdict table tells apart; every other kind is a deviation."""


def judge(case: Case, mode: Mode, transcripts: Transcripts, bench: Bench) -> Judgement:
    """The judgement of one case in one mode. Pure: the same transcripts give the same judgement."""
    facts = CaseFacts(bench.document, case, bench.model, transcripts)
    ability = _ability(case, mode, transcripts, bench)
    if case.on:
        return _judge_on(case, mode, facts, bench, ability)
    return _judge_send(case, mode, facts, bench, ability)


def _judge_on(case: Case, mode: Mode, facts: CaseFacts, bench: Bench, ability: Ability) -> Judgement:
    picked = evidence(case, mode, facts.transcripts, bench.invalid)
    replies = tuple(reply for reply in picked if reply.status is not None)
    if not replies:
        shown, why = _nothing(case, mode, facts.transcripts, picked)
        return _conclude(case, mode, bench, Signals(shown, ability=ability), Spoken(Said.UNSEEN), picked, why)
    spoken = _unless_declined(_run_checks(case, replies, facts, bench), case, replies, ability)
    if spoken.said is Said.UNSEEN and _selects(case) and all(_ordinary(reply) for reply in replies):
        spoken = replace(spoken, said=Said.ABSENT)
    signals = Signals(Shown.FULL, spoken.said, ability=ability)
    return _conclude(case, mode, bench, signals, spoken, replies)


def _judge_send(case: Case, mode: Mode, facts: CaseFacts, bench: Bench, ability: Ability) -> Judgement:
    transcript = facts.transcripts.get(case.scenario or case.id, mode)
    if transcript is None or not transcript.replies:
        why = transcript.stopped if transcript else facts.transcripts.why_unsent(case.scenario or case.id, mode)
        return _conclude(case, mode, bench, Signals(Shown.UNSENT, ability=ability), Spoken(Said.UNSEEN), (), why)
    shown, detail = _shown(case, transcript)
    control, control_detail = _control(case, mode, facts)
    replies = transcript.replies
    if shown in (Shown.TROUBLE, Shown.BUSY):
        signals = Signals(shown, control=control, ability=ability)
        return _conclude(case, mode, bench, signals, Spoken(Said.UNSEEN), replies, detail)
    given, given_detail = _given(case, transcript, facts, bench)
    spoken = (
        _speak(case, transcript, facts, bench, ability) if shown is Shown.FULL else _partial(case, replies, ability)
    )
    signals = Signals(shown, spoken.said, control, given, ability)
    return _conclude(case, mode, bench, signals, spoken, replies, control_detail or detail or given_detail)


def _speak(case: Case, transcript: Transcript, facts: CaseFacts, bench: Bench, ability: Ability) -> Spoken:
    last = transcript.replies[-1:]
    return _unless_declined(_run_checks(case, last, facts, bench, transcript), case, last, ability)


def _unless_declined(spoken: Spoken, case: Case, replies: Sequence[Reply], ability: Ability) -> Spoken:
    """What was said, or that the optional ability was declined cleanly, where that is what happened."""
    refusable = ability not in (Ability.CORE, Ability.ABSENT) and not _expects_refusal(case)
    if spoken.findings and spoken.said is not Said.UNSOUND and refusable and all(declined(reply) for reply in replies):
        return Spoken(Said.DECLINED, spoken.findings, spoken.seen, spoken.deviating)
    return spoken


def _partial(case: Case, replies: Sequence[Reply], ability: Ability) -> Spoken:
    """A step that was declined is what a claim about the ability shows; a claim about a later refusal stays open."""
    optional = ability is Ability.UNDECLARED or (ability is not Ability.CORE and not _expects_refusal(case))
    return Spoken(Said.DECLINED if optional and declined(replies[-1]) else Said.UNSEEN)


def _conclude(
    case: Case,
    mode: Mode,
    bench: Bench,
    signals: Signals,
    spoken: Spoken,
    replies: Sequence[Reply],
    detail: str = "",
) -> Judgement:
    row = decide(signals)
    axis = axis_of(case, signals.said)
    lines = [finding.where.line for finding in spoken.findings if finding.where.line]
    lines += [reply.exchange.line for reply in replies]
    return Judgement(
        case=case.id,
        mode=mode,
        outcome=row.outcome,
        reason=_reason(row, detail, spoken, case),
        findings=spoken.findings,
        evidence=tuple(dict.fromkeys(lines)),
        seen=spoken.seen,
        deviating=spoken.deviating,
        gates=gates(case, row.outcome, axis, bench.policy),
        axis=axis,
    )


def _reason(row: Row, detail: str, spoken: Spoken, case: Case) -> str:
    if spoken.said is Said.UNSEEN and spoken.note and not detail:
        return spoken.note
    return row.reason.format(detail=detail, needs=", ".join(case.needs))


def _run_checks(
    case: Case, replies: Sequence[Reply], facts: CaseFacts, bench: Bench, transcript: Transcript | None = None
) -> Spoken:
    """Runs the checks in order and stops at the first with findings, so that one defect is told once."""
    seen = 0
    for call in case.expect:
        observations = _observe(call, _subjects(call, replies, transcript), facts, bench)
        shown = [observation for observation in observations if observation.seen]
        findings = tuple(finding for observation in shown for finding in observation.findings)
        seen = max(seen, len(shown))
        if findings:
            said = KINDS.get(findings[0].kind, Said.DEVIATION)
            deviating = sum(1 for observation in shown if observation.findings)
            basis = transcript.replies if transcript is not None else replies
            unsound = not any(map(stands_by_itself, findings)) and _rest_on_unsound_streams(findings, basis, facts)
            return Spoken(Said.UNSOUND if unsound else said, findings, len(shown), deviating)
        if not shown:
            return Spoken(Said.UNSEEN, note=next((item.note for item in observations if item.note), ""))
    return Spoken(Said.FINE, seen=seen)


def _rest_on_unsound_streams(findings: Sequence[Finding], replies: Sequence[Reply], facts: CaseFacts) -> bool:
    """Whether every finding rests on a stream whose own defects change what it adds up to.

    For a request of several steps an earlier unsound stream is enough: the later steps send back what came of it.
    """
    names = {finding.where.scenario for finding in findings}
    found = [[reply for reply in replies if reply.exchange.scenario_id == name] for name in names]
    return all(each and any(not is_sound(reply, facts) for reply in each) for each in found)


def _observe(call: CheckCall, replies: Sequence[Reply], facts: CaseFacts, bench: Bench) -> list[Observation]:
    check = bench.checks[call.name]
    if check.all is not None:
        return [check.all(replies, call.argument, facts)]
    assert check.each is not None
    return [check.each(reply, call.argument, facts) for reply in replies]


def _subjects(call: CheckCall, replies: Sequence[Reply], transcript: Transcript | None) -> Sequence[Reply]:
    if call.step is None or transcript is None:
        return replies
    return transcript.replies[call.step - 1 : call.step]


def _given(case: Case, transcript: Transcript, facts: CaseFacts, bench: Bench) -> tuple[bool, str]:
    for call in case.given:
        subjects = _subjects(call, transcript.replies[-1:], transcript)
        observations = _observe(call, subjects, facts, bench)
        findings = [finding for observation in observations for finding in observation.findings]
        if findings:
            return False, f"expected {findings[0].expected}, actual {findings[0].actual}"
        if not any(observation.seen for observation in observations):
            return False, f"nothing to see for {call.name}"
    return True, ""


def _shown(case: Case, transcript: Transcript) -> tuple[Shown, str]:
    last = transcript.replies[-1]
    if pushed_back(last, refusing=_expects_refusal(case)):
        return Shown.BUSY, _busy(last)
    if last.status is None:
        trouble = last.exchange.trouble
        return Shown.TROUBLE, f"{trouble.kind}: {trouble.message}" if trouble else "nothing came back"
    if transcript.last is None:
        return Shown.PARTIAL, transcript.stopped
    return Shown.FULL, ""


def _busy(reply: Reply) -> str:
    exchange = reply.exchange
    tries = f" after {exchange.attempt} attempts" if exchange.attempt > 1 else ""
    return f"status {reply.status}{tries} (journal line {exchange.line})"


def _control(case: Case, mode: Mode, facts: CaseFacts) -> tuple[Control, str]:
    """What became of the control of a refusal. A positive case compares with its control through its checks."""
    if case.control is None or not _expects_refusal(case):
        return Control.NONE, ""
    reply = facts.reply(case.control, mode) or facts.reply(case.control, Mode.JSON)
    if reply is None or reply.status is None:
        return Control.USELESS, f"{case.control} has no response"
    if answered(reply):
        return Control.ACCEPTED, ""
    what = f"{case.control} got status {reply.status} (journal line {reply.exchange.line})"
    return (Control.DECLINED if declined(reply) else Control.USELESS), what


def _expects_refusal(case: Case) -> bool:
    return any(call.name == "refused" for call in case.expect)


def _ability(case: Case, mode: Mode, transcripts: Transcripts, bench: Bench) -> Ability:
    """What is known of the abilities that a case needs: declared, or shown by the probe of each."""
    if not case.needs:
        return Ability.CORE
    if any(need in bench.absent for need in case.needs):
        return Ability.ABSENT
    if all(need in bench.declared for need in case.needs):
        return Ability.DECLARED
    probes = dict(zip(case.needs, case.probes, strict=False))
    shown = (need in bench.declared or _accepted(probes.get(need, ""), mode, transcripts) for need in case.needs)
    return Ability.PROBED if all(shown) else Ability.UNDECLARED


def _accepted(probe: str, mode: Mode, transcripts: Transcripts) -> bool:
    transcript = transcripts.get(probe, mode) if probe else None
    return transcript is not None and probed(transcript.replies[-1:]) == "accepted"


def _selects(case: Case) -> bool:
    return all(name.startswith("every-") for name in case.on)


def _ordinary(reply: Reply) -> bool:
    """True for evidence that can be read: what it does not have did not occur."""
    return answered(reply) or reply.error is not None


def _nothing(case: Case, mode: Mode, transcripts: Transcripts, picked: Sequence[Reply]) -> tuple[Shown, str]:
    """Why a case that judges others' scenarios has nothing to judge."""
    if picked:
        trouble = picked[-1].exchange.trouble
        return Shown.TROUBLE, f"{trouble.kind}: {trouble.message}" if trouble else "nothing came back"
    for name in case.on:
        if not name.startswith("every-"):
            transcript = transcripts.get(name, mode)
            if transcript is not None and transcript.replies:
                return Shown.BUSY, _busy(transcript.replies[-1])
            return Shown.UNSENT, transcript.stopped if transcript else transcripts.why_unsent(name, mode)
    return Shown.FULL, ""
