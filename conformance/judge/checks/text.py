"""Checks on the text of a reply: what it contains and what it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from conformance.base.strict_json import REPLACEMENT
from conformance.base.values import show, strings
from conformance.judge.arguments import TEXT, one_or_more, record
from conformance.judge.check import (
    FINE,
    NOTHING_SEEN,
    Observation,
    check,
    check_across,
    deviates,
    deviation,
    found,
)
from conformance.model import Json, Mode
from conformance.protocol.message import text_of, was_cut
from conformance.protocol.reply import Reply

PARTS: Final = one_or_more(TEXT)

CONTEXT: Final = 4
"""So many characters around a lost one have to be those of the request."""

MOST_LOST: Final = 1_000
"""Lost characters of one reply that are looked for in the request."""

FEWEST_ANSWERS: Final = 5
"""With fewer JSON answers than this, that none holds U+FFFD is chance."""

_LOST: Final = re.compile(f"{REPLACEMENT}+")


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
    """The text of the reply contains neither this nor any of these; a reply without text contains nothing."""
    if reply.message is None:
        return NOTHING_SEEN
    text = text_of(reply)
    present = [part for part in _parts(argument) if part in text]
    if not present:
        return FINE
    expected = "a text without " + " and ".join(show(part) for part in present)
    return deviates(reply, expected, show(text), pointer="/content")


@check("prompt-undamaged")
def prompt_undamaged(reply: Reply) -> Observation:
    """No character of the request comes back as U+FFFD. One that is the model's own shows nothing."""
    text = text_of(reply)
    if not text:
        return NOTHING_SEEN
    if REPLACEMENT not in text:
        return FINE
    damage = damaged_prompt(reply)
    if damage is None:
        return NOTHING_SEEN
    return deviates(reply, *damage, pointer="/content")


@check_across("characters-as-in-json")
def characters_as_in_json(replies: Sequence[Reply]) -> Observation:
    """No stream holds U+FFFD where no JSON answer of the run does; a model that writes it itself shows nothing."""
    texts = [(reply, text_of(reply)) for reply in replies if reply.ok]
    plain = [text for reply, text in texts if text and reply.exchange.mode is Mode.JSON]
    streamed = [(reply, text) for reply, text in texts if text and reply.events is not None]
    if len(plain) < FEWEST_ANSWERS or not streamed or any(REPLACEMENT in text for text in plain):
        return NOTHING_SEEN
    expected = f"whole characters, as in all {len(plain)} JSON answers"
    return found(
        *(
            deviation(reply, expected, _around(text, text.index(REPLACEMENT)), pointer="/content")
            for reply, text in streamed
            if REPLACEMENT in text and not was_cut(reply) and REPLACEMENT not in _asked(reply)
        )
    )


def damaged_prompt(reply: Reply) -> tuple[str, str] | None:
    """A piece of the request, and how it came back with U+FFFD in the text of the reply; None without such damage.

    The characters on both sides have to be those of the request, and what was lost outside ASCII.
    """
    text, asked = text_of(reply), _asked(reply)
    if REPLACEMENT in asked:
        return None
    for lost in islice(_LOST.finditer(text), MOST_LOST):
        before = text[max(0, lost.start() - CONTEXT) : lost.start()].rpartition(REPLACEMENT)[2]
        after = text[lost.end() : lost.end() + CONTEXT].partition(REPLACEMENT)[0]
        if len(before) + len(after) < CONTEXT:
            continue
        whole = re.search(f"{re.escape(before)}[^\x00-\x7f]{{1,8}}{re.escape(after)}", asked)
        if whole is not None:
            return f"{show(whole.group())}, as the request says", show(before + lost.group() + after)
    return None


def _asked(reply: Reply) -> str:
    """Every text of the request."""
    return "\n".join(strings(reply.request))


def _around(text: str, index: int) -> str:
    return show(text[max(0, index - 20) : index + 20])


def _parts(argument: Json) -> list[str]:
    return argument if isinstance(argument, list) else [argument]
