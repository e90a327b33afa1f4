"""Judges one case in one mode: picks the evidence, runs the checks, and decides by the verdict table (`verdict.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.base.values import show
from conformance.judge.capabilities import declined
from conformance.judge.check import Check, Observation, deviation
from conformance.judge.checks.refusal import refused
from conformance.judge.evidence import Evidence, ScenarioReplies, picked, pushed_back
from conformance.judge.nothing_shown import lacks, nothing_shown
from conformance.judge.soundness import can_be_sent_back, is_about_form, is_readable, is_sound
from conformance.judge.states import capability_state, declines_one
from conformance.judge.verdict import (
    SETTLED,
    CapabilityState,
    CheckResult,
    Completeness,
    Control,
    Policy,
    Row,
    Signals,
    axis_of,
    can_gate,
    decide,
    gates,
)
from conformance.model import Case, CheckCall, Direction, Finding, Judgement, Mode, Plane, ScenarioName
from conformance.protocol.refusals import is_page, is_too_long, words_of
from conformance.protocol.reply import Reply
from conformance.standard.document import Document
from conformance.standard.instructions import Markers, unfollowed
from conformance.standard.models import LISTED, NO_MODELS, Models

KINDS = {
    "ignored": CheckResult.IGNORED,
    "accepted": CheckResult.ACCEPTED,
}
"""Kinds of findings that the verdict table tells apart; every other kind is a deviation."""

MISSING_ROUTE = "route-missing"
"""The rule of `specs/defects.yaml` for a route that is not there."""

ANSWER_SIZE = "answer-size"
"""Check and kind of the finding that an answer is larger than any answer needs."""


@dataclass(frozen=True)
class Bench:
    """What all cases of a run are judged with.

    `declared` and `lacking` are the capabilities that the target declares to have and to lack, `models` what the
    specification says of models. `invalid` names the scenarios whose requests the API refuses, `markers` what the
    requests of a scenario ask for.
    """

    checks: Mapping[str, Check]
    document: Document
    model: str
    policy: Policy
    declared: Collection[str] = ()
    invalid: Collection[str] = ()
    lacking: Collection[str] = ()
    models: Models = NO_MODELS
    markers: Markers = field(default_factory=dict)


@dataclass(frozen=True)
class CaseContext:
    """What the checks of one case may look up (see `check.Context`)."""

    document: Document
    case: Case
    model: str
    evidence: Evidence

    def reply(self, scenario: ScenarioName | str, mode: Mode, step: int | None = None) -> Reply | None:
        """The reply of another scenario, or None."""
        name = ScenarioName.parse(scenario) if isinstance(scenario, str) else scenario
        sent = self.evidence.get(name, mode)
        if sent is None:
            return None
        number = len(sent.scenario.steps) if step is None else step
        found = sent.replies[number - 1] if 0 < number <= len(sent.replies) else None
        return None if found is not None and pushed_back(found) else found


@dataclass(frozen=True)
class Checked:
    """What the checks of a case found together. `absent`: nothing hides what the unseen claim is about."""

    result: CheckResult
    findings: tuple[Finding, ...] = ()
    seen: int = 0
    deviating: int = 0
    note: str = ""
    because: str = ""
    absent: bool = False


NOTHING_CHECKED = Checked(CheckResult.UNSEEN)


def judge(case: Case, mode: Mode, evidence: Evidence, bench: Bench) -> Judgement:
    """The judgement of one case in one mode. Pure: the same evidence gives the same judgement."""
    state, why = capability_state(
        case,
        mode,
        evidence,
        model=bench.model,
        models=bench.models,
        declared=bench.declared,
        lacking=bench.lacking,
    )
    context = CaseContext(bench.document, case, bench.model, evidence)
    trial = _Trial(case, mode, context, bench, state, why)
    if state in SETTLED:
        return trial.conclude(Signals(Completeness.FULL, capability=state), NOTHING_CHECKED, ())
    return trial.judge_on() if case.on else trial.judge_send()


@dataclass(frozen=True)
class _Trial:
    """One case in one mode. `why` is what makes the state what it is (`capability_state`), or empty."""

    case: Case
    mode: Mode
    context: CaseContext
    bench: Bench
    state: CapabilityState
    why: str

    def judge_on(self) -> Judgement:
        """Judges the replies of other scenarios."""
        candidates = picked(self.case, self.mode, self.context.evidence, self.bench.invalid)
        replies = tuple(reply for reply in candidates if self._came(reply))
        if not replies:
            completeness, why = self._nothing_picked(candidates)
            return self.conclude(Signals(completeness, capability=self.state), NOTHING_CHECKED, candidates, why)
        checked = self._unless_unfollowed(self._unless_declined(self._run_checks(replies), replies), replies)
        if checked.result is CheckResult.UNSEEN and not self.case.judged and checked.absent:
            checked = replace(checked, result=CheckResult.ABSENT)
        return self.conclude(Signals(Completeness.FULL, checked.result, capability=self.state), checked, replies)

    def _came(self, reply: Reply) -> bool:
        """Whether a reply can be judged: there is a response, or one that is no HTTP and the case is about that."""
        return reply.status is not None or (bool(self.case.selectors) and reply.malformed is not None)

    def judge_send(self) -> Judgement:
        """Judges the replies of the case's own scenario."""
        name, evidence = self.case.judged[0], self.context.evidence
        sent = evidence.get(name, self.mode)
        if sent is None or not sent.replies:
            why = sent.stopped if sent else evidence.why_unsent(name, self.mode)
            return self.conclude(Signals(Completeness.UNSENT, capability=self.state), NOTHING_CHECKED, (), why)
        completeness, detail = self._completeness(sent)
        control, control_detail = self._control()
        if completeness is Completeness.TROUBLE and sent.replies[-1].too_large is not None:
            checked = Checked(CheckResult.DEVIATION, (_too_large(sent.replies[-1]),), 1, 1)
            signals = Signals(Completeness.FULL, checked.result, control, capability=self.state)
            return self.conclude(signals, checked, sent.replies, control_detail)
        if completeness in (Completeness.TROUBLE, Completeness.BUSY, Completeness.TOO_LONG):
            signals = Signals(completeness, control=control, capability=self.state)
            return self.conclude(signals, NOTHING_CHECKED, sent.replies, detail)
        unmet = self._unmet_precondition(sent)
        checked = self._check(sent) if completeness is Completeness.FULL else self._check_part(sent.replies)
        if unmet and checked.result is CheckResult.DECLINED and _answered_before_last(sent):
            checked = NOTHING_CHECKED  # what was refused is not what the claim is about
        protocol = self.case.plane is Plane.PROTOCOL
        signals = Signals(completeness, checked.result, control, not unmet, protocol, self.state)
        return self.conclude(signals, checked, sent.replies, control_detail or detail or unmet)

    def _check(self, sent: ScenarioReplies) -> Checked:
        checked = self._run_checks(sent.replies[-1:], sent)
        judged = {call.step or len(sent.replies) for call in self.case.expect}
        replies = [sent.replies[step - 1] for step in sorted(judged)]
        return self._unless_unfollowed(self._unless_declined(checked, replies), replies)

    def _check_part(self, replies: Sequence[Reply]) -> Checked:
        """What a scenario shows that stopped before its last step.

        A declined step answers a claim about the capability. A claim about a later refusal stays open, and so does one
        whose step sent back what no request can hold.
        """
        if not all(can_be_sent_back(reply, self.context) for reply in replies[:-1]):
            return NOTHING_CHECKED
        serving = self.state is not CapabilityState.CORE and self.case.direction is Direction.SERVE
        optional = serving or self.state is CapabilityState.UNKNOWN
        if not (optional and declined(replies[-1])):
            return NOTHING_CHECKED
        refusal = deviation(replies[-1], "status 200", f"status {replies[-1].status}")
        return Checked(CheckResult.DECLINED, (replace(refusal, check="status"),), 1, 1)

    def _unless_declined(self, checked: Checked, replies: Sequence[Reply]) -> Checked:
        """What was found, or that the optional capability was declined cleanly, where that is what happened."""
        if self.state is CapabilityState.CORE:
            return checked
        if self.case.direction is Direction.REFUSE:
            unknown = self.state is CapabilityState.UNKNOWN and all(declined(reply) for reply in replies)
            lacks = unknown and declines_one(self.case, self.mode, self.context.evidence, self.bench.declared)
            return Checked(CheckResult.DECLINED, seen=len(replies)) if lacks else checked
        if checked.result is CheckResult.UNSOUND:
            return checked
        if self.state is CapabilityState.MUST_REFUSE and all(declined(reply) for reply in replies):
            return Checked(CheckResult.DECLINED, seen=len(replies))
        if self.state is CapabilityState.MUST_REFUSE and all(reply.answers for reply in replies):
            return Checked(CheckResult.ACCEPTED, tuple(map(_not_refused, replies)), len(replies), len(replies))
        unknown = self.state is CapabilityState.UNKNOWN
        if unknown and checked.result is not CheckResult.FINE and all(map(is_page, replies)):
            note = f"{_status_of(replies[0])} with a page in HTML, which something in front of the API may have sent"
            return Checked(CheckResult.UNSEEN, note=note)
        unseen = checked.result is CheckResult.UNSEEN and unknown
        if (checked.findings or unseen) and all(declined(reply) for reply in replies):
            return replace(checked, result=CheckResult.DECLINED)
        return checked

    def _unless_unfollowed(self, checked: Checked, replies: Sequence[Reply]) -> Checked:
        """What was found, or that the model does nothing that it is asked to, where that explains what was found."""
        if self.case.plane is not Plane.BEHAVIOUR or checked.result not in (CheckResult.IGNORED, CheckResult.DEVIATION):
            return checked
        answered = all(reply.answers for reply in replies)
        if answered and unfollowed(self.bench.markers, self.context.evidence.all_replies()):
            return replace(checked, result=CheckResult.UNFOLLOWED, findings=(), deviating=0)
        return checked

    def _run_checks(self, replies: Sequence[Reply], sent: ScenarioReplies | None = None) -> Checked:
        """Runs the checks in order and stops at the first with findings, so that one defect is reported once.

        Steps behind an unsound answer send back what came of it, and prove nothing.
        """
        seen = 0
        for call in self.case.expect:
            observations = self._observe(call, _subjects(call, replies, sent))
            showing = [observation for observation in observations if observation.seen]
            findings = tuple(finding for observation in showing for finding in observation.findings)
            seen = max(seen, len(showing))
            if findings:
                earlier = sent.replies[: (call.step or len(sent.replies)) - 1] if sent is not None else ()
                unsound = not all(can_be_sent_back(reply, self.context) for reply in earlier) or all(
                    self._rests_on_an_unsound_answer(finding, replies) for finding in findings
                )
                result = CheckResult.UNSOUND if unsound else KINDS.get(findings[0].kind, CheckResult.DEVIATION)
                deviating = sum(bool(observation.findings) for observation in showing)
                return Checked(result, findings, len(showing), deviating)
            if not showing:
                certain = all(each.absent for each in observations) and all(reply.ok for reply in replies)
                result = CheckResult.ABSENT if certain and self.case.judged else CheckResult.UNSEEN
                because = next((each.because for each in observations if each.note), "")
                absent = _absent(observations, replies)
                return Checked(result, note=_note_of(observations), because=because, absent=absent)
        return Checked(CheckResult.FINE, seen=seen)

    def _rests_on_an_unsound_answer(self, finding: Finding, replies: Sequence[Reply]) -> bool:
        """Whether a finding is about the content of an answer whose own defects change or hide that content."""
        about = [reply for reply in replies if reply.exchange.scenario_id == finding.where.scenario]
        return any(not is_about_form(finding, reply) and not is_sound(reply, self.context) for reply in about)

    def _observe(self, call: CheckCall, replies: Sequence[Reply]) -> list[Observation]:
        return self.bench.checks[call.name].observe(replies, call.argument, self.context)

    def _unmet_precondition(self, sent: ScenarioReplies) -> str:
        """Why something of `given` does not hold, or the empty string."""
        for call in self.case.given:
            observations = self._observe(call, _subjects(call, sent.replies[-1:], sent))
            findings = [finding for observation in observations for finding in observation.findings]
            if findings:
                return f"expected {findings[0].expected}, actual {findings[0].actual}"
            if not any(observation.seen for observation in observations):
                return f"{call.name} has nothing to check"
        return ""

    def _completeness(self, sent: ScenarioReplies) -> tuple[Completeness, str]:
        last = sent.replies[-1]
        own = is_too_long(last) and not LISTED.isdisjoint(self.case.needs)  # the case is about the length
        if not own and pushed_back(last, refusing=self.case.direction is Direction.REFUSE):
            return _pushed_back(last)
        if last.status is None:
            return Completeness.TROUBLE, _trouble_of(last)
        if sent.last is None:
            return Completeness.PARTIAL, sent.stopped
        return Completeness.FULL, ""

    def _nothing_picked(self, candidates: Sequence[Reply]) -> tuple[Completeness, str]:
        """Why a case that judges other scenarios has nothing to judge."""
        if candidates:
            return Completeness.TROUBLE, _trouble_of(candidates[-1])
        if not self.case.judged:
            return Completeness.FULL, ""
        name, evidence = self.case.judged[0], self.context.evidence
        sent = evidence.get(name, self.mode)
        if sent is not None and sent.replies:
            return _pushed_back(sent.replies[-1])
        return Completeness.UNSENT, sent.stopped if sent else evidence.why_unsent(name, self.mode)

    def _control(self) -> tuple[Control, str]:
        """What became of the control of a refusal. Other cases compare with their control in their checks."""
        name = self.case.control
        if name is None or self.case.direction is Direction.SERVE:
            return Control.NONE, ""
        reply = self.context.reply(name, self.mode) or self.context.reply(name, Mode.JSON)
        if reply is None or reply.status is None:
            return Control.USELESS, f"{name} has no response"
        if reply.answers:
            return Control.ACCEPTED, ""
        what = f"{name} got status {reply.status} (journal line {reply.exchange.line})"
        return (Control.DECLINED if declined(reply) else Control.USELESS), what

    def conclude(self, signals: Signals, checked: Checked, replies: Sequence[Reply], detail: str = "") -> Judgement:
        """The judgement that follows from the signals by the verdict table."""
        row = decide(signals)
        axis = axis_of(self.case, signals.checks)
        lines = [finding.where.line for finding in checked.findings if finding.where.line]
        lines += [reply.exchange.line for reply in replies]
        return Judgement(
            case=self.case.id,
            mode=self.mode,
            outcome=row.outcome,
            reason=self._reason(row, detail, checked, replies),
            findings=checked.findings,
            evidence=tuple(dict.fromkeys(lines)),
            seen=checked.seen,
            deviating=checked.deviating,
            gates=gates(self.case, row.outcome, axis, self.bench.policy),
            axis=axis,
            can_gate=can_gate(self.case, axis, self.bench.policy),
            because=MISSING_ROUTE if self.state is CapabilityState.NO_ROUTE else checked.because,
        )

    def _reason(self, row: Row, detail: str, checked: Checked, replies: Sequence[Reply]) -> str:
        if checked.result is CheckResult.UNSEEN and checked.note and not detail:
            return checked.note
        return row.reason.format(
            detail=detail,
            needs=", ".join(self.case.needs),
            clause=self.why,
            lacking=self.why,
            lacks=", ".join(self.case.lacks),
            reported_by=self.case.reported_by,
            shown=nothing_shown(len(replies), Counter(what for reply in replies if (what := lacks(reply)))),
            opt_in=" and ".join(f"--declare {name}" for name in self.case.opt_in),
        )


def _subjects(call: CheckCall, replies: Sequence[Reply], sent: ScenarioReplies | None) -> Sequence[Reply]:
    if call.step is None or sent is None:
        return replies
    return sent.replies[call.step - 1 : call.step]


def _answered_before_last(sent: ScenarioReplies) -> bool:
    """Whether there are earlier steps, and each was answered."""
    return len(sent.replies) > 1 and all(reply.answers for reply in sent.replies[:-1])


def _not_refused(reply: Reply) -> Finding:
    expected, actual = "a refusal: status 400 invalid_request_error", f"accepted with status {reply.status}"
    return replace(deviation(reply, expected, actual, kind="accepted"), check=refused.name)


def _too_large(reply: Reply) -> Finding:
    """The only thing that can be said of an answer that was cut."""
    finding = deviation(reply, "an answer of ordinary size", reply.too_large or "", kind=ANSWER_SIZE)
    return replace(finding, check=ANSWER_SIZE)


def _pushed_back(reply: Reply) -> tuple[Completeness, str]:
    if is_too_long(reply):
        return Completeness.TOO_LONG, f"{_status_of(reply)}: {show(words_of(reply))}"
    return Completeness.BUSY, _status_of(reply)


def _status_of(reply: Reply) -> str:
    exchange = reply.exchange
    tries = f" after {exchange.attempt} attempts" if exchange.attempt > 1 else ""
    return f"status {reply.status}{tries} (journal line {exchange.line})"


def _trouble_of(reply: Reply) -> str:
    trouble = reply.exchange.trouble
    return f"{trouble.kind}: {trouble.message}" if trouble else "nothing was received"


def _note_of(observations: Sequence[Observation]) -> str:
    notes = [observation.note for observation in observations if observation.note]
    return f"{notes[0]} ({len(notes)} seen)" if len(notes) > 1 else "".join(notes)


def _absent(observations: Sequence[Observation], replies: Sequence[Reply]) -> bool:
    """Whether no reply holds what was not seen in any: its status or headers say so, or its body can be read."""
    if len(observations) != len(replies):
        return all(map(is_readable, replies))
    pairs = zip(observations, replies, strict=True)
    return all(seen.absent or (not seen.note and is_readable(reply)) for seen, reply in pairs)
