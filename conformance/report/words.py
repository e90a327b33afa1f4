"""The words and the order that all outputs share: verdict, outcomes, numbers, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.model import Harm, Level, Mode, Outcome
from conformance.results.count import Count
from conformance.results.durations import LimitResult, ModeTiming
from conformance.results.model import (
    CapabilityResult,
    CaseResult,
    ClientResult,
    DefectResult,
    EntryResult,
    Results,
    TierResult,
)

OUTCOMES: dict[Outcome, str] = {
    Outcome.FAIL: "does something other than the clause says",
    Outcome.IGNORED: "accepted the request and did not honour it",
    Outcome.PASS: "does what the clause says",
    Outcome.UNSUPPORTED: "declined honestly",
    Outcome.INCONCLUSIVE: "the model or the network did not let us see",
    Outcome.NOT_APPLICABLE: "does not apply to this target",
    Outcome.NOT_RUN: "not run",
}
"""Every outcome with its meaning, worst first."""

HARMS: dict[Harm, str] = {
    Harm.BREAKS: "breaks clients",
    Harm.LOSES: "loses data",
    Harm.MISLEADS: "misleads clients",
    Harm.DEGRADES: "works less well",
    Harm.TOLERATES: "tolerates mistakes",
}
"""What a defect does to clients, worst first."""

READINESS: dict[str, str] = {
    "not-ready": "not ready",
    "limited": "limited",
    "undecided": "undecided",
    "ready": "ready",
}
"""What an endpoint is for a client, worst first."""

_LEVELS = list(Level)
_OUTCOMES = list(OUTCOMES)


def entries(number: int) -> str:
    """A number of entries of the baseline."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence, as in `Core, Agent and Full`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def of(count: Count) -> str:
    """The one fraction that is ever shown: passed of decided."""
    return f"{count.passed} of {count.decided}"


def open_words(count: Count) -> str:
    """What is not decided, by kind, or an empty text."""
    kinds = [
        (count.inconclusive, "inconclusive"),
        (count.unsupported, "unsupported"),
        (count.not_applicable, "not applicable"),
        (count.not_run, "not run"),
    ]
    return ", ".join(f"{number} {word}" for number, word in kinds if number)


def plural(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def seconds(value: float) -> str:
    """A duration for people."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def cost(results: Results) -> str:
    """The price of the run, or what is missing to know it."""
    return "cost unknown (no prices configured)" if results.cost is None else f"USD {results.cost:.4f}"


def effort(results: Results) -> str:
    """What the run took: requests, tokens, time, money."""
    tokens = results.tokens
    return (
        f"{plural(results.requests, 'request')} in {seconds(results.duration_s)}, "
        f"{tokens.input:,} input and {tokens.output:,} output tokens, {cost(results)}"
    )


def counted(results: Results) -> str:
    """What one unit of the numbers is."""
    summary = results.summary
    return (
        f"{plural(summary.cases, 'case')} gave {plural(summary.total.total, 'result')}: "
        "a case that is judged as JSON body and as event stream counts once for each"
    )


def reach(case: CaseResult) -> str:
    """How much of the evidence deviates, as in `in 37 of 37 streams`; empty where a single exchange was seen."""
    if case.seen < 2:
        return ""
    return f"in {case.deviating} of {case.seen} {'streams' if case.mode is Mode.STREAM else 'answers'}"


def actual(case: CaseResult) -> str:
    """What was seen, with its reach; the reason of the outcome without one."""
    seen = case.findings[0].actual if case.findings else case.reason
    return ", ".join(filter(None, [seen, reach(case), repeated(case) if case.findings else ""]))


def repeated(case: CaseResult) -> str:
    """How often a case deviated where it was tried more than once, as in `in 2 of 3 attempts`; otherwise empty."""
    return f"in {case.deviating_attempts} of {case.attempts} attempts" if case.attempts > 1 else ""


def brief(case: CaseResult, limit: int = 160) -> str:
    """What was seen, cut to `limit` characters."""
    seen = actual(case)
    return seen if len(seen) <= limit else f"{seen[:limit]} …"


def worst_first(cases: Iterable[CaseResult]) -> list[CaseResult]:
    """Deviations in the order to read them: gating, by level, serve before refuse, by outcome, by reach, known last."""
    return sorted((case for case in cases if case.deviates), key=_rank)


def decisive(cases: Sequence[CaseResult]) -> list[list[CaseResult]]:
    """Deviations that are not known, worst first, the modes of one case together."""
    return _grouped(case for case in worst_first(cases) if case.known is None)


def defects(results: Results) -> list[tuple[DefectResult, list[CaseResult]]]:
    """The defects that the baseline does not list whole, worst first, each with its results, the one to read first in
    front. A declined capability that no case of the run needs has none.
    """
    by_key = {case.key: case for case in results.cases}
    found = [(defect, [by_key[key] for key in defect.cases if key in by_key]) for defect in results.defects]
    return [
        (defect, sorted(members, key=lambda case: case.known is not None))
        for defect, members in found
        if not members or any(case.known is None for case in members)
    ]


def sentence(text: str) -> str:
    """A clause as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}."


def extent(defect: DefectResult) -> str:
    """How far a defect reaches, as in `19 results, 22 exchanges; hides 5 results; does not gate`."""
    parts = [f"{plural(len(defect.cases), 'result')}, {plural(len(defect.exchanges), 'exchange')}"]
    parts += [f"hides {plural(len(defect.hides), 'result')}"] if defect.hides else []
    parts += [] if defect.gates else ["does not gate"]
    return "; ".join(parts)


def witness(members: Sequence[CaseResult]) -> list[CaseResult]:
    """The case of a defect to read first, in the modes in which it deviates; `members` as `defects` returns them."""
    return [case for case in members if case.id == members[0].id and case.known is None]


def affected(defect: DefectResult, shown: int = 2) -> str:
    """The clients that a defect affects, as in `breaks Claude Code, Cline and 3 more`; empty where it affects none.

    Where it breaks some and degrades others, those that it breaks are named and the others are counted.
    """
    broken = [client.title for client in defect.affects if client.impact == "breaks"]
    verb, names = ("breaks", broken) if broken else ("degrades", [client.title for client in defect.affects])
    if not names:
        return ""
    more = len(defect.affects) - len(names[:shown])
    return f"{verb} {listed([*names[:shown], f'{more} more'] if more else names)}"


def known(cases: Sequence[CaseResult]) -> list[list[CaseResult]]:
    """Deviations that the baseline lists, worst first, the modes of one case together."""
    return _grouped(case for case in worst_first(cases) if case.known is not None)


def _grouped(cases: Iterable[CaseResult]) -> list[list[CaseResult]]:
    groups: dict[str, list[CaseResult]] = {}
    for case in cases:
        groups.setdefault(case.id, []).append(case)
    return list(groups.values())


def accepted(case: CaseResult) -> str:
    """Why a known deviation does not gate: reason, last day, owner, link, place; empty where it is not known."""
    entry = case.known
    if entry is None:
        return ""
    owner, link = (f", {entry.owner}" if entry.owner else ""), (f", {entry.link}" if entry.link else "")
    return f"{entry.reason} (until {entry.expires}{owner}{link}; {entry.entry})"


def entry_line(entry: EntryResult) -> str:
    """One entry of the baseline and what to do about it."""
    mode = f"/{entry.mode}" if entry.mode is not None else ""
    return f"{entry.entry}  {entry.case}{mode} {entry.sentence}"


def baseline(results: Results) -> str:
    """The baseline in one sentence, empty without one."""
    found = results.baseline
    if found is None:
        return ""
    parts = [entries(found.entries), f"{results.summary.total.known} known results"]
    parts += [f"{len(found.stale)} stale"] if found.stale else []
    parts += [f"{len(found.open)} left alone"] if found.open else []
    return f"{found.file}: {', '.join(parts)}" + (f"; {found.update}" if found.update else "")


def tier_note(tier: TierResult) -> str:
    """The numbers of a tier, and why it is undecided."""
    rest = f", {tier.total} in all" if tier.total != tier.decided else ""
    reason = f"; {tier.reason}" if tier.reason else ""
    return f"{tier.passed} of {tier.decided} pass{rest}{reason}"


def clients(results: Results) -> list[tuple[str, list[ClientResult]]]:
    """The clients by readiness, worst first."""
    groups = [(status, [each for each in results.clients if each.readiness == status]) for status in READINESS]
    return [(status, members) for status, members in groups if members]


def client_counts(results: Results) -> str:
    """How many clients the endpoint is ready for, as in `9 ready, 3 limited, 4 not ready`."""
    return ", ".join(f"{len(members)} {READINESS[status]}" for status, members in reversed(clients(results)))


def client_note(client: ClientResult) -> str:
    """What the user of a client sees first, or what has to be decided."""
    if client.readiness == "undecided":
        first, *others = [need.does for need in client.needs if need.state == "undecided"]
        more = f", and {plural(len(others), 'more need')}" if others else ""
        return f"It {first}{more}; this run did not decide whether that works."
    first, *others = client.symptoms or ("",)
    return f"{first} And {plural(len(others), 'more problem')}." if others else first


def timing(each: ModeTiming) -> list[tuple[str, str]]:
    """The times of a mode, each with its name."""
    found = [
        ("first byte", f"{moment(each.first_byte)}, at worst {moment(each.first_byte_worst)}"),
        ("longest silence", moment(each.silence) if each.silence is not None else "not known"),
    ]
    if each.tokens_per_second is not None:
        found.append(("tokens per second", f"{each.tokens_per_second:,.0f}"))
    return found


def moment(value: float) -> str:
    """A time with three digits below ten seconds, and whole above."""
    return f"{value:.3f} s" if value < 10 else f"{value:,.0f} s"


def limit(found: LimitResult) -> str:
    """What a client puts up with, as in `hangs up after 300 s of silence`."""
    what = "without a first byte" if found.kind == "first-byte" else "of silence"
    return f"hangs up after {found.seconds} s {what}"


def contradictions(results: Results) -> list[CapabilityResult]:
    """The capabilities whose three facts contradict each other."""
    return [each for each in results.capabilities if each.contradiction]


def three_facts(capability: CapabilityResult) -> tuple[str, str, str]:
    """Declared, probed and observed, in words."""
    declared = {True: "yes", False: "lacking", None: "core" if capability.core else "not said"}
    observed = {True: "yes", False: "no", None: "cannot be seen"}
    probed = {"unknown": "not probed"}.get(capability.probed, capability.probed)
    return declared[capability.declared], probed, observed[capability.observed]


def undecided(cases: Iterable[CaseResult]) -> list[tuple[Outcome, str, list[CaseResult]]]:
    """What was not decided, grouped by outcome and reason, the largest group of each outcome first."""
    groups: dict[tuple[Outcome, str], list[CaseResult]] = {}
    for case in cases:
        if not case.decided:
            groups.setdefault((case.outcome, case.reason or OUTCOMES[case.outcome]), []).append(case)
    listed = [(outcome, reason, members) for (outcome, reason), members in groups.items()]
    return sorted(listed, key=lambda group: (_OUTCOMES.index(group[0]), -len(group[2])))


def modes(cases: Sequence[CaseResult]) -> str:
    """The modes of some results, as in `json and stream`."""
    return " and ".join(sorted(dict.fromkeys(case.mode.value for case in cases)))


def _rank(case: CaseResult) -> tuple[bool, bool, bool, bool, int, int, int]:
    return (
        case.known is not None,
        not case.gates,
        case.informational,
        case.axis != "conformance",
        _LEVELS.index(case.level),
        _OUTCOMES.index(case.outcome),
        -case.deviating,
    )
