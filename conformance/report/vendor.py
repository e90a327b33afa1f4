"""What became of the claims in a vendor's own documents, in words: the second column beside the specification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from conformance.report.words import plural
from conformance.results.claims import ClaimResult
from conformance.results.model import Results

VERDICTS: Mapping[str, str] = {
    "broken": "broken",
    "deviates": "deviates as documented",
    "conforms": "conforms although documented otherwise",
    "kept": "kept",
    "undecided": "undecided",
}
"""What a verdict on a claim is called, the worst first."""


def counted(results: Results) -> str:
    """How many claims have which verdict, as in "31 claims: 3 broken, 28 kept"."""
    found = Counter(claim.verdict for claim in results.claims)
    parts = ", ".join(f"{found[verdict]} {said}" for verdict, said in VERDICTS.items() if found[verdict])
    return f"{plural(len(results.claims), 'claim')}: {parts}"


def broken(results: Results) -> tuple[ClaimResult, ...]:
    """The claims that the endpoint breaks, those first that no other page of the same documents contradicts."""
    found = [claim for claim in results.claims if claim.verdict == "broken"]
    return tuple(sorted(found, key=lambda claim: bool(claim.contradicted_by)))


def lines(results: Results) -> Iterator[str]:
    """The claims for the terminal; nothing for a run that is about no vendor."""
    if results.vendor is None:
        return
    yield f"{results.vendor.title}'s own documents, read {results.vendor.read}: {counted(results)}"
    for claim in broken(results):
        yield f"  broken  {claim.says}{_contradiction(claim)}  ({claim.case}; {claim.page}, {claim.date})"


def table(results: Results) -> Iterator[tuple[str, ...]]:
    """A row for each claim, the worst first: id, verdict, what the documents say, deciding case, page, URL, date."""
    order = list(VERDICTS)
    known = [claim for claim in results.claims if claim.verdict in VERDICTS]
    for claim in sorted(known, key=lambda claim: order.index(claim.verdict)):
        decided = claim.case or claim.reason
        says = f"{claim.says}{_contradiction(claim)}"
        yield (claim.id, VERDICTS[claim.verdict], says, decided, claim.page, claim.url, claim.date)


def _contradiction(claim: ClaimResult) -> str:
    others = ", ".join(claim.contradicted_by)
    return f" (its own documents contradict it: {others})" if others else ""
