"""The verdict of a run in plain words: the one place that says it, for every output."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.words import entries, listed, of, plural
from conformance.results.conclusions.gate import INCOMPLETE
from conformance.results.model import DefectResult, Results

EXITS = {
    0: "the gate holds",
    1: "a gating clause is violated",
    2: "could not decide",
    3: "an error of our own",
    4: "bad input",
}
"""What exit codes mean."""

VERDICTS = {0: "PASS", 1: "FAIL", 2: "NOT DECIDED", 3: "ERROR", 4: "ERROR"}
"""The first word of every output, by exit code."""

_NAMED = 3
"""How many clients the verdict names."""


def word(results: Results) -> str:
    """The verdict in a word or two. It follows from the exit code, and from nothing else."""
    return VERDICTS[results.exit_code]


def sentence(results: Results) -> str:
    """What the verdict rests on, in plain sentences: what it means for clients first, then the numbers."""
    return " ".join(_sentences(results))


def parts(results: Results) -> tuple[str, str]:
    """The same sentences in two parts: the answer, which is read first, and what it rests on."""
    answer, *rest = _sentences(results) or [""]
    return answer, " ".join(rest)


def _sentences(results: Results) -> list[str]:
    total = results.summary.total
    if not results.complete and total.total and total.not_run == total.total:
        return [f"Nothing was tested: {results.incomplete_reason.rstrip('.')}."]
    return [*_clients(results), *_wrong(results), *_reached(results), *_numbers(results), *_unknown(results)]


def exit_meaning(results: Results) -> str:
    """What the exit code of a run means."""
    if results.exit_code == 1 and not results.summary.total.gating:
        return (
            "a capability that the tier needs is declined"
            if results.gate.declined
            else "an entry of the baseline is stale"
        )
    return EXITS[results.exit_code]


def _clients(results: Results) -> Iterator[str]:
    """Which clients do not work because of what violates the gate; how many work where it holds."""
    if results.exit_code == 3:
        yield "Something failed on our side; nothing here is the endpoint's fault or merit."
    broken = list(dict.fromkeys(c.title for each in _violating(results) for c in each.affects if c.impact == "breaks"))
    if broken:
        more = [f"{len(broken) - _NAMED} more clients"] if len(broken) > _NAMED + 1 else broken[_NAMED:]
        yield f"{listed([*broken[:_NAMED], *more])} {'does' if len(broken) == 1 else 'do'} not work."
    ready = sum(client.readiness == "ready" for client in results.clients)
    if results.exit_code == 0 and ready:
        others = len(results.clients) - ready
        yield f"{ready} of {ready + others} clients work without limits." if others else f"All {ready} clients work."


def _wrong(results: Results) -> Iterator[str]:
    """What violates the gate."""
    if violating := _violating(results):
        yield f"{plural(len(violating), 'defect')} {'violates' if len(violating) == 1 else 'violate'} the gate."
    yield from (f"{demand[:1].upper()}{demand[1:].rstrip('.')}." for demand in results.gate.declined)
    stale = len(results.baseline.stale) if results.baseline else 0
    if stale:
        yield f"{entries(stale)} of the baseline {'is' if stale == 1 else 'are'} stale."


def _violating(results: Results) -> list[DefectResult]:
    gating = _gating(results)
    return [defect for defect in results.defects if defect.gates and set(defect.cases) & gating]


def _gating(results: Results) -> set[str]:
    return {case.key for case in results.cases if case.gates}


def _reached(results: Results) -> Iterator[str]:
    """The tiers that are reached, where the gate holds."""
    reached = [tier.title for tier in results.tiers if tier.status == "reached"]
    if results.exit_code == 0 and reached:
        yield f"{listed(reached)} {'is' if len(reached) == 1 else 'are'} reached."


def _numbers(results: Results) -> Iterator[str]:
    """What passes, what was excused, what is open, and what does not apply, which is not open."""
    total, must = results.summary.total, results.summary.by_axis["conformance"].by_level["must"]
    parts = [f"{of(must)} MUST results pass"] if must.decided else []
    if total.known:
        parts.append(f"{plural(total.known, 'known deviation')} {'does' if total.known == 1 else 'do'} not gate")
    if hidden := len(results.gate.explained):
        parts.append(f"{plural(hidden, 'result')} could not be decided because of known deviations")
    if undecided := total.inconclusive - hidden:
        parts.append(f"{plural(undecided, 'result')} could not be decided")
    if beside := total.not_applicable + total.unsupported:
        parts.append(f"{plural(beside, 'result')} {'does' if beside == 1 else 'do'} not apply to this endpoint")
    if parts:
        yield f"{'; '.join(parts)}."
    if not must.decided:
        yield "No MUST result was decided."


def _unknown(results: Results) -> Iterator[str]:
    """Why the run does not say more."""
    missing = results.gate.missing if results.summary.total.decided else results.gate.reasons
    missing = tuple(reason for reason in missing if results.complete or not reason.startswith(INCOMPLETE))
    if results.exit_code == 2 and missing:
        yield f"Not enough evidence: {'; '.join(missing)}."
    reason = results.incomplete_reason.rstrip(".")
    if reason.startswith("a selection of "):
        yield f"Only {reason} was judged."
    elif not results.complete:
        yield f"The run is incomplete{f': {reason}' if reason else ''}."
