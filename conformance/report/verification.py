"""What became of a submission whose verdicts were recomputed, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from conformance.base.dataclass_json import encode
from conformance.model import Json
from conformance.report.escape import cut, one_line
from conformance.report.words import plural
from conformance.results.verification import Verification
from conformance.standard.submissions import Dispute, Submission

SHOWN = 40
LIMIT = (
    "Nobody can see from evidence that it is genuine: whoever recorded it could have made it up. Only a new run can."
)
"""What no recomputation can say."""

_LONGEST = 160


def text(found: Verification, submission: Submission | None, disputes: Sequence[Dispute]) -> str:
    """The outcome for people."""
    return "\n".join(map(one_line, _lines(found, submission, disputes))) + "\n"


def _lines(found: Verification, submission: Submission | None, disputes: Sequence[Dispute]) -> Iterator[str]:
    yield verdict(found)
    target, suite = found.claimed.target, found.claimed.suite
    edition = f", edition {suite.edition}" if suite.edition else ""
    yield f"{target.name}: model {target.model} at {target.url}, {found.claimed.started}{edition}"
    if submission is not None:
        yield f"submitted on {submission.date}, run by: {submission.by}"
    if not found.same_catalogue:
        yield (
            f"note: the submitted verdicts are those of another catalogue ({suite.version}, {suite.catalogue}); what "
            "differs may be a mistake of the suite that was mended since"
        )
    for each in found.mismatches[:SHOWN]:
        yield f"  {each.what}: submitted {cut(each.claimed, _LONGEST)}; follows {cut(each.follows, _LONGEST)}"
    if len(found.mismatches) > SHOWN:
        yield f"  and {len(found.mismatches) - SHOWN} more (--json has all)"
    if found.unchecked:
        named = ", ".join(cut(key, _LONGEST) for key in found.unchecked[:3])
        yield f"note: {plural(len(found.unchecked), 'result')} of cases that this suite does not have: {named}"
    for dispute in disputes:
        cases = [case for case in found.follows.cases if dispute.covers(case.id, case.mode)]
        given = ", ".join(f"{case.key} {case.outcome}" for case in cases) or f"{dispute.case}, which was not judged"
        link = f" ({dispute.link})" if dispute.link else ""
        yield f"disputed, {dispute.state}: {given}: {cut(dispute.statement, _LONGEST)}{link}"
    yield LIMIT


def verdict(found: Verification) -> str:
    """One sentence."""
    counted = f"{plural(found.checked, 'verdict')} recomputed"
    if not found.mismatches:
        return f"VERIFIED: {counted}, all follow from the evidence."
    more = len(found.mismatches)
    return f"REFUSED: {counted}, {more} {'does' if more == 1 else 'do'} not follow from the evidence."


def as_json(found: Verification, submission: Submission | None, disputes: Sequence[Dispute]) -> str:
    """The outcome as JSON (`verification.schema.json`)."""
    document: dict[str, Json] = {
        "schema_version": 1,
        "verified": not found.mismatches,
        "verdict": verdict(found),
        "limit": LIMIT,
        "by": submission.by if submission is not None else None,
        "submitted": submission.date if submission is not None else None,
        "same_catalogue": found.same_catalogue,
        "checked": found.checked,
        "unchecked": list(found.unchecked),
        "mismatches": [encode(each) for each in found.mismatches],
        "disputes": [encode(each) for each in disputes],
    }
    return f"{json.dumps(document, indent=1)}\n"
