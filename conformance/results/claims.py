"""What became of the claims in a vendor's own documents, as results say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ClaimVerdict = Literal["kept", "broken", "deviates", "conforms", "undecided"]
"""A claim of support or of a subset is kept or broken. A documented deviation was seen, or the endpoint conforms."""


@dataclass(frozen=True)
class ClaimResult:
    """One claim of a vendor's documents, and what a run says about it.

    `promises` is `support`, `subset` or `deviation`, `verdict` a `ClaimVerdict`. `case` is the first case that decides,
    or empty, `cases` are all results that decide, as `case/mode`; `reason` says why the claim is undecided. `page`,
    `url` and `date` are where and when it was read. `contradicted_by` are claims of the same documents that cannot be
    true as well.
    """

    id: str
    says: str
    promises: str
    verdict: str
    case: str = ""
    cases: tuple[str, ...] = ()
    reason: str = ""
    page: str = ""
    url: str = ""
    date: str = ""
    contradicted_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class VendorResult:
    """The vendor whose profile a run is about. `read` is the day on which its documents were read."""

    id: str
    title: str
    read: str
