"""Checks on errors: the envelope, its type for each status, and where an error may occur (REQ-ERR).

Whether a request has to be refused at all is in `refusal.py`, errors inside a running stream in `events.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import MISSING, kind, show
from conformance.judge.arguments import choice, record
from conformance.judge.check import (
    FINE,
    NOT_THERE,
    NOTHING_SEEN,
    Context,
    Observation,
    check,
    deviates,
    deviation,
    found,
)
from conformance.judge.checks.schema import MOST, component_problems
from conformance.model import Json
from conformance.protocol.refusals import other_subject, words_of
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import EARLY_TYPES, STATUSES, is_error


@check("error-envelope")
def error_envelope(reply: Reply) -> Observation:
    """An error body is an object with type "error" and an error object whose type is a non-empty string."""
    if not is_error(reply.status):
        return NOTHING_SEEN
    if not isinstance(reply.json, dict):
        actual = "an event stream" if reply.events is not None else reply.json_problem or kind(reply.json)
        return deviates(reply, "the error envelope", actual, pointer="")
    for pointer, expected, fits in (
        ("/type", 'type "error"', lambda value: value == "error"),
        ("/error", "an error object", lambda value: isinstance(value, dict)),
        ("/error/type", "a non-empty error type", lambda value: isinstance(value, str) and value.strip() != ""),
    ):
        value = look_up(reply.json, pointer)
        if not fits(value):
            return deviates(reply, expected, show(value), pointer=pointer)
    return FINE


@check("error-message")
def error_message(reply: Reply) -> Observation:
    """The message of an error is a non-empty string."""
    error = reply.json.get("error") if is_error(reply.status) and isinstance(reply.json, dict) else None
    if not isinstance(error, dict):
        return NOTHING_SEEN
    message = error.get("message", MISSING)
    if isinstance(message, str) and message.strip():
        return FINE
    return deviates(reply, "a non-empty string as message", show(message), pointer="/error/message")


@check("error-type", argument=record(status={"type": "integer"}, type={"type": "string"}))
def error_type(reply: Reply, argument: Mapping[str, Json]) -> Observation:
    """An error with this status has this error type; nothing is seen in errors with another status."""
    if reply.status != argument["status"]:
        return NOT_THERE
    error = reply.error
    if error is None or not isinstance(error.get("type"), str):
        return Observation(seen=False, note=f"no error with status {reply.status} has an envelope with a type")
    if error["type"] == argument["type"]:
        return FINE
    return deviates(reply, f"{argument['type']} with status {reply.status}", show(error["type"]), pointer="/error/type")


@check("error-request-id")
def error_request_id(reply: Reply) -> Observation:
    """The error envelope has a request_id: a string, or null."""
    if not is_error(reply.status):
        return NOT_THERE
    if reply.error is None:
        return Observation(seen=False, note="no error has an envelope")
    value = look_up(reply.json, "/request_id")
    if value is None or (isinstance(value, str) and value):
        return FINE
    return deviates(reply, "a non-empty string or null as request_id", show(value), pointer="/request_id")


@check("error-details")
def error_details(reply: Reply, context: Context) -> Observation:
    """Details of an error, where there are any, are an object whose documented fields have the types of the schema."""
    details = look_up(reply.error or {}, "/details")
    if details is MISSING or details is None:
        return NOTHING_SEEN
    if not isinstance(details, dict):
        return deviates(reply, "an object or null as details", show(details), pointer="/error/details")
    problems = component_problems(reply, context, "ErrorDetails", details)
    expected = "details with the types of the schema"
    findings = (deviation(reply, expected, text, pointer="/error/details" + place) for place, text in problems)
    return found(*islice(findings, MOST))


@check("error-not-streamed")
def error_not_streamed(reply: Reply) -> Observation:
    """An error on a request for a stream is a plain JSON body; a body that is neither shows nothing of that."""
    if not is_error(reply.status) or reply.request.get("stream") is not True:
        return NOTHING_SEEN
    response = reply.exchange.response
    media = response.media_type if response is not None else ""
    if reply.events is None and media != "text/event-stream":
        return FINE if isinstance(reply.json, dict) else NOTHING_SEEN
    return found(deviation(reply, "an error with a JSON body", f"content-type {media}", offset=0))


@check("error-not-disguised")
def error_not_disguised(reply: Reply) -> Observation:
    """A 2xx reply does not carry an error: neither as its JSON body nor, for a client's mistake, as its first event."""
    if not reply.ok:
        return NOTHING_SEEN
    expected = "an error with a 4xx or 5xx status"
    for number, event in enumerate(reply.events or (), start=1):
        kind_of_error = look_up(event.json, "/error/type")
        if event.type == "error" and isinstance(kind_of_error, str) and kind_of_error in EARLY_TYPES:
            actual = f"status {reply.status} and an event stream that starts with {show(event.json)}"
            return found(deviation(reply, expected, actual, event=number))
        if event.type != "ping":
            return FINE
    if isinstance(reply.json, dict) and _looks_like_error(reply.json):
        actual = f"status {reply.status} with {show(reply.json)}"
        return deviates(reply, expected, actual, pointer="/error")
    return FINE if isinstance(reply.json, dict) else NOTHING_SEEN


def _looks_like_error(body: Mapping[str, Json]) -> bool:
    """An error in our envelope or another API's, and no sign of a message beside it."""
    if body.get("type") == "error":
        return True
    return isinstance(body.get("error"), dict | str) and bool(body["error"]) and "content" not in body


_OWN_WORDS: Final = re.compile(r"prompt is too long: \d+ tokens > \d+ maximum")


@check("overflow", argument=choice(("type", "wording")))
def overflow(reply: Reply, argument: str) -> Observation:
    """An error that says that the prompt is too long is a 400 invalid_request_error (`type`), in the words of the API.

    Nothing is seen in an error about anything else.
    """
    error = reply.error
    if not is_error(reply.status) or error is None or other_subject(words_of(reply), ()) != "context":
        return NOTHING_SEEN
    message = str(error.get("message"))
    if argument == "wording":
        if _OWN_WORDS.search(message):
            return FINE
        expected = '"prompt is too long: N tokens > M maximum", by which clients know that they have to compact'
        return deviates(reply, expected, show(message), pointer="/error/message")
    row = STATUSES.get(reply.status)
    if row is not None and row.error_type == error.get("type") == "invalid_request_error":
        return FINE
    actual = f"status {reply.status}, type {show(error.get('type', MISSING))}"
    return deviates(reply, "status 400 and type invalid_request_error", actual, pointer="/error/type")
