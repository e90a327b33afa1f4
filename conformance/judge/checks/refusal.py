"""The check of refusals: what an invalid request gets.

Belongs here: telling a refusal of the request from an acceptance, a breakdown and a refusal for another reason. Does
not belong here: the shape of the error envelope and the pairing of status and type (see `envelope.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conformance.base.values import show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import OTHER_REASON_TYPES, REFUSING


def refused(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The request is refused with a 4xx that fits, and with the error envelope."""
    status = reply.status
    if status is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {}
    statuses = _as_list(wanted.get("status")) or sorted(REFUSING)
    types = _as_list(wanted.get("type"))
    problem = _problem(reply, status, statuses, types)
    if problem is None:
        return FINE
    kind, actual = problem
    return found(deviation("refused", reply, expected=_expected(wanted, types), actual=actual, kind=kind))


def _problem(reply: Reply, status: int, statuses: list[Json], types: list[Json]) -> tuple[str, str] | None:
    """The kind of a finding and what was seen, or None where it is a refusal."""
    if 200 <= status < 300:
        return "accepted", f"accepted with status {status}"
    if status >= 500:
        return "server-error", f"status {status}{_said(reply)}"
    if status not in statuses:
        return "other-reason", f"status {status}{_said(reply)}"
    error = reply.error
    if error is None:
        return "no-envelope", f"status {status} without the error envelope"
    kind = error.get("type")
    if kind in types:
        return None
    if isinstance(kind, str) and kind in OTHER_REASON_TYPES:
        return "other-reason", f"status {status}{_said(reply)}"
    # The errors area tells once that status and error type do not go together.
    return ("no-envelope", f"status {status} with error type {show(kind)}") if types else None


def _expected(wanted: Mapping[str, Json], types: list[Json]) -> str:
    statuses = " or ".join(str(item) for item in _as_list(wanted.get("status")) or [400])
    types = types or (["invalid_request_error"] if "status" not in wanted else [])
    kind = f" {' or '.join(str(item) for item in types)}" if types else ""
    names = f" that names {wanted['names']}" if "names" in wanted else ""
    return f"a refusal: status {statuses}{kind}{names}"


def _said(reply: Reply) -> str:
    """What the error says of itself, for the `actual` of a finding."""
    if reply.error is None:
        return ""
    return f", {show(reply.error.get('type'))}: {show(reply.error.get('message'))}"


def _as_list(value: Json) -> list[Json]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


STATUS: Final = {"type": "integer", "minimum": 400, "maximum": 499}
NAME: Final = {"type": "string", "minLength": 1}

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "refused": Check(
            "refused",
            each=refused,
            argument={
                "oneOf": [
                    {"const": True},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "minProperties": 1,
                        "properties": {
                            "status": {"oneOf": [STATUS, {"type": "array", "items": STATUS, "minItems": 1}]},
                            "type": {"oneOf": [NAME, {"type": "array", "items": NAME, "minItems": 1}]},
                            "names": {**NAME, "description": "Told in the finding; the message's wording is free."},
                        },
                    },
                ]
            },
        )
    }
)
