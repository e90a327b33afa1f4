"""Regular expressions that somebody else wrote, matched in time that is linear in the text (RE2's syntax).

Python's `re` tries one way after the other: `(a+)+$` takes longer than the age of the universe for 100 letters. RE2 has
neither lookarounds nor references to groups, for which there is no way without that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import re2

from conformance.base.strict_json import whole_text

LONGEST: Final = 1_000
"""Characters of a pattern."""

LONGEST_TEXT: Final = 8_192
"""Characters of a text that is matched; the slowest pattern of RE2 takes a quarter of a second for so many."""

_MEMORY: Final = 1024 * 1024


class PatternError(ValueError):
    """A pattern that is none, or that cannot be matched in linear time. The message says why."""


@lru_cache(maxsize=200)
def compiled(pattern: str) -> Any:
    """The pattern, compiled. Raises PatternError."""
    if len(pattern) > LONGEST:
        raise PatternError(f"the pattern is longer than {LONGEST:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options=options)
    except UnicodeEncodeError:
        raise PatternError("half a surrogate pair") from None
    except re2.error as problem:
        reason = problem.args[0] if problem.args else "unreadable"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(text) from None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern matches all of the text. A text beyond `LONGEST_TEXT` matches none. Raises PatternError."""
    return len(text) <= LONGEST_TEXT and compiled(pattern).fullmatch(whole_text(text)) is not None


def occurs_in(pattern: str, text: str) -> bool:
    """Whether the pattern matches some part of the text, or the text is too long to tell. Raises PatternError."""
    return len(text) > LONGEST_TEXT or compiled(pattern).search(whole_text(text)) is not None
