"""Why replies do not show whether a claim holds, in words: how many were seen, and what none of them has."""

from __future__ import annotations

from collections import Counter

from conformance.judge.soundness import is_readable
from conformance.protocol.reply import Reply


def lacks(reply: Reply) -> str:
    """What a reply that cannot be read lacks, or an empty text."""
    if is_readable(reply):
        return ""
    if not reply.ok:
        return "an error envelope"
    return "an end of the stream" if reply.events is not None else "a Message"


def nothing_shown(total: int, lacking: Counter[str]) -> str:
    """The clause about `total` replies, where `lacking` counts those that cannot be read by what they lack."""
    seen = f"{total:,} {'reply' if total == 1 else 'replies'} seen"
    if not lacking:
        return f"{seen}, {'which does not show' if total == 1 else 'none of which shows'} whether the claim holds"
    missing = " or ".join(lacking)
    if lacking.total() == total:
        return f"{seen}, none with {missing}"
    return f"{seen}, {lacking.total():,} of them without {missing}, and the others do not show whether the claim holds"
