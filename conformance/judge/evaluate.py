"""Judges one case in one mode: evidence, checks, verdict.

Belongs here: running the checks of a case on its evidence and turning what they say into signals. Does not belong
here: the table itself (`verdict.py`), what single checks look at, sending.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.judge.capabilities import answered, declined, probed
from conformance.judge.check import Check, Observation, deviation
from conformance.judge.evidence import Transcript, Transcripts, evidence, pushed_back
from conformance.judge.soundness import can_be_sent_back, is_sound, stands_by_itself
from conformance.judge.verdict import Ability, Control, Policy, Row, Said, Shown, Signals, axis_of, decide, gates
from conformance.model import Case, CheckCall, Direction, Finding, Json, Judgement, Mode, ScenarioName
from conformance.protocol.reply import Reply
from conformance.standard.document import Document
from conformance.standard.models import ENTRY_SCENARIO, NO_MODELS, Models, RefusalClause, capabilities_of


@dataclass(frozen=True)
class Bench:
    """What all cases of a run are judged with.

    `declared` and `absent` are the capabilities that the target says to have and not to have, `models` what the
    specification says of models. `invalid` names the scenarios whose requests the API refuses.
    """

    checks: Mapping[str, Check]
    document: Document
    model: str
    policy: Policy
    declared: Collection[str] = ()
    invalid: Collection[str] = ()
    absent: Collection[str] = ()
    models: Models = NO_MODELS


@dataclass(frozen=True)
class CaseFacts:
    """What the checks of one case may look up (see `checking.Facts`).

    `refusal` is the clause that has the model refuse what the case needs, or empty.
    """

    document: Document
    case: Case
    model: str
    transcripts: Transcripts
    refusal: str = ""

    def reply(self, scenario: ScenarioName | str, mode: Mode, step: int | None = None) -> Reply | None:
        """The reply of another scenario, or None where there is none."""
        name = ScenarioName.parse(scenario) if isinstance(scenario, str) else scenario
        transcript = self.transcripts.get(name, mode)
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
    ability, clause = _ability(case, mode, transcripts, bench)
    facts = CaseFacts(bench.document, case, bench.model, transcripts, clause)
    if case.on:
        return _judge_on(case, mode, facts, bench, ability)
    return _judge_send(case, mode, facts, bench, ability)


def _judge_on(case: Case, mode: Mode, facts: CaseFacts, bench: Bench, ability: Ability) -> Judgement:
    picked = evidence(case, mode, facts.transcripts, bench.invalid)
    replies = tuple(reply for reply in picked if reply.status is not None)
    if not replies:
        shown, why = _nothing(case, mode, facts.transcripts, picked)
        return _conclude(facts, mode, bench, Signals(shown, ability=ability), Spoken(Said.UNSEEN), picked, why)
    spoken = _unless_declined(_run_checks(case, replies, facts, bench), case, replies, ability)
    if spoken.said is Said.UNSEEN and not case.judged and all(_ordinary(reply) for reply in replies):
        spoken = replace(spoken, said=Said.ABSENT)
    signals = Signals(Shown.FULL, spoken.said, ability=ability)
    return _conclude(facts, mode, bench, signals, spoken, replies)


def _judge_send(case: Case, mode: Mode, facts: CaseFacts, bench: Bench, ability: Ability) -> Judgement:
    transcript = facts.transcripts.get(case.judged[0], mode)
    if transcript is None or not transcript.replies:
        why = transcript.stopped if transcript else facts.transcripts.why_unsent(case.judged[0], mode)
        return _conclude(facts, mode, bench, Signals(Shown.UNSENT, ability=ability), Spoken(Said.UNSEEN), (), why)
    shown, detail = _shown(case, transcript)
    control, control_detail = _control(case, mode, facts)
    replies = transcript.replies
    if shown in (Shown.TROUBLE, Shown.BUSY):
        signals = Signals(shown, control=control, ability=ability)
        return _conclude(facts, mode, bench, signals, Spoken(Said.UNSEEN), replies, detail)
    given, given_detail = _given(case, transcript, facts, bench)
    spoken = (
        _speak(case, transcript, facts, bench, ability) if shown is Shown.FULL else _partial(facts, replies, ability)
    )
    signals = Signals(shown, spoken.said, control, given, ability)
    return _conclude(facts, mode, bench, signals, spoken, replies, control_detail or detail or given_detail)


def _speak(case: Case, transcript: Transcript, facts: CaseFacts, bench: Bench, ability: Ability) -> Spoken:
    last = transcript.replies[-1:]
    spoken = _run_checks(case, last, facts, bench, transcript)
    judged = {call.step or len(transcript.replies) for call in case.expect}
    return _unless_declined(spoken, case, [transcript.replies[step - 1] for step in sorted(judged)], ability)


def _unless_declined(spoken: Spoken, case: Case, replies: Sequence[Reply], ability: Ability) -> Spoken:
    """What was said, or that the optional ability was declined cleanly, where that is what happened."""
    if ability in (Ability.CORE, Ability.ABSENT) or case.direction is Direction.REFUSE or spoken.said is Said.UNSOUND:
        return spoken
    if ability is Ability.REFUSED and all(declined(reply) for reply in replies):
        return Spoken(Said.DECLINED, seen=len(replies))
    if ability is Ability.REFUSED and all(answered(reply) for reply in replies):
        return Spoken(Said.ACCEPTED, tuple(map(_not_refused, replies)), len(replies), len(replies))
    if spoken.findings and all(declined(reply) for reply in replies):
        return Spoken(Said.DECLINED, spoken.findings, spoken.seen, spoken.deviating)
    return spoken


def _not_refused(reply: Reply) -> Finding:
    expected, actual = "a refusal: status 400 invalid_request_error", f"accepted with status {reply.status}"
    return deviation("refused", reply, expected=expected, actual=actual, kind="accepted")


def _partial(facts: CaseFacts, replies: Sequence[Reply], ability: Ability) -> Spoken:
    """A step that was declined is what a claim about the ability shows; a claim about a later refusal stays open, and
    so does one whose step sent back what no request can hold.
    """
    if not all(can_be_sent_back(reply, facts) for reply in replies[:-1]):
        return Spoken(Said.UNSEEN)
    case = facts.case
    optional = ability is Ability.UNDECLARED or (ability is not Ability.CORE and case.direction is Direction.SERVE)
    return Spoken(Said.DECLINED if optional and declined(replies[-1]) else Said.UNSEEN)


def _conclude(
    facts: CaseFacts,
    mode: Mode,
    bench: Bench,
    signals: Signals,
    spoken: Spoken,
    replies: Sequence[Reply],
    detail: str = "",
) -> Judgement:
    case = facts.case
    row = decide(signals)
    axis = axis_of(case, signals.said)
    lines = [finding.where.line for finding in spoken.findings if finding.where.line]
    lines += [reply.exchange.line for reply in replies]
    return Judgement(
        case=case.id,
        mode=mode,
        outcome=row.outcome,
        reason=_reason(row, detail, spoken, facts),
        findings=spoken.findings,
        evidence=tuple(dict.fromkeys(lines)),
        seen=spoken.seen,
        deviating=spoken.deviating,
        gates=gates(case, row.outcome, axis, bench.policy),
        axis=axis,
    )


def _reason(row: Row, detail: str, spoken: Spoken, facts: CaseFacts) -> str:
    if spoken.said is Said.UNSEEN and spoken.note and not detail:
        return spoken.note
    return row.reason.format(detail=detail, needs=", ".join(facts.case.needs), clause=facts.refusal)


def _run_checks(
    case: Case, replies: Sequence[Reply], facts: CaseFacts, bench: Bench, transcript: Transcript | None = None
) -> Spoken:
    """Runs the checks in order and stops at the first with findings, so that one defect is told once.

    Steps behind an unsound answer send back what came of it, and prove nothing.
    """
    seen = 0
    for call in case.expect:
        observations = _observe(call, _subjects(call, replies, transcript), facts, bench)
        shown = [observation for observation in observations if observation.seen]
        findings = tuple(finding for observation in shown for finding in observation.findings)
        seen = max(seen, len(shown))
        if findings:
            said = KINDS.get(findings[0].kind, Said.DEVIATION)
            deviating = sum(1 for observation in shown if observation.findings)
            earlier = transcript.replies[: (call.step or len(transcript.replies)) - 1] if transcript is not None else ()
            unsound = not all(can_be_sent_back(reply, facts) for reply in earlier) or all(
                _rests_on_an_unsound_answer(finding, replies, facts) for finding in findings
            )
            return Spoken(Said.UNSOUND if unsound else said, findings, len(shown), deviating)
        if not shown:
            return Spoken(Said.UNSEEN, note=next((item.note for item in observations if item.note), ""))
    return Spoken(Said.FINE, seen=seen)


def _rests_on_an_unsound_answer(finding: Finding, replies: Sequence[Reply], facts: CaseFacts) -> bool:
    """Whether a finding is about what an answer says whose own defects change or hide that."""
    about = [reply for reply in replies if reply.exchange.scenario_id == finding.where.scenario]
    return any(not stands_by_itself(finding, reply) and not is_sound(reply, facts) for reply in about)


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
    if pushed_back(last, refusing=case.direction is Direction.REFUSE):
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
    if case.control is None or case.direction is Direction.SERVE:
        return Control.NONE, ""
    reply = facts.reply(case.control, mode) or facts.reply(case.control, Mode.JSON)
    if reply is None or reply.status is None:
        return Control.USELESS, f"{case.control} has no response"
    if answered(reply):
        return Control.ACCEPTED, ""
    what = f"{case.control} got status {reply.status} (journal line {reply.exchange.line})"
    return (Control.DECLINED if declined(reply) else Control.USELESS), what


def _ability(case: Case, mode: Mode, transcripts: Transcripts, bench: Bench) -> tuple[Ability, str]:
    """What is known of the abilities that a case needs, and the clause that has the model refuse it.

    An ability is lacking by what the target says, the specification says of the model, or the list of models says.
    """
    if not case.needs:
        return Ability.CORE, ""
    known = capabilities_of(bench.model, _entry(transcripts), bench.models)
    lacking = [need for need in case.needs if need in bench.absent or known.get(need) is False]
    if lacking:
        return _lacking(lacking, bench.models.refusals)
    if all(need in bench.declared for need in case.needs):
        return Ability.DECLARED, ""
    probes = dict(zip(case.needs, case.probes, strict=False))
    shown = (need in bench.declared or _accepted(probes.get(need), mode, transcripts) for need in case.needs)
    return (Ability.PROBED if all(shown) else Ability.UNDECLARED), ""


def _lacking(abilities: Sequence[str], refusals: Mapping[str, RefusalClause]) -> tuple[Ability, str]:
    """How the lack of abilities shows: by the first certain clause, else by an uncertain one, else not at all."""
    if not all(ability in refusals for ability in abilities):
        return Ability.ABSENT, ""
    found = sorted((refusals[ability] for ability in abilities), key=lambda refusal: not refusal.certain)
    return (Ability.REFUSED if found[0].certain else Ability.DOUBTED), found[0].clause


def _accepted(probe: ScenarioName | None, mode: Mode, transcripts: Transcripts) -> bool:
    transcript = transcripts.get(probe, mode) if probe else None
    return transcript is not None and probed(transcript.replies[-1:]) == "accepted"


def _entry(transcripts: Transcripts) -> Json:
    """The model's own entry in the list of models, or None."""
    transcript = transcripts.get(ScenarioName(ENTRY_SCENARIO), Mode.JSON)
    last = transcript.last if transcript is not None else None
    return last.json if last is not None and last.ok else None


def _ordinary(reply: Reply) -> bool:
    """True for evidence that can be read: what it does not have did not occur."""
    return answered(reply) or reply.error is not None


def _nothing(case: Case, mode: Mode, transcripts: Transcripts, picked: Sequence[Reply]) -> tuple[Shown, str]:
    """Why a case that judges others' scenarios has nothing to judge."""
    if picked:
        trouble = picked[-1].exchange.trouble
        return Shown.TROUBLE, f"{trouble.kind}: {trouble.message}" if trouble else "nothing came back"
    if not case.judged:
        return Shown.FULL, ""
    name = case.judged[0]
    transcript = transcripts.get(name, mode)
    if transcript is not None and transcript.replies:
        return Shown.BUSY, _busy(transcript.replies[-1])
    return Shown.UNSENT, transcript.stopped if transcript else transcripts.why_unsent(name, mode)
