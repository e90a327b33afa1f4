"""Whether an endpoint does what its vendor's own documents claim, and which cases decide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from conformance.model import DEVIATING, Case, Judgement, Mode, Outcome
from conformance.results.claims import ClaimResult, ClaimVerdict, VendorResult
from conformance.standard.vendors import Claim, Vendor

_Seen = Literal["as specified", "declined", "deviates", "undecided"]
_Judged = Mapping[tuple[str, Mode], Outcome]

_SPEAKING_AGAINST: Final[Mapping[str, frozenset[_Seen]]] = {
    "support": frozenset({"declined", "deviates"}),
    "subset": frozenset({"deviates"}),
    "deviation": frozenset({"declined", "deviates"}),
}
"""What speaks against the specification, or against a promise. Of a subset, the rest may be declined cleanly."""


def claim_results(
    vendor: Vendor, cases: Mapping[str, Case], judgements: Sequence[Judgement]
) -> tuple[ClaimResult, ...]:
    """What the judgements of a run mean to each claim of a vendor. `cases` are all cases of the run, by id."""
    judged = {(judgement.case, judgement.mode): judgement.outcome for judgement in judgements}
    return tuple(_result(claim, cases, judged) for claim in vendor.claims)


def vendor_result(vendor: Vendor) -> VendorResult:
    """The vendor as results name it."""
    return VendorResult(vendor.id, vendor.title, vendor.date)


def _result(claim: Claim, cases: Mapping[str, Case], judged: _Judged) -> ClaimResult:
    asked = [pair for name in claim.cases for pair in _pairs(name.name, name.mode, cases)]
    seen = {pair: _seen(judged.get(pair)) for pair in asked}
    against = [pair for pair, what in seen.items() if what in _SPEAKING_AGAINST[claim.promises]]
    open_ones = [pair for pair, what in seen.items() if what == "undecided"]
    verdict: ClaimVerdict
    if against:
        verdict = "deviates" if claim.promises == "deviation" else "broken"
    elif open_ones or not asked:
        verdict = "undecided"
    else:
        verdict = "conforms" if claim.promises == "deviation" else "kept"
    deciding = against or open_ones or asked
    return ClaimResult(
        id=claim.id,
        says=claim.says,
        promises=claim.promises,
        verdict=verdict,
        case=deciding[0][0] if deciding else "",
        cases=tuple(f"{case}/{mode}" for case, mode in deciding),
        reason=_reason(claim, open_ones, judged) if verdict == "undecided" else "",
        page=claim.page.title,
        url=claim.page.url,
        date=claim.page.date,
        contradicted_by=claim.contradicted_by,
    )


def _pairs(case: str, mode: Mode | None, cases: Mapping[str, Case]) -> Iterable[tuple[str, Mode]]:
    return ((case, each) for each in (cases[case].modes if mode is None else (mode,)))


def _seen(outcome: Outcome | None) -> _Seen:
    if outcome is Outcome.PASS:
        return "as specified"
    if outcome is Outcome.UNSUPPORTED:
        return "declined"
    return "deviates" if outcome in DEVIATING else "undecided"


def _reason(claim: Claim, pairs: Sequence[tuple[str, Mode]], judged: _Judged) -> str:
    if not pairs:
        return claim.undecidable
    (case, mode), *more = pairs
    outcome = judged.get((case, mode), Outcome.NOT_RUN)
    return f"{case}/{mode} is {outcome}{f', and {len(more)} more are open' if more else ''}"
