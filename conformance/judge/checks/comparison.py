"""Checks that compare replies of a run with each other. Token counts are compared in `token_counts.py`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from conformance.base.pointer import join, look_up
from conformance.base.values import MISSING, kind, show
from conformance.judge.arguments import TEXT
from conformance.judge.check import (
    FINE,
    NOTHING_SEEN,
    Context,
    Observation,
    check,
    check_across,
    deviates,
    deviation,
    found,
)
from conformance.model import Mode
from conformance.protocol.message import blocks, stop_reason
from conformance.protocol.reply import Reply

CORE_KEYS: Final = ("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage")
"""Keys whose absence breaks clients."""

_CODE = re.compile(r"\b[A-Z]{4,}-\d{4}\b")


@check_across("no-cross-talk")
def no_cross_talk(replies: Sequence[Reply]) -> Observation:
    """No reply holds a code word that another request contains and its own request does not."""
    sent = [set(_CODE.findall(reply.exchange.request.body.decode("utf-8", "replace"))) for reply in replies]
    everywhere = set().union(*sent)
    received = [_codes_in(reply) & everywhere for reply in replies]
    if not any(received):
        return NOTHING_SEEN
    return found(
        *(
            deviation(
                reply,
                "only code words of its own request",
                f"{', '.join(sorted(leaked))} of another request",
                pointer="/content",
            )
            for reply, own, words in zip(replies, sent, received, strict=True)
            if (leaked := words - own)
        )
    )


def _codes_in(reply: Reply) -> set[str]:
    """The code words of each text block, alone: two blocks are not one word."""
    texts = (block.get("text") for _, block in blocks(reply) if block.get("type") == "text")
    return {code for text in texts if isinstance(text, str) for code in _CODE.findall(text)}


@check("same-stop-reason-as-json")
def same_stop_reason_as_json(reply: Reply, context: Context) -> Observation:
    """A stream ends for the same reason as the JSON answer to the same request."""
    other = context.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step)
    if other is None or reply.events is None or reply.exchange.mode is not Mode.STREAM:
        return NOTHING_SEEN
    ours, theirs = stop_reason(reply), stop_reason(other)
    if theirs is None:
        return NOTHING_SEEN
    if ours == theirs:
        return FINE
    return deviates(reply, f"stop_reason {show(theirs)}, as in the JSON answer", show(ours), pointer="/stop_reason")


@check("same-model-as-json")
def same_model_as_json(reply: Reply, context: Context) -> Observation:
    """A stream names the same model as the JSON answer to the same request."""
    other = context.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step)
    if other is None or reply.events is None or reply.exchange.mode is not Mode.STREAM:
        return NOTHING_SEEN
    ours, theirs = look_up(reply.message, "/model"), look_up(other.message, "/model")
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return NOTHING_SEEN
    if ours == theirs:
        return FINE
    return deviates(reply, f"model {show(theirs)}, as in the JSON answer", show(ours), pointer="/model")


@check("same-shape-as-json")
def same_shape_as_json(reply: Reply, context: Context) -> Observation:
    """The Message that a stream adds up to has the core keys of the JSON answer, with values of the same kind."""
    other = context.reply(reply.exchange.scenario, Mode.JSON, reply.exchange.step)
    if reply.events is None or reply.message is None or other is None or not other.ok or other.message is None:
        return NOTHING_SEEN
    findings = []
    for key in CORE_KEYS:
        theirs, ours = other.message.get(key, MISSING), reply.message.get(key, MISSING)
        if kind(theirs) != kind(ours) and None not in (theirs, ours):
            expected = f"{kind(theirs)} as {key}, as in the JSON answer"
            findings.append(deviation(reply, expected, show(ours), pointer=join("", key)))
    return found(*findings)


@check("same-body-as", argument=TEXT)
def same_body_as(reply: Reply, argument: str, context: Context) -> Observation:
    """The JSON body equals that of another scenario."""
    other = context.reply(argument, Mode.JSON)
    if other is None or not other.ok or not reply.ok or other.json is None:
        return NOTHING_SEEN
    if reply.json == other.json:
        return FINE
    return deviates(reply, f"{show(other.json)}, the body of scenario {argument}", show(reply.json), pointer="")
