"""Turns the `send` of a case or base request into the steps that will be sent: merge patches and `$` keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from conformance.model import Json, Step
from conformance.standard.large_values import MakeError, make

OPAQUE = ("$value", "$reply", "$make")
"""Objects with one of these keys are placeholders for a value and are never merged into."""

STEP_KEYS = ("$path", "$method", "$query", "$headers", "$auth", "$raw", "$model")


REPLY_PLACE = re.compile(r"\{(?P<of>reply|sent)(?P<pointer>/[^{}]*)\}")
"""In a path: a string of the previous reply, or of the request that it answers, by JSON pointer."""


class SendError(ValueError):
    """An invalid `send`. `key` is the place inside it."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def merge_patch(target: Json, patch: Json) -> Json:
    """Applies a JSON merge patch (RFC 7396, section 2). Neither argument is changed; null in the patch deletes."""
    if not isinstance(patch, dict) or any(key in patch for key in OPAQUE):
        return patch
    merged = dict(target) if isinstance(target, dict) and not any(key in target for key in OPAQUE) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def literal(value: Json) -> Json:
    """Replaces every `{"$value": x}` by x, which lets a merge patch carry a JSON null, and every `$make` by its value.

    Raises SendError for an invalid `$make`.
    """
    if isinstance(value, dict):
        if set(value) == {"$value"}:
            return value["$value"]
        if set(value) == {"$make"}:
            try:
                return make(value["$make"])
            except MakeError as problem:
                raise SendError(str(problem), "$make") from None
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return value


def expand(send: Mapping[str, Json], bases: Mapping[str, Mapping[str, Json]]) -> dict[str, Json]:
    """The send with its base request merged in, without `$base` and its marks.

    Raises SendError for an unknown base.
    """
    name = send.get("$base")
    own = {key: value for key, value in send.items() if key not in ("$base", "$sample", "$gauge", "$headers")}
    if name is not None and name not in bases:
        raise SendError(f"Unknown base request {name!r}", "$base")
    base = expand(bases[name], bases) if name is not None else {}
    merged = cast("dict[str, Json]", merge_patch(base, own))
    headers = {**base.get("$headers", {}), **send.get("$headers", {})}  # null means: leave this header out
    return {**merged, "$headers": headers} if headers else merged


def with_part(send: Mapping[str, Json], part: Mapping[str, Json]) -> dict[str, Json]:
    """The send with a part added: items of arrays come before those that are there, members of objects beside them, and
    lines of a header behind a comma. Anything else of the part takes the place of what is there.
    """
    return {**send, **{key: _added(key, send[key], value) if key in send else value for key, value in part.items()}}


def _added(key: str, there: Json, more: Json) -> Json:
    if isinstance(there, list) and isinstance(more, list):
        return [*more, *there]
    if isinstance(there, dict) and isinstance(more, dict):
        together = _headers if key == "$headers" else with_part
        return together(there, more)
    return more


def _headers(there: Mapping[str, Json], more: Mapping[str, Json]) -> dict[str, Json]:
    """Header lines of the same name are one line."""
    both = {name: f"{there[name]},{line}" for name, line in more.items() if name in there}
    return {**there, **more, **both}


def steps_of(send: Mapping[str, Json], bases: Mapping[str, Mapping[str, Json]]) -> tuple[Step, ...]:
    """The steps of a send, in order. Raises SendError for an unknown base or `$` key."""
    whole = expand(send, bases)
    if "$steps" in whole:
        extra = [key for key in whole if key != "$steps"]
        if extra:
            raise SendError("$steps allows no other keys beside it: each step has its own $base and keys", extra[0])
        return tuple(_step(expand(step, bases)) for step in whole["$steps"])
    return (_step(whole),)


def _step(whole: Mapping[str, Json]) -> Step:
    unknown = [key for key in whole if key.startswith("$") and key not in STEP_KEYS]
    if unknown:
        raise SendError(f"Unknown key {unknown[0]!r} of a request", unknown[0])
    body = {key: literal(value) for key, value in whole.items() if not key.startswith("$")}
    method = whole.get("$method", "POST")
    raw = whole.get("$raw")
    return Step(
        method=method,
        path=whole.get("$path", "/v1/messages"),
        query=dict(whole.get("$query", {})),
        headers={name.lower(): value for name, value in whole.get("$headers", {}).items()},
        body=None if raw is not None or (method in ("GET", "HEAD", "DELETE") and not body) else body,
        raw=raw.encode() if raw is not None else None,
        auth=whole.get("$auth", "default"),
        fill_model=whole.get("$model", True),
    )
