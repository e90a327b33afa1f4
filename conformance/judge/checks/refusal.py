"""Checks on refusals: what an invalid request gets, and one that may be read or refused.

The shape of the error envelope and the pairing of status and type are in `error_envelope.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.base.values import show
from conformance.judge.arguments import TEXT, Schema, one_or_more, optional, partial, record
from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, deviates
from conformance.model import Json
from conformance.protocol.message import text_of
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import OTHER_REASON_TYPES, REFUSING, is_server_error, is_success

STATUS: Final[Schema] = {"type": "integer", "minimum": 400, "maximum": 499}
FORM: Final = partial(
    {
        "status": one_or_more(STATUS),
        "type": one_or_more(TEXT),
        "names": {**TEXT, "description": "Only shown in the finding; the wording of the message is free."},
    }
)


@check("refused", argument=optional(FORM))
def refused(reply: Reply, argument: Json) -> Observation:
    """The request is refused with a fitting 4xx status and the error envelope."""
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
    return deviates(reply, _expected(wanted, types), actual, kind=kind)


@check("read-or-refused", argument=record(marker=TEXT))
def read_or_refused(reply: Reply, argument: Mapping[str, str], context: Context) -> Observation:
    """The request is read, so that its marker is in the answer, or refused with a 4xx and the error envelope.

    Nothing is seen in an answer without the marker (the model may not cooperate), and in a refusal where the control
    was not answered either.
    """
    if reply.status is None:
        return NOTHING_SEEN
    if reply.ok:
        return FINE if argument["marker"].casefold() in text_of(reply).casefold() else NOTHING_SEEN
    if is_server_error(reply.status) or reply.error is None:
        actual = f"status {reply.status}" + ("" if reply.error else " without the error envelope")
        return deviates(reply, "an answer, or a 4xx status with the error envelope", actual)
    name = context.case.control
    control = context.reply(name, reply.exchange.mode) if name is not None else None
    return FINE if control is not None and control.ok else NOTHING_SEEN


def _problem(reply: Reply, status: int, statuses: list[Json], types: list[Json]) -> tuple[str, str] | None:
    """The kind of a finding and what came, or None where it is a refusal."""
    if is_success(status):
        return "accepted", f"accepted with status {status}"
    if is_server_error(status):
        return "server-error", f"status {status}{_error_of(reply)}"
    if status not in statuses:
        return "other-reason", f"status {status}{_error_of(reply)}"
    error = reply.error
    if error is None:
        return "no-envelope", f"status {status} without the error envelope"
    kind = error.get("type")
    if kind in types:
        return None
    if isinstance(kind, str) and kind in OTHER_REASON_TYPES:
        return "other-reason", f"status {status}{_error_of(reply)}"
    # That status and error type do not go together is reported once, by the errors area.
    return ("no-envelope", f"status {status} with error type {show(kind)}") if types else None


def _expected(wanted: Mapping[str, Json], types: list[Json]) -> str:
    statuses = " or ".join(str(item) for item in _as_list(wanted.get("status")) or [400])
    types = types or (["invalid_request_error"] if "status" not in wanted else [])
    kind = f" {' or '.join(str(item) for item in types)}" if types else ""
    names = f" that names {wanted['names']}" if "names" in wanted else ""
    return f"a refusal: status {statuses}{kind}{names}"


def _error_of(reply: Reply) -> str:
    """Type and message of the error, for the `actual` of a finding."""
    if reply.error is None:
        return ""
    return f", {show(reply.error.get('type'))}: {show(reply.error.get('message'))}"


def _as_list(value: Json) -> list[Json]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
