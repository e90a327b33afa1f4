"""Keys where none may be: on a command line, in a URL, in place of the name of a variable. None is ever repeated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from conformance.base.errors import UsageError

HOW: Final = (
    "Put the key into an environment variable or into .env, for example OUR_KEY, and name the variable with "
    "--api-key-env OUR_KEY."
)

_PREFIX: Final = re.compile(
    r"(?:sk|gsk|pk|xai|rk|hf|r8|nvapi|fw|csk|AIza|AKIA|ghp|github_pat)[-_A-Z0-9]", re.IGNORECASE
)
_KEY: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{20,}")
_CHANGES: Final = 0.3
"""Share of neighbours of different kinds (capital, small letter, digit) from which on a text is random."""

_OPTION: Final = re.compile(r"--(messages-)?(api[-_]?)?(key|token|secret|password)(=.*)?", re.DOTALL | re.IGNORECASE)
_PARTS: Final = re.compile(r"[\s=:,;'\"/?&#@]+")


def resembles_key(text: str) -> bool:
    """Whether a text looks like an API key, and not like a name, a date or a path."""
    if not _KEY.fullmatch(text):
        return re.match(r"(sk|gsk|pk|xai|rk)[-_]", text) is not None
    if re.search(r"[0-9]", text) and _PREFIX.match(text):
        return True
    kinds = ["a" if char.islower() else "A" if char.isupper() else "0" if char.isdigit() else "" for char in text]
    changes = sum(one != other for one, other in pairwise(kinds) if one and other)
    return changes >= _CHANGES * (len(text) - 1)


def is_key(text: str) -> bool:
    """Whether a text is certainly an API key: it starts as those of one issuer do, and looks like one."""
    return len(text) >= 20 and _PREFIX.match(text) is not None and resembles_key(text)


def check_arguments(arguments: Sequence[str], options: str = "") -> None:
    """Raises UsageError, without repeating it, where an argument of a command line is or has a key.

    `options`: how the options begin that belong to us; those of others may be called as they like.
    """
    for number, argument in enumerate(arguments, 1):
        option = _OPTION.fullmatch(argument)
        if option is not None and argument.startswith(options):
            raise UsageError(f"Argument {number} gives a key itself. {HOW}")
        if any(map(is_key, _PARTS.split(argument))):
            raise UsageError(f"Argument {number} holds what looks like an API key. {HOW}")
