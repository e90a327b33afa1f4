"""URLs that somebody else wrote, checked and taken apart without an exception."""

from __future__ import annotations

from collections.abc import Collection
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


def names_host(url: str, schemes: Collection[str]) -> bool:
    """Whether a URL has one of the schemes and a host, and a port that can be connected to where it has a port."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
