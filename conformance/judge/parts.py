"""Finds the guilty part of a request that was refused as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.base.values import show
from conformance.judge.check import MOST_FINDINGS, deviation
from conformance.judge.evidence import Again, pushed_back
from conformance.model import Case, Finding, Judgement, Mode, Outcome, Part
from conformance.protocol.refusals import words_of
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import is_error


def is_refused(reply: Reply | None) -> bool:
    """Whether a reply refuses its request, or breaks down over it; not for the load of the moment."""
    return reply is not None and is_error(reply.status) and not pushed_back(reply)


def by_part(judgement: Judgement, case: Case, again: Again) -> Judgement:
    """The judgement of a request that was refused, with findings on those of its parts that are refused alone.

    Where these have cases of their own, the findings are theirs, and the whole is undecided.
    """
    replies = [(part, _reply(part, again)) for part in case.parts]
    guilty = [(part, reply) for part, reply in replies if reply is not None and is_refused(reply)]
    unasked = sum(reply is None or not (reply.ok or is_refused(reply)) for _, reply in replies)
    lines = [reply.exchange.line for _, reply in replies if reply is not None]
    blamed = [(part, reply) for part, reply in guilty if not part.is_case]
    if guilty and not blamed:  # each is judged by a case of its own
        judgement = replace(judgement, outcome=Outcome.INCONCLUSIVE, findings=(), gates=False)
    findings = [_finding(judgement, part, reply) for part, reply in blamed[:MOST_FINDINGS]]
    return replace(
        judgement,
        reason="; ".join(filter(None, [judgement.reason, _reason(case, [part for part, _ in guilty], unasked)])),
        findings=(*findings, *judgement.findings) if len(guilty) < len(case.parts) else judgement.findings,
        evidence=tuple(dict.fromkeys((*judgement.evidence, *lines))),
    )


def _reply(part: Part, again: Again) -> Reply | None:
    sent = again(f"{part.scenario}/{Mode.JSON}", 1)
    return sent.last if sent is not None else None


def _finding(judgement: Judgement, part: Part, reply: Reply) -> Finding:
    words = words_of(reply)
    said = f": {show(words)}" if words else ""
    found = deviation(reply, f"status 200 for the part {part.name} alone", f"status {reply.status}{said}")
    return replace(found, check=judgement.findings[0].check if judgement.findings else "status")


def _reason(case: Case, guilty: Sequence[Part], unasked: int) -> str:
    count = len(case.parts)
    missing = f"; {unasked} of its {count} parts got no answer" if unasked else ""
    if not guilty:
        return f"refused as a whole{missing or f', and none of its {count} parts alone'}"
    if len(guilty) == count:
        return f"each of its {count} parts is refused alone as well"
    names = ", ".join(part.name for part in guilty)
    return f"refused alone, of its {count} parts: {names}{missing}"
