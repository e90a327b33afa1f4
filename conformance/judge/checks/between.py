"""Checks that compare replies of a run with each other.

Belongs here: what one reply has to share with another, or must not. Does not belong here: token counts (see `usage.py`,
`counting.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json, Mode
from conformance.protocol.message import stop_reason, text_of
from conformance.protocol.reply import Reply

_CODE = re.compile(r"\b[A-Z]{4,}-\d{4}\b")


def no_cross_talk(replies: Sequence[Reply], argument: Json, facts: Facts) -> Observation:
    """No reply holds a code word that its own request does not tell and another request does."""
    told = [set(_CODE.findall(reply.exchange.request.body.decode("utf-8", "replace"))) for reply in replies]
    said = [set(_CODE.findall(text_of(reply))) for reply in replies]
    if not any(said):
        return NOTHING_SEEN
    everywhere = set().union(*told)
    return found(
        *(
            deviation(
                "no-cross-talk",
                reply,
                expected="code words of its own request only",
                actual=f"{', '.join(sorted(leaked))} of another request",
                pointer="/content",
            )
            for reply, own, spoken in zip(replies, told, said, strict=True)
            if (leaked := (spoken - own) & everywhere)
        )
    )


def same_stop_reason_as_json(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A stream ends for the same reason as the JSON answer to the same request."""
    other = facts.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step)
    if other is None or reply.events is None or reply.exchange.mode is not Mode.STREAM:
        return NOTHING_SEEN
    ours, theirs = stop_reason(reply), stop_reason(other)
    if theirs is None:
        return NOTHING_SEEN
    if ours == theirs:
        return FINE
    expected = f"stop_reason {show(theirs)}, as in the JSON answer"
    return found(
        deviation("same-stop-reason-as-json", reply, expected=expected, actual=show(ours), pointer="/stop_reason")
    )


def same_body_as(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The JSON body equals that of another scenario."""
    other = facts.reply(argument, Mode.JSON)
    if other is None or not other.ok or not reply.ok or other.json is None:
        return NOTHING_SEEN
    if reply.json == other.json:
        return FINE
    return found(deviation("same-body-as", reply, expected=show(other.json), actual=show(reply.json), pointer=""))


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "no-cross-talk": Check("no-cross-talk", all=no_cross_talk),
        "same-stop-reason-as-json": Check("same-stop-reason-as-json", each=same_stop_reason_as_json),
        "same-body-as": Check("same-body-as", each=same_body_as, argument={"type": "string", "minLength": 1}),
    }
)
