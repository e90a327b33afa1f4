"""Suggestions for mistyped names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

LONGEST: Final = 100
"""Characters of a name that may be mistyped; a longer one is something else."""

MOST: Final = 2_000
"""Names that are compared."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The known name that a mistyped one was probably meant to be, or None where none is close."""
    if len(name) > LONGEST:
        return None
    known = list(islice((other for other in names if len(other) <= LONGEST), MOST))
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if found:
        return found[0]
    return {_folded(other): other for other in known}.get(_folded(name))


def unknown(what: str, name: str, names: Collection[str], plural: str = "") -> str:
    """The sentence about an unknown name of a `what`, with the nearest one. Where none is close, and with `plural`, it
    lists them all.
    """
    near = nearest(name, names)
    known = f" Known {plural}: {', '.join(names) or 'none'}." if plural else ""
    return f"Unknown {what} {name!r}.{f' Did you mean {near!r}?' if near else known}"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of a clause about an unknown name: "; did you mean 'x'?", or nothing."""
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else ""


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
