"""What the words of a refusal are about: the request, the length of the context, the account, or another field.

A status says that a request is refused, and not why. An invalid request that is refused for another reason proves
nothing, so the words are read where they are plain; words that say nothing are taken as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from conformance.base.values import strings
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import DECLINING, REFUSING

LONGEST: Final = 2_000
"""Characters of a refusal that are read."""

_SUBJECTS: Final = {
    "context": re.compile(
        r"context (?:length|window|size|limit)|maximum context|max_model_len|"
        r"(?:input|prompt|request) (?:is )?(?:too long|exceeds)|too many (?:input |prompt )?tokens",
        re.IGNORECASE,
    ),
    "quota": re.compile(
        r"\bquota\b|\bcredits?\b|\bbalance\b|\bbilling\b|rate.?limit|too many requests|overloaded|usage limit|"
        r"insufficient funds",
        re.IGNORECASE,
    ),
}
"""What a refusal can be about besides what is wrong with the request, each with the words that say so."""

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""A name as fields have it."""

_PLACE: Final = re.compile(r"\A\W{0,3}([A-Za-z][\w.\[\]/-]{0,200}?)(?:\s*:|\s+(?:is|must|should|field)\b)")
_QUOTED: Final = re.compile(r"[`'\"]([A-Za-z][\w.\[\]/-]{0,100})[`'\"]")
_KEYS: Final = ("message", "detail", "msg", "error", "errors", "title")


def words_of(reply: Reply) -> str:
    """What an error says, whatever its form, at most `LONGEST` characters; empty where it has no body.

    Of JSON without a message these are its strings, each in quotes: its keys name no field of the request.
    """
    response = reply.exchange.response
    if reply.error is not None and isinstance(reply.error.get("message"), str):
        return str(reply.error["message"])[:LONGEST]
    said = "; ".join(dict.fromkeys(_texts(reply.json)))
    if said or response is None:
        return said[:LONGEST]
    if reply.json is not None:
        return "; ".join(f'"{text}"' for text in strings(reply.json))[:LONGEST]
    return response.body[:LONGEST].decode("utf-8", "replace")


def is_page(reply: Reply) -> bool:
    """Whether a refusal is a page in HTML: the API sends none, so something in front of it may have answered."""
    response = reply.exchange.response
    if response is None or reply.status not in DECLINING or reply.json is not None:
        return False
    return response.media_type in ("text/html", "application/xhtml+xml") or response.body.lstrip()[:1] == b"<"


def other_subject(words: str, wanted: Collection[str] = ()) -> str | None:
    """`context` or `quota` where the words are about that and it is not `wanted`, otherwise None."""
    found = [subject for subject, pattern in _SUBJECTS.items() if pattern.search(words)]
    return next((subject for subject in found if subject not in wanted), None) if found else None


def is_too_long(reply: Reply) -> bool:
    """True for a refusal because the request, or what it may answer, does not fit the context of the model."""
    return reply.status in REFUSING and other_subject(words_of(reply)) == "context"


def other_field(words: str, known: Collection[str], own: Collection[str]) -> str | None:
    """The field that the words name where it is none of the request's `own` places, otherwise None.

    `known` are the names of fields that the request has, `own` those on the way to what is wrong, inside it, and its
    values. A field counts as named where it is written as one: with an underscore, in quotes, or as the place in front
    of the sentence.
    """
    named = [name for name in _named(words) if name in known]
    said = {name.lower() for name in NAME.findall(words)}
    if not named or any(one.lower() in said for one in own) or any(_alike(name, one) for name in named for one in own):
        return None
    return named[0]


def _alike(name: str, own: str) -> bool:
    """True for `output_format` and `format`: an older or a longer name of the same thing."""
    return len(own) > 3 and (own in name or name in own)


def _named(words: str) -> Iterator[str]:
    places = [match[1] for pattern in (_PLACE, _QUOTED) for match in pattern.finditer(words)]
    for place in places:
        yield from NAME.findall(place)
    yield from (name for name in NAME.findall(words) if "_" in name)


def _texts(value: Json, key: str = "message") -> Iterator[str]:
    """The strings under the usual names of a message, in order."""
    if isinstance(value, str):
        if key in _KEYS:
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in _KEYS:
                yield from _texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
