"""Checks on refusals: what an invalid request gets, and one that may be read or refused.

The shape of the error envelope and the pairing of status and type are in `error_envelope.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from conformance.base.values import show
from conformance.judge.arguments import TEXT, Schema, one_or_more, optional, partial, record
from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, deviates
from conformance.judge.counts import why_dead
from conformance.model import Json
from conformance.protocol.message import text_of
from conformance.protocol.refusals import NAME, other_field, other_subject, words_of
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import OTHER_REASON_TYPES, REFUSING, is_client_error, is_server_error, is_success
from conformance.protocol.usage import total_input

_LARGE: Final = 100_000
"""A number that a refusal does not hold by chance."""

STATUS: Final[Schema] = {"type": "integer", "minimum": 400, "maximum": 499}
FORM: Final = partial(
    {
        "status": one_or_more(STATUS),
        "type": {**one_or_more(TEXT), "description": "Only shown in the finding; the errors area judges types."},
        "names": {**TEXT, "description": "What the refusal is about; its wording is free."},
        "about": {"enum": ["context", "quota"], "description": "The refusal has to be about this."},
    }
)


@check("refused", argument=optional(FORM))
def refused(reply: Reply, argument: Json, context: Context) -> Observation:
    """The request is refused with a fitting 4xx status; where 400 fits, so do 413 and 422.

    Whether the error has its envelope and its type is judged by the errors area. A refusal whose words are about the
    account, the length of the context, or a field that is as in the control shows nothing.
    """
    status = reply.status
    if status is None:
        return NOTHING_SEEN
    wanted = argument if isinstance(argument, dict) else {}
    named = set(_as_list(wanted.get("status"))) or REFUSING
    statuses = named | REFUSING if named & REFUSING else named
    if is_success(status):
        return deviates(reply, _expected(wanted), f"accepted with status {status}", kind="accepted")
    if is_server_error(status):
        return deviates(reply, _expected(wanted), f"status {status}{_error_of(reply)}", kind="server-error")
    if status not in statuses:
        return deviates(reply, _expected(wanted), f"status {status}{_error_of(reply)}", kind="other-status")
    other = _other_reason(reply, wanted, context)
    return Observation(seen=False, note=f"refused for another reason: {other}{_error_of(reply)}") if other else FINE


@check("read-or-refused", argument=record(marker=TEXT), counts=True)
def read_or_refused(reply: Reply, argument: Mapping[str, str], context: Context) -> Observation:
    """The request is read, as its marker or its input tokens show, or refused with a 4xx status.

    The control is a shorter request, so more input tokens than there show that this one was read. Nothing is seen in an
    answer with neither (the model may not cooperate), and in a refusal where the control was not answered either.
    """
    if reply.status is None:
        return NOTHING_SEEN
    if not reply.ok and not is_client_error(reply.status):
        return deviates(reply, "an answer, or a 4xx status", f"status {reply.status}")
    if reply.ok and argument["marker"].casefold() in text_of(reply).casefold():
        return FINE
    name = context.case.control
    control = context.reply(name, reply.exchange.mode) if name is not None else None
    if control is None or not control.ok:
        return NOTHING_SEEN
    if not reply.ok:
        return FINE
    tokens, before = total_input(reply.usage) or 0, total_input(control.usage) or 0
    return FINE if 0 < before < tokens and not why_dead(context, reply.exchange.mode) else NOTHING_SEEN


def _other_reason(reply: Reply, wanted: Mapping[str, Json], context: Context) -> str:
    """What a refusal is about, where that is not what is wrong with the request; otherwise an empty text."""
    kind = (reply.error or {}).get("type")
    if isinstance(kind, str) and kind in OTHER_REASON_TYPES and kind not in _as_list(wanted.get("type")):
        return f"its type is {kind}"
    words, name = words_of(reply), context.case.control
    control = context.reply(name, reply.exchange.mode) if name is not None else None
    if control is not None and _quotes(words, reply.request, control.request):
        return ""
    if (subject := other_subject(words, [str(wanted.get("about"))])) is not None:
        return f"its words are about the {subject}"
    if control is None or "about" in wanted:
        return ""
    own = changed_names(reply.request, control.request) if reply.request else set()
    if not own:
        return ""
    own.update(NAME.findall(str(wanted.get("names", ""))))
    field = other_field(words, set(_members_in(control.request)), own)
    return f"its words name {field}, which is as in the control" if field is not None else ""


def _quotes(words: str, request: Json, control: Json) -> bool:
    """Whether the words quote a large number that the control does not have: they are about the request then, also
    where they compare it with the context of the model.
    """
    changed = request if isinstance(request, dict) and isinstance(control, dict) else {}
    values = [value for name, value in changed.items() if value != control.get(name)]
    return any(type(value) is int and value >= _LARGE and re.search(rf"\b{value}\b", words) for value in values)


def changed_names(request: Json, control: Json) -> set[str]:
    """The names on the way to what differs between two requests, and the names and short texts inside it."""
    if isinstance(request, dict) and isinstance(control, dict):
        names: set[str] = set()
        for name in request.keys() | control.keys():
            if name not in request or name not in control:
                names |= {name, *_names_in(request.get(name)), *_names_in(control.get(name))}
            elif inner := changed_names(request[name], control[name]):
                names |= {name, *inner}
        return names
    if isinstance(request, list) and isinstance(control, list) and len(request) == len(control):
        return {name for pair in zip(request, control, strict=True) for name in changed_names(*pair)}
    return set() if request == control else {*_names_in(request), *_names_in(control)}


def _members_in(value: Json) -> Iterator[str]:
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _members_in(item)
    if isinstance(value, dict):
        yield from value


def _names_in(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _names_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names_in(item)
    elif isinstance(value, str) and NAME.fullmatch(value):
        yield value


def _expected(wanted: Mapping[str, Json]) -> str:
    statuses = " or ".join(str(item) for item in _as_list(wanted.get("status")) or [400])
    types = _as_list(wanted.get("type")) or (["invalid_request_error"] if "status" not in wanted else [])
    kind = f" {' or '.join(str(item) for item in types)}" if types else ""
    names = f" that names {wanted['names']}" if "names" in wanted else ""
    return f"a refusal: status {statuses}{kind}{names}"


def _error_of(reply: Reply) -> str:
    """Type and words of the error, for the `actual` of a finding."""
    if reply.error is not None:
        return f", {show(reply.error.get('type'))}: {show(reply.error.get('message'))}"
    words = words_of(reply)
    return f": {show(words)}" if words else ""


def _as_list(value: Json) -> list[Json]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
