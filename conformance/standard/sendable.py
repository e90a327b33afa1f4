"""Whether the steps of a send can be sent: what has no place in HTTP, or needs a reply that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from conformance.model import Json, Step
from conformance.standard.requests import REPLY_PLACE, SendError

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"(?![\t ])[\t\x20-\x7e\x80-\xff]*(?<![\t ])")
_PATH: Final = re.compile(r"/[\x21-\x7e]*")
_OF_REPLY: Final = ("content", "sent", "tool-results")


def check_steps(steps: Sequence[Step]) -> None:
    """Raises SendError, whose key is the place in the send, for what cannot be sent."""
    for number, step in enumerate(steps):
        several = len(steps) > 1
        for name, value in step.headers.items():
            _check_header(name, value, "$steps" if several else "$headers")
        if not _PATH.fullmatch(step.path):
            raise SendError("$path expects printable ASCII without spaces", "$steps" if several else "$path")
        if number == 0 and REPLY_PLACE.search(step.path):
            raise SendError("Only a later step can take something of a reply into its path", "$path")
        for name, value in step.query.items():
            if isinstance(value, list) or (isinstance(value, dict) and "$reply" not in value):
                raise SendError(
                    f"The query parameter {name!r} expects a string, a number, true or false",
                    "$steps" if several else "$query",
                )
        for call in (*_calls(step.body), *_calls(dict(step.query))):
            _check_call(call, "$steps" if several else "$reply", first=number == 0)


def _check_header(name: str, value: Json, key: str) -> None:
    lines = value if isinstance(value, list | tuple) else [value]
    if not _NAME.fullmatch(name):
        raise SendError(f"{name!r} cannot be the name of a header", key)
    for line in lines:
        if line is None:
            continue
        if name.lower() == "content-length":
            raise SendError("The header content-length follows from the body and cannot be set", key)
        if not (isinstance(line, str) and _VALUE.fullmatch(line)):
            problem = "expects text in Latin-1 without control characters and without spaces at its ends"
            raise SendError(f"The header {name} {problem}", key)


def _check_call(call: Mapping[str, Json], key: str, *, first: bool) -> None:
    what, at = call["$reply"], call.get("at", "")
    if first:
        raise SendError("Only a later step can take something of a reply: the first one has $reply", key)
    if not isinstance(what, str) or not (what in _OF_REPLY or what.startswith("/")):
        raise SendError(f"$reply expects {', '.join(_OF_REPLY)} or a JSON pointer", key)
    if not isinstance(at, str) or (at and not at.startswith("/")):
        raise SendError("$reply expects a JSON pointer as 'at'", key)


def _calls(value: Json) -> Iterator[Mapping[str, Json]]:
    """Every `{"$reply": ...}` in a value."""
    if isinstance(value, dict):
        if "$reply" in value:
            yield value
            return
        for item in value.values():
            yield from _calls(item)
    elif isinstance(value, list):
        for item in value:
            yield from _calls(item)
