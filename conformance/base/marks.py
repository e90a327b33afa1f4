"""The marks that recorders write in the place of a value: of a credential, a header, an id."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = "redacted|removed|filtered|masked|hidden|secret|scrubbed|sanitized|sanitised|anonymized|placeholder"
_MASKED: Final = re.compile(rf"\W*(?:{_WORDS})\W*|[<\[({{]*(?:(x|\W)\1*)?[>\])}}]*", re.IGNORECASE)
"""A word for it, or one character again and again."""

_BRACKETED: Final = re.compile(r"<[\w -]++>|\{\{[\w -]++\}\}|\[[\w -]++\]")
"""A name in brackets, in the place of an id or a header: `<request-id>`."""

_WORD: Final = re.compile(_WORDS, re.IGNORECASE)
_IN_ID: Final = re.compile(rf"(?:{_WORDS})|x{{4}}|\*{{3}}", re.IGNORECASE)

_TAIL: Final = re.compile(r"[-_]x{3,64}\Z", re.IGNORECASE)
_SHORT: Final = 5
_PREFIX: Final = re.compile(r"\A[A-Za-z]++[_-]")

_LONGEST: Final = 64
"""A longer value is not a mark; the patterns would take quadratic time on some."""

_RANDOM: Final = 6
"""Different letters and digits that an id has at least behind its prefix where it was drawn at random."""


def is_mark(value: str) -> bool:
    """Whether a recorder wrote this value in the place of another one. An empty value is a mark."""
    return len(value) <= _LONGEST and _MASKED.fullmatch(value) is not None


def is_no_value(value: str) -> bool:
    """Whether a value that is no credential is a mark, or a name in brackets."""
    return is_mark(value.strip()) or (len(value) <= _LONGEST and _BRACKETED.fullmatch(value.strip()) is not None)


def stands_for(name: str, value: str) -> bool:
    """Whether a value is in the place of that of the header `name`: a mark, or the header's own name."""
    named = len(name) > _SHORT and name.lower() in value.lower()
    return named or is_no_value(value) or _TAIL.search(value) is not None


def is_lost(body: bytes) -> bool:
    """Whether a mark with a word is in the place of a whole body."""
    text = body.decode("utf-8", "replace") if len(body) <= _LONGEST else ""
    return is_mark(text) and _WORD.search(text) is not None


def is_made_up(identity: str) -> bool:
    """Whether an id is not random: a mark, a number, a word. Recorders write such ids, as some servers do."""
    own = _PREFIX.sub("", identity, count=1)
    return is_no_value(identity) or _IN_ID.search(identity) is not None or len(set(own.lower())) < _RANDOM
