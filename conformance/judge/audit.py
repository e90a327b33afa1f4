"""Judges recorded exchanges one by one and adds up: no exchange is kept once it has been judged.

It runs the cases that need no particular request on each reply. An exchange is judged alone here, so cases that compare
with another request are left out, and values that must be unique are compared with the latest `REMEMBERED` ones. An
answer that was recorded twice is one answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from conformance.base.versions import API_VERSIONS
from conformance.judge.check import FINE, NOT_THERE, Check, Context, Observation, found
from conformance.judge.checks.http import repeated
from conformance.judge.evaluate import KINDS, Bench, CaseContext
from conformance.judge.evidence import NO_EVIDENCE, selected
from conformance.judge.nothing_shown import lacks, nothing_shown
from conformance.judge.soundness import is_about_form, is_sound
from conformance.judge.verdict import CheckResult, Completeness, Signals, axis_of, can_gate, decide, gates
from conformance.model import Case, CheckCall, Finding, Json, Judgement, Mode, Selector
from conformance.protocol.reply import Reply
from conformance.standard.recorders import Recorders

REMEMBERED: Final = 50_000
"""Values of one case that later ones are compared with."""

KINDS_KEPT: Final = 5
"""Findings of one case and mode that are kept: the first of each kind, up to this many."""

LINES_KEPT: Final = 5
"""Deviating exchanges of one case and mode whose lines are kept."""


@dataclass(frozen=True)
class LeftOut:
    """A case that no recording can show, and why."""

    case: str
    reason: str


@dataclass(frozen=True)
class Noticed:
    """What one exchange deviates in. `kept` are those of the findings that the judgement will show.

    `shown` is True where the exchange will be evidence of the judgement.
    """

    case: Case
    mode: Mode
    findings: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    shown: bool


@dataclass
class _Tally:
    """What was seen of one case in one mode so far.

    `touched` counts the exchanges that damage kept from it, `unsound` those whose findings come from a broken stream.
    """

    case: Case
    mode: Mode
    picked: int = 0
    seen: int = 0
    deviating: int = 0
    touched: int = 0
    unsound: int = 0
    flags: set[str] = field(default_factory=set)
    lacking: Counter[str] = field(default_factory=Counter)
    note: str = ""
    noted: int = 0
    kinds: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    known: dict[bytes, _Identity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Identity:
    """Where a value was first seen, and the digest of the answer that held it."""

    place: str
    pointer: str | None
    answer: bytes


_Kind = tuple[frozenset[tuple[Selector, Mode]], frozenset[str]]
_Route = tuple[_Tally, tuple[CheckCall, ...], frozenset[str]]
_NO_DAMAGE: Final = Recorders({})


class Audit:
    """Judges replies with every case that needs no particular request. `take` them in any order, then `judgements`.

    `damage` says what recorder damage keeps from being judged. `damaged` counts, by flag, the exchanges of which
    something was left out; `left_out` are the cases that are not judged at all.
    """

    def __init__(
        self, cases: Sequence[Case], bench: Bench, damage: Recorders = _NO_DAMAGE, *, remembered: int = REMEMBERED
    ) -> None:
        self._bench = bench
        self._damage = damage
        self._remembered = remembered
        self._left_out: list[LeftOut] = []
        self._tallies = list(self._plan(cases))
        self._selectors = {name for tally in self._tallies for name in tally.case.selectors}
        self._routes: dict[_Kind, tuple[_Route, ...]] = {}
        self._unhurt: dict[tuple[str, frozenset[str]], tuple[tuple[CheckCall, ...], frozenset[str]]] = {}
        documents = {
            "": bench.document,
            **{version: bench.document.in_version(version) for version in API_VERSIONS},
        }
        self._contexts = {
            version: {
                tally.case.id: CaseContext(document, tally.case, bench.model, NO_EVIDENCE) for tally in self._tallies
            }
            for version, document in documents.items()
        }
        self._taken = 0
        self.damaged: Counter[str] = Counter()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The cases that need no particular request and cannot be judged on single exchanges, with the reason."""
        return tuple(self._left_out)

    def take(self, reply: Reply, place: str, flags: frozenset[str] = frozenset()) -> tuple[Noticed, ...]:
        """Judges one reply. `place` says in words where it is recorded, `flags` what its recorder did to it.

        Flags are few and known: what depends on them alone is worked out once for each set of them.
        """
        self._taken += 1
        contexts = self._contexts_for(reply)
        picks = frozenset((name, mode) for name in self._selectors for mode in Mode if selected(name, mode, reply))
        lacking = lacks(reply)
        noticed: list[Noticed] = []
        touching: set[str] = set()
        for tally, calls, marks in self._routes_of(picks, flags):
            touching.update(marks)
            if not calls:
                tally.touched += 1
                tally.flags.update(marks)
                continue
            tally.picked += 1
            context = contexts[tally.case.id]
            observation = self._run(tally, calls, reply, place, context)
            seen, findings = observation.seen, observation.findings
            if findings and not _sound(reply, context) and not any(is_about_form(each, reply) for each in findings):
                tally.unsound += 1  # the cases on streams report the defect behind this
                continue
            if findings and (doubting := self._damage.doubting(flags, findings[0].check)):
                tally.picked -= 1
                tally.touched += 1
                tally.flags.add(doubting)
                touching.add(doubting)
                continue
            tally.seen += seen
            if not seen and not observation.absent:
                tally.lacking.update([lacking] if lacking else [])
                tally.note, tally.noted = tally.note or observation.note, tally.noted + bool(observation.note)
            if findings:
                noticed.append(self._note(tally, reply, findings))
        self.damaged.update(touching)
        return tuple(noticed)

    def judgements(self) -> list[tuple[Case, Judgement]]:
        """What the replies taken so far add up to, in the order of the cases."""
        return [(tally.case, self._conclude(tally)) for tally in self._tallies]

    def _plan(self, cases: Sequence[Case]) -> Iterator[_Tally]:
        for case in cases:
            if not case.selectors:
                continue
            checks = [self._bench.checks[call.name] for call in case.expect]
            if any(check.across and check.identities is None for check in checks):
                self._left_out.append(LeftOut(case.id, "needs all exchanges at once"))
            elif case.control is not None or case.beside:
                self._left_out.append(LeftOut(case.id, "compares with another request"))
            else:
                yield from (_Tally(case, mode) for mode in case.modes)

    def _contexts_for(self, reply: Reply) -> dict[str, CaseContext]:
        """What the checks of each case may look up: no other reply, and the document in the API version of the request.

        A version that we do not know counts as the default one.
        """
        asked = reply.exchange.request.header("anthropic-version") or ""
        return self._contexts.get(asked, self._contexts[""])

    def _routes_of(self, picks: frozenset[tuple[Selector, Mode]], flags: frozenset[str]) -> tuple[_Route, ...]:
        """What is judged on a reply that these selectors take: the cases, and of each the checks that no damage touches
        and the flags that touch the others.
        """
        kind = (picks, flags)
        if kind not in self._routes:
            self._routes[kind] = tuple(
                (tally, *self._untouched(tally.case, flags))
                for tally in self._tallies
                if any((name, tally.mode) in picks for name in tally.case.selectors)
            )
        return self._routes[kind]

    def _untouched(self, case: Case, flags: frozenset[str]) -> tuple[tuple[CheckCall, ...], frozenset[str]]:
        key = (case.id, flags)
        if key not in self._unhurt:
            self._unhurt[key] = self._sorted_out(case, flags)
        return self._unhurt[key]

    def _sorted_out(self, case: Case, flags: frozenset[str]) -> tuple[tuple[CheckCall, ...], frozenset[str]]:
        touched = [(call, self._damage.touched_by(flags, case, call.name)) for call in case.expect]
        marks = frozenset(flag for _, found in touched for flag in found)
        return tuple(call for call, found in touched if not found), marks

    def _run(
        self, tally: _Tally, calls: Sequence[CheckCall], reply: Reply, place: str, context: CaseContext
    ) -> Observation:
        """What the reply shows of the case: the observation of the first check that has findings or sees nothing."""
        for call in tally.case.given:
            observation = self._observe(tally, call, reply, place, context)
            if observation.findings or not observation.seen:
                return NOT_THERE if observation.findings else replace(observation, note="")
        for call in calls:
            observation = self._observe(tally, call, reply, place, context)
            if observation.findings or not observation.seen:
                return observation
        return FINE

    def _observe(self, tally: _Tally, call: CheckCall, reply: Reply, place: str, context: CaseContext) -> Observation:
        check = self._bench.checks[call.name]
        if check.across:
            return self._compare(tally, check, call.argument, reply, place)
        return check(reply, call.argument, context)

    def _compare(self, tally: _Tally, check: Check, argument: Json, reply: Reply, place: str) -> Observation:
        """What `unique` says of a reply, given the values of those before it."""
        values = check.identities(reply, argument) if check.identities is not None else ()
        answer = _digest_of(reply) if values else b""
        findings = []
        for pointer, value in values:
            key = _digest(value.encode("utf-8", "surrogatepass"))
            earlier = tally.known.get(key)
            if earlier is None:
                tally.known[key] = _Identity(place, pointer, answer)
                if len(tally.known) > self._remembered:
                    del tally.known[next(iter(tally.known))]
            elif earlier.answer != answer or (earlier.place == place and earlier.pointer != pointer):
                findings.append(replace(repeated(reply, value, earlier.place, pointer), check=check.name))
        return found(*findings) if values else Observation(seen=False)

    def _note(self, tally: _Tally, reply: Reply, findings: tuple[Finding, ...]) -> Noticed:
        tally.deviating += 1
        kept: list[Finding] = []
        for finding in findings:
            kind = (finding.check, finding.kind, finding.expected)
            if kind not in tally.kinds and len(tally.kinds) < KINDS_KEPT:
                tally.kinds[kind] = finding
                kept.append(finding)
        shown = bool(kept) or len(tally.lines) < LINES_KEPT
        if shown:
            tally.lines.append(reply.exchange.line)
        return Noticed(tally.case, tally.mode, findings, tuple(kept), shown)

    def _conclude(self, tally: _Tally) -> Judgement:
        case, findings = tally.case, tuple(tally.kinds.values())
        said, detail = self._said(tally, findings)
        row = decide(Signals(Completeness.FULL, said))
        axis = axis_of(case, said)
        return Judgement(
            case=case.id,
            mode=tally.mode,
            outcome=row.outcome,
            reason=detail
            or row.reason.format(
                detail="",
                needs=", ".join(case.needs),
                shown=nothing_shown(tally.picked, tally.lacking),
            ),
            findings=findings,
            evidence=tuple(tally.lines),
            seen=tally.seen,
            deviating=tally.deviating,
            gates=gates(case, row.outcome, axis, self._bench.policy),
            axis=axis,
            can_gate=can_gate(case, axis, self._bench.policy),
        )

    def _said(self, tally: _Tally, findings: Sequence[Finding]) -> tuple[CheckResult, str]:
        if findings:
            return KINDS.get(findings[0].kind, CheckResult.DEVIATION), ""
        if tally.seen:
            return CheckResult.FINE, ""
        if tally.unsound:
            return CheckResult.UNSOUND, ""
        if tally.touched and not tally.picked:
            flags = ", ".join(sorted(tally.flags))
            return CheckResult.UNSEEN, f"the recording cannot show it: {flags}"
        if self._taken and not tally.lacking and not tally.noted:
            return CheckResult.ABSENT, "the claim applies to none of the recorded exchanges"
        return CheckResult.UNSEEN, f"{tally.note} ({tally.noted} seen)" if tally.noted > 1 else tally.note


def _sound(reply: Reply, context: Context) -> bool:
    if "sound" not in reply.memo:
        reply.memo["sound"] = is_sound(reply, context)
    return bool(reply.memo["sound"])


def _digest_of(reply: Reply) -> bytes:
    """The digest of the body, by which an answer is known again."""
    if "digest" not in reply.memo:
        response = reply.exchange.response
        reply.memo["digest"] = _digest(response.body if response is not None else b"")
    return bytes(reply.memo["digest"])


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
