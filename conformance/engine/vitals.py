"""Whether an endpoint is alive: what a reply says about it, and when an ordinary request has to find out.

An endpoint is given up only where a request that worked before (the control) fails as well. One feature that crashes a
server is a finding about that feature.
"""

from __future__ import annotations

import re
from enum import IntEnum

from conformance.protocol.exchange import NO_ROOM, TOO_LARGE
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import PUSHED_BACK, exists, is_client_error

_HTTP = re.compile(r"content-length|transfer-encoding|header line|receive buffer|status line: \S*HTTP/", re.IGNORECASE)
"""What the client says of a malformed response that comes from a server of HTTP."""


TIMED_OUT = ("timeout-connect", "timeout-first-byte", "timeout-gap", "timeout-total")
"""Kinds of trouble that may be due to other requests at the same time."""


class Vitality(IntEnum):
    """What a reply says about the endpoint, worst first."""

    NOTHING = 0
    """No response, or one that broke off."""

    BREAKDOWN = 1
    """A response that neither answers nor refuses: a page of a proxy, an empty body, a server error."""

    UNCLEAR = 2
    """A status 4xx, which most invalid requests are to get, or an answer in a form that is a finding of its own."""

    ANSWER = 3
    """A message, or another JSON object with status 2xx."""


def vitality_of(reply: Reply) -> Vitality:
    """What a reply says about the endpoint that gave it; one that the run had no room for says little."""
    trouble = reply.exchange.trouble
    if trouble is not None and trouble.kind in (*NO_ROOM, *TOO_LARGE):
        return Vitality.UNCLEAR
    if reply.answers:
        return Vitality.ANSWER
    if _is_ill_formed(reply):
        return Vitality.UNCLEAR
    if reply.status is None or reply.cut_off is not None:
        return Vitality.NOTHING
    refuses = is_client_error(reply.status) and reply.status not in PUSHED_BACK
    return Vitality.UNCLEAR if refuses else Vitality.BREAKDOWN


def is_http(reply: Reply) -> bool:
    """Whether a malformed response came from a server of HTTP."""
    return reply.malformed is not None and _HTTP.search(reply.malformed) is not None


def _is_ill_formed(reply: Reply) -> bool:
    """Whether a reply breaks a rule of HTTP, or is text in a form that a client cannot read: somebody wrote it."""
    if reply.status is None:
        return is_http(reply)
    flaws = (*reply.flaws, *(flaw for event in reply.events or () for flaw in event.flaws))
    return not exists(reply.status) or any(flaw.kind in ("encoding", "depth") for flaw in flaws)


def found_no_room(reply: Reply) -> bool:
    """Whether the endpoint answered, and the run had no room for that."""
    trouble = reply.exchange.trouble
    return reply.exchange.response is not None and trouble is not None and trouble.kind in NO_ROOM


def is_doubtful(shown: Vitality, control: Vitality) -> bool:
    """Whether a reply may come from a dead endpoint. `control` is what the first ordinary request showed; what is no
    worse than that says nothing new.
    """
    return shown < min(control, Vitality.UNCLEAR)


def timed_out(reply: Reply) -> bool:
    """Whether the endpoint was silent for a whole time-out."""
    trouble = reply.exchange.trouble
    return trouble is not None and trouble.kind in TIMED_OUT


def what_came(reply: Reply) -> str:
    """What a reply was, in a few words for a sentence about a dead endpoint."""
    if reply.cut_off is not None:
        return f"status {reply.status}, {reply.cut_off}"
    if reply.status is not None:
        return f"status {reply.status} without an answer" if reply.ok else f"status {reply.status}"
    trouble = reply.exchange.trouble
    return f"{trouble.kind}: {trouble.message}" if trouble is not None else "nothing"
