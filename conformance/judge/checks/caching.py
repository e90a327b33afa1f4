"""The check on the counters of prompt caching (REQ-CACHE-002, -004). `token_counts.py` compares the totals."""

from __future__ import annotations

from conformance.base.values import MISSING, show, whole_number
from conformance.judge.arguments import choice
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates
from conformance.protocol.reply import Reply
from conformance.protocol.usage import CACHE_COUNTS


@check("prompt-cache", argument=choice(("used", "unused")))
def prompt_cache(reply: Reply, argument: str) -> Observation:
    """Tokens were written to the cache or read from it (`used`), or neither (`unused`).

    A usage without both counters shows nothing of an unused cache.
    """
    usage = reply.usage
    if not reply.ok or usage is None or (argument == "unused" and not usage.keys() & set(CACHE_COUNTS)):
        return NOTHING_SEEN
    total = sum(whole_number(usage.get(name)) or 0 for name in CACHE_COUNTS)
    if (total > 0) == (argument == "used"):
        return FINE
    actual = ", ".join(f"{name} {show(usage.get(name, MISSING))}" for name in CACHE_COUNTS)
    if argument == "used":
        return deviates(reply, f"{' or '.join(CACHE_COUNTS)} greater than 0", actual, pointer="/usage", kind="ignored")
    return deviates(reply, f"{' and '.join(CACHE_COUNTS)} of 0", actual, pointer="/usage")
