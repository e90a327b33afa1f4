"""Checks on count_tokens: how two counts compare.

Belongs here: claims about the answers of POST /v1/messages/count_tokens (REQ-COUNT). Does not belong here: their shape
(see `matching.py`), their agreement with usage (see `usage.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import whole_number
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json, Mode
from conformance.protocol.reply import Reply


def count_compared(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The count is the same as, or larger than, the count of another scenario, which has to have been answered."""
    other = facts.reply(argument["than"], Mode.JSON)
    ours = whole_number(look_up(reply.json, "/input_tokens")) if reply.ok else None
    theirs = whole_number(look_up(other.json, "/input_tokens")) if other is not None and other.ok else None
    if ours is None or theirs is None:
        return NOTHING_SEEN
    same = argument["is"] == "same"
    if (ours == theirs) if same else (ours > theirs):
        return FINE
    expected = f"{'exactly' if same else 'more than'} {theirs}, the count of scenario {argument['than']}"
    # A count that does not move although more was sent means that the new part was not read.
    kind = "deviation" if same or ours < theirs else "ignored"
    finding = deviation(
        "count-compared", reply, expected=expected, actual=str(ours), pointer="/input_tokens", kind=kind
    )
    return found(finding)


CHECKS: Final[Mapping[str, Check]] = {
    "count-compared": Check(
        "count-compared",
        each=count_compared,
        argument={
            "type": "object",
            "properties": {"than": {"type": "string"}, "is": {"enum": ["same", "larger"]}},
            "required": ["than", "is"],
            "additionalProperties": False,
        },
    )
}
