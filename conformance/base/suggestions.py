"""Suggestions for mistyped names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The known name that a mistyped one was probably meant to be, or None where none is close."""
    known = list(names)
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if found:
        return found[0]
    return {_folded(other): other for other in known}.get(_folded(name))


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: "; did you mean 'x'?", or nothing."""
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else ""


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
