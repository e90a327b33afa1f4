"""Whether an endpoint is alive: what a reply says about it, and when an ordinary request has to find out.

An endpoint is given up only where a request that worked before (the control) fails as well. One feature that crashes a
server is a finding about that feature.
"""

from __future__ import annotations

from enum import IntEnum

from conformance.model import NO_ROOM
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import PUSHED_BACK, is_client_error


class Vitality(IntEnum):
    """What a reply says about the endpoint, worst first."""

    NOTHING = 0
    """No response, or one that broke off."""

    BREAKDOWN = 1
    """A response that neither answers nor refuses: a page of a proxy, an empty body, a server error."""

    REFUSAL = 2
    """A status 4xx. It is what most invalid requests are to get, so it says little."""

    ANSWER = 3
    """A message, or another JSON object with status 2xx."""


def vitality_of(reply: Reply) -> Vitality:
    """What a reply says about the endpoint that gave it; one that the run had no room for says little."""
    trouble = reply.exchange.trouble
    if trouble is not None and trouble.kind in NO_ROOM:
        return Vitality.REFUSAL
    if reply.status is None or reply.cut_off is not None:
        return Vitality.NOTHING
    if reply.answers:
        return Vitality.ANSWER
    refuses = is_client_error(reply.status) and reply.status not in PUSHED_BACK
    return Vitality.REFUSAL if refuses else Vitality.BREAKDOWN


def is_doubtful(shown: Vitality, control: Vitality) -> bool:
    """Whether a reply may come from a dead endpoint. `control` is what the first ordinary request showed; what is no
    worse than that says nothing new.
    """
    return shown < min(control, Vitality.REFUSAL)


def timed_out(reply: Reply) -> bool:
    """Whether the endpoint was silent for a whole time-out."""
    trouble = reply.exchange.trouble
    return trouble is not None and trouble.kind.startswith("timeout-")


def what_came(reply: Reply) -> str:
    """What a reply was, in a few words for a sentence about a dead endpoint."""
    if reply.cut_off is not None:
        return f"status {reply.status}, {reply.cut_off}"
    if reply.status is not None:
        return f"status {reply.status} without an answer" if reply.ok else f"status {reply.status}"
    trouble = reply.exchange.trouble
    return f"{trouble.kind}: {trouble.message}" if trouble is not None else "nothing"
