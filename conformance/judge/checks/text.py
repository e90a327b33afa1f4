"""Checks on the text of a reply: what it contains and what it does not."""

from __future__ import annotations

from typing import Final

from conformance.base.values import show
from conformance.judge.arguments import TEXT, one_or_more, record
from conformance.judge.check import FINE, NOTHING_SEEN, Observation, check, deviates
from conformance.model import Json
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply

PARTS: Final = one_or_more(TEXT)


@check("text-contains", argument={"oneOf": [*PARTS["oneOf"], record(word=TEXT)]})
def text_contains(reply: Reply, argument: Json) -> Observation:
    """The text of the reply contains this, or each of these; `{word: TEXT}` ignores upper and lower case."""
    if reply.message is None:
        return NOTHING_SEEN
    text = text_of(reply)
    if isinstance(argument, dict):
        missing = [] if argument["word"].casefold() in text.casefold() else [argument["word"]]
    else:
        missing = [part for part in _parts(argument) if part not in text]
    if not missing:
        return FINE
    expected = " and ".join(show(part) for part in missing) + " in the text"
    return deviates(reply, expected, show(text), pointer="/content")


@check("text-lacks", argument=PARTS)
def text_lacks(reply: Reply, argument: Json) -> Observation:
    """The text of the reply contains neither this nor any of these; nothing is seen in a reply without text."""
    text = text_of(reply)
    if not text:
        return NOTHING_SEEN
    present = [part for part in _parts(argument) if part in text]
    if not present:
        return FINE
    expected = "a text without " + " and ".join(show(part) for part in present)
    return deviates(reply, expected, show(text), pointer="/content")


def _parts(argument: Json) -> list[str]:
    return argument if isinstance(argument, list) else [argument]
