"""URLs that somebody else wrote, taken apart without an exception."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

NOTHING = SplitResult("", "", "", "", "")
"""The parts of what is no URL."""


def split_url(url: str) -> SplitResult:
    """The parts of a URL; all of them are empty where it cannot be taken apart, as in `http://[`.

    Its port may still be no number: `port` raises ValueError then, as that of `urlsplit` does.
    """
    try:
        return urlsplit(url)
    except ValueError:
        return NOTHING
