"""A value of an option as its kind has it, or one sentence that names where the value was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from conformance.base.errors import UsageError
from conformance.base.values import printable, shortened
from conformance.config.keys import HOW, is_key, resembles_key
from conformance.config.options import Option
from conformance.config.timeouts import timeouts

LONGEST: Final = 4_096
"""Characters of a string."""

MOST_SECONDS: Final = 10**7
"""Seconds: four months."""

MOST: Final = 1_000
"""Items of a list."""

_CHECKED_LATER: Final = ("url", "api-key-env")
"""Options that have a sentence of their own for a key."""

_LONGEST_SHOWN: Final = 60
_ON: Final = ("1", "true", "yes", "on")
_OFF: Final = ("0", "false", "no", "off")
_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def convert(option: Option, value: Any, where: str) -> Any:
    """The value as the kind of the option has it; None and False without one.

    `where` says where it was found, and starts the sentence of the UsageError for a value that does not fit.
    """
    return _CONVERTERS[option.kind](option, value, where)


def described(value: Any) -> str:
    """A value of a file or a command line for a sentence, cut for reading. What looks like a key is not repeated."""
    if isinstance(value, str) and resembles_key(value.strip()):
        return "what looks like a key"
    if isinstance(value, str):
        return shortened(repr(printable(value)), _LONGEST_SHOWN)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 2**63 else "a number beyond 64 bits"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "a date or a time"


def _flag(_: Option, value: Any, where: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in (*_ON, *_OFF):
        return value.lower() in _ON
    raise UsageError(f"{where} expects true or false, not {described(value)}.")


def _number(_: Option, value: Any, where: str) -> int | None:
    if value is None:
        return None
    number = _whole(value)
    if number is None or number < 1:
        raise UsageError(f"{where} expects a whole number of at least 1, not {described(value)}.")
    return number


def _count(_: Option, value: Any, where: str) -> int:
    number = _whole(value)
    if number is None:
        raise UsageError(f"{where} expects a whole number of at least 0, not {described(value)}.")
    return number


def _seconds(_: Option, value: Any, where: str) -> float:
    number = _real(value)
    if number is None or not 0 < number <= MOST_SECONDS:
        raise UsageError(f"{where} expects seconds, from above 0 to {MOST_SECONDS:,}, not {described(value)}.")
    return number


def _plain(value: Any) -> str:
    return str(value) if type(value) in (int, float) else ""


def _timeout(_: Option, value: Any, where: str) -> str:
    try:
        return str(timeouts(value if isinstance(value, str) else _plain(value)))
    except ValueError as problem:
        raise UsageError(f"{where} expects {problem}, not {described(value)}.") from None


def _percent(_: Option, value: Any, where: str) -> int:
    number = _whole(value)
    if number is None or number > 100:
        raise UsageError(f"{where} expects a percentage from 0 to 100, not {described(value)}.")
    return number


def _amount(_: Option, value: Any, where: str) -> float | None:
    if value is None:
        return None
    number = _real(value)
    if number is None or not 0 <= number < 10**9:
        raise UsageError(f"{where} expects an amount in US dollars such as 0.25, not {described(value)}.")
    return float(number)


def _list(option: Option, value: Any, where: str) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if parts is None:
        return ()
    if not isinstance(parts, list | tuple):
        raise UsageError(f"{where} expects a list of strings, not {described(value)}.")
    if len(parts) > MOST:
        raise UsageError(f"{where} has more than {MOST:,} items.")
    return tuple(_chosen(option, part, where) for part in parts)


def _text(option: Option, value: Any, where: str) -> str | None:
    return None if value is None else _chosen(option, value, where)


def _chosen(option: Option, value: Any, where: str) -> str:
    """A text without control characters that is one of the choices, where there are any, and no key."""
    if option.name not in _CHECKED_LATER and isinstance(value, str) and is_key(value):
        raise UsageError(f"{where} holds what looks like an API key. {HOW}")
    if option.choices and value not in option.choices:
        raise UsageError(f"{where} expects one of {', '.join(option.choices)}, not {described(value)}.")
    if not isinstance(value, str):
        raise UsageError(f"{where} expects a string, not {described(value)}.")
    if len(value) > LONGEST:
        raise UsageError(f"{where} is longer than {LONGEST:,} characters.")
    if not value.isprintable():
        what = "a line break" if "\n" in value or "\r" in value else "an invisible character"
        raise UsageError(f"{where} holds {what}.")
    return value


def _real(value: Any) -> float | None:
    if isinstance(value, str):
        return float(value) if _DECIMAL.fullmatch(value) else None
    return value if type(value) in (int, float) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value if type(value) is int and 0 <= value < 10**15 else None


_CONVERTERS: Final[Mapping[str, Callable[[Option, Any, str], Any]]] = {
    "flag": _flag,
    "number": _number,
    "count": _count,
    "seconds": _seconds,
    "timeout": _timeout,
    "percent": _percent,
    "amount": _amount,
    "list": _list,
    "text": _text,
}
