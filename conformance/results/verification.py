"""Whether the verdicts of results follow from the evidence that was submitted with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.results.model import CaseResult, Results


@dataclass(frozen=True)
class Mismatch:
    """One verdict that does not follow from the evidence: what it is about, what was claimed, and what follows."""

    what: str
    claimed: str
    follows: str


@dataclass(frozen=True)
class Verification:
    """The claimed results beside those that follow from the evidence.

    `unchecked` are results of cases that the suite does not know, as `case/mode`: nobody can recompute them.
    `same_catalogue` is False where another version of the suite judged: then a mismatch may be its mistake.
    """

    claimed: Results
    follows: Results
    mismatches: tuple[Mismatch, ...]
    unchecked: tuple[str, ...]
    checked: int

    @property
    def same_catalogue(self) -> bool:
        """Whether the same cases judged both times."""
        return self.claimed.suite.catalogue == self.follows.suite.catalogue


def verification_of(claimed: Results, follows: Results) -> Verification:
    """Compares every verdict: of cases, tiers, clients and claims, and what the run says of itself."""
    ours = {case.key: case for case in follows.cases}
    theirs = {case.key: case for case in claimed.cases}
    unchecked = tuple(key for key in theirs if key not in ours)
    return Verification(
        claimed,
        follows,
        (*_facts(claimed, follows), *_cases(theirs, ours), *_conclusions(claimed, follows, whole=not unchecked)),
        unchecked,
        len(theirs) - len(unchecked),
    )


def _facts(claimed: Results, follows: Results) -> Iterator[Mismatch]:
    for what, one, other in (
        ("base URL", claimed.target.url, follows.target.url),
        ("model", claimed.target.model, follows.target.model),
        ("API version", claimed.target.api_version, follows.target.api_version),
        ("start of the run", claimed.started, follows.started),
        ("edition", claimed.suite.edition, follows.suite.edition),
        ("number of requests", claimed.requests, follows.requests),
        ("completeness", claimed.complete, follows.complete),
    ):
        if one != other:
            yield Mismatch(what, str(one), str(other))


def _cases(theirs: dict[str, CaseResult], ours: dict[str, CaseResult]) -> Iterator[Mismatch]:
    for key, case in ours.items():
        claimed = theirs.get(key)
        if claimed is None:
            yield Mismatch(key, "absent", _said(case))
        elif claimed.outcome is not case.outcome:
            yield Mismatch(key, _said(claimed), _said(case))
        elif claimed.gates != case.gates and claimed.known is None:
            yield Mismatch(key, _gates(claimed), _gates(case))


def _said(case: CaseResult) -> str:
    finding = f" ({case.findings[0].actual})" if case.findings else ""
    return f"{case.outcome}{finding}"


def _gates(case: CaseResult) -> str:
    return f"{case.outcome}, {'gates' if case.gates else 'does not gate'}"


def _conclusions(claimed: Results, follows: Results, *, whole: bool) -> Iterator[Mismatch]:
    """Tiers, clients, claims and the exit code. A baseline may change the last one, and so may cases of one's own."""
    for kind, part, verdict in (
        ("tier", "tiers", "status"),
        ("client", "clients", "readiness"),
        ("defect", "defects", "harm"),
        ("claim", "claims", "verdict"),
    ):
        one, other = (
            {each.id: str(getattr(each, verdict)) for each in getattr(run, part)} for run in (claimed, follows)
        )
        for name in sorted(one.keys() | other.keys()):
            if one.get(name) != other.get(name):
                yield Mismatch(f"{kind} {name}", one.get(name, "absent"), other.get(name, "absent"))
    if whole and claimed.baseline is None and claimed.exit_code != follows.exit_code:
        yield Mismatch("exit code", str(claimed.exit_code), str(follows.exit_code))
