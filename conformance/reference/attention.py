"""What the scripted model reads of a long prompt, so that its work stays in proportion to the request.

Orders are short. The model follows those at the beginning and the end of what the user wrote last, and those of a short
system prompt. What a client puts around them (reminders, a long system prompt) is background: the model may find an
answer in it and obeys none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST = 6_000
_MOST_ORDERS = 4_000
_LONGEST_SPACE = 16
_SPACES = re.compile(rf"\s{{{_LONGEST_SPACE},}}")
_OPEN, _CLOSE = "<system-reminder>", "</system-reminder>"


def heeded(text: str, most: int = _MOST) -> str:
    """A text as the model reads it: the beginning and the end of a long one, no long run of white space."""
    if len(text) > most:
        text = f"{text[: most // 2]}\n{text[-(most // 2) :]}"
    return _SPACES.sub(lambda match: match.group()[:_LONGEST_SPACE], text)


def without_reminders(text: str) -> str:
    """What a user wrote, without the reminders that a client put into it."""
    parts: list[str] = []
    position = 0
    while (opened := text.find(_OPEN, position)) >= 0 and (closed := text.find(_CLOSE, opened)) >= 0:
        parts.append(text[position:opened])
        position = closed + len(_CLOSE)
    return "".join([*parts, text[position:]])


def request_of(texts: Iterable[str]) -> str:
    """What a user asks for in these texts, reminders left out. Where they are long, the last one decides."""
    written = [text for text in map(without_reminders, texts) if text.strip()]
    if sum(map(len, written)) > _MOST:
        written = written[-1:]
    return heeded("\n".join(written))


def orders_of(system: str) -> str:
    """The standing orders of a system prompt; a long one describes a job and gives none."""
    return system if len(system) <= _MOST_ORDERS else ""
