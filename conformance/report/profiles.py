"""The profiles of the vendors as a list and one by one: for people, and for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from conformance.model import Json
from conformance.standard.vendors import Claim, Vendor

WIDTH = 100

PROMISES: Mapping[str, str] = {
    "support": "promises, as the specification has it",
    "subset": "promises only so much",
    "deviation": "documents otherwise than the specification",
}
"""The headings of the claims, by what they promise."""


def entries(vendors: Sequence[Vendor]) -> list[dict[str, Json]]:
    """The vendors as JSON values."""
    return [
        {
            "id": vendor.id,
            "title": vendor.title,
            "read": vendor.date,
            "documented_base_url": vendor.documented_base_url,
            "base_url": vendor.base_url,
            "auth": vendor.auth,
            "key_variable": vendor.key_variable,
            "models": list(vendor.models),
            "requests_per_minute": vendor.requests_per_minute,
            "exempt": dict(vendor.exempt),
            "claims": [_entry(claim) for claim in vendor.claims],
            "known_deviations": [
                {"case": entry.case, "reason": entry.reason, "expires": entry.expires.isoformat()}
                for entry in vendor.known_deviations
            ],
            "persona": list(vendor.persona),
        }
        for vendor in vendors
    ]


def text(vendors: Sequence[Vendor]) -> str:
    """The list for people: name, how many claims, and how many of them contradict each other."""
    lines = [f"{vendor.id:<12} {vendor.title:<22} {_counts(vendor)}   read {vendor.date}" for vendor in vendors]
    more = "explain one with `messages-conformance explain ID`, test one with `run --vendor ID`"
    return "\n".join([*lines, "", f"{len(lines)} vendors; {more}"]) + "\n"


def explain(vendor: Vendor) -> str:
    """How to reach a vendor, and what its documents claim, as text."""
    return "\n".join(_explained(vendor)) + "\n"


def _explained(vendor: Vendor) -> Iterator[str]:
    yield f"{vendor.id}   {vendor.title}   documents read {vendor.date}"
    yield from _wrapped("  documented    ", vendor.documented_base_url)
    yield from _wrapped("  base URL      ", _base_url(vendor))
    yield from _wrapped("  key           ", f"${vendor.key_variable}, sent as {vendor.auth}")
    if vendor.models:
        yield from _wrapped("  models        ", ", ".join(vendor.models))
    for promise, heading in PROMISES.items():
        claims = [claim for claim in vendor.claims if claim.promises == promise]
        if claims:
            yield from ("", heading)
        for claim in claims:
            yield from _claim(claim)
    if vendor.exempt:
        yield from ("", "never promised, and so not asked for")
    for capability, reason in vendor.exempt.items():
        yield from _wrapped(f"  - {capability}: ", reason, "    ")
    if vendor.known_deviations:
        yield from ("", "known deviations")
    for entry in vendor.known_deviations:
        yield from _wrapped(f"  - {entry.case}, until {entry.expires}: ", entry.reason, "    ")
    yield from ("", f"imitated by `messages-conformance serve --persona {vendor.id}`")


def _claim(claim: Claim) -> Iterator[str]:
    yield from _wrapped(f"  - {claim.id}: ", claim.says, "    ")
    yield from _wrapped("    source       ", f"{claim.page.title}, {claim.page.url} ({claim.page.date})")
    if claim.cases:
        yield from _wrapped("    decided by   ", ", ".join(map(str, claim.cases)))
    else:
        yield from _wrapped("    undecidable  ", claim.undecidable)
    if claim.contradicted_by:
        yield from _wrapped("    contradicts  ", ", ".join(claim.contradicted_by))
    if claim.imitated_by:
        yield from _wrapped("    not in the persona; add ", " ".join(f"--fault {fault}" for fault in claim.imitated_by))


def _base_url(vendor: Vendor) -> str:
    if vendor.base_url == vendor.documented_base_url:
        return f"{vendor.base_url}, as documented"
    return f"{vendor.base_url}; an SDK appends its paths to the documented one as it is"


def _wrapped(start: str, sentence: str, indent: str | None = None) -> Iterator[str]:
    later = indent if indent is not None else " " * len(start)
    yield from wrap(
        sentence,
        WIDTH,
        initial_indent=start,
        subsequent_indent=later,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _entry(claim: Claim) -> dict[str, Json]:
    return {
        "id": claim.id,
        "says": claim.says,
        "promises": claim.promises,
        "page": claim.page.title,
        "url": claim.page.url,
        "date": claim.page.date,
        "cases": [str(case) for case in claim.cases],
        "undecidable": claim.undecidable,
        "contradicted_by": list(claim.contradicted_by),
        "imitated_by": list(claim.imitated_by),
    }


def _counts(vendor: Vendor) -> str:
    contradicting = sum(bool(claim.contradicted_by) for claim in vendor.claims)
    return f"{len(vendor.claims):>2} claims, {contradicting:>2} contradicted"
