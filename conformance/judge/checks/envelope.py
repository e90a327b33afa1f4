"""Checks on errors: the envelope, its type for each status, and where an error may stand.

Belongs here: what every error response has to look like (REQ-ERR). Does not belong here: whether a request had to be
refused (see `requests.py`), errors inside a running stream (see `streams.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.base.pointer import look_up
from conformance.base.values import MISSING, kind, show
from conformance.judge.check import FINE, NOTHING_SEEN, Check, Facts, Observation, deviation, found
from conformance.model import Json
from conformance.protocol.reply import Reply
from conformance.protocol.statuses import EARLY_TYPES, is_error


def error_envelope(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An error body is an object with type "error" and an error object whose type is a non-empty string."""
    if not is_error(reply.status):
        return NOTHING_SEEN
    if not isinstance(reply.json, dict):
        actual = "an event stream" if reply.events is not None else reply.json_problem or kind(reply.json)
        return found(deviation("error-envelope", reply, expected="the error envelope", actual=actual, pointer=""))
    for pointer, expected, fits in (
        ("/type", 'type "error"', lambda value: value == "error"),
        ("/error", "an error object", lambda value: isinstance(value, dict)),
        ("/error/type", "a non-empty string", lambda value: isinstance(value, str) and value.strip() != ""),
    ):
        value = look_up(reply.json, pointer)
        if not fits(value):
            finding = deviation("error-envelope", reply, expected=expected, actual=show(value), pointer=pointer)
            return found(finding)
    return FINE


def error_message(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The message of an error is a non-empty string."""
    error = reply.json.get("error") if is_error(reply.status) and isinstance(reply.json, dict) else None
    if not isinstance(error, dict):
        return NOTHING_SEEN
    message = error.get("message", MISSING)
    if isinstance(message, str) and message.strip():
        return FINE
    expected, pointer = "a non-empty string", "/error/message"
    return found(deviation("error-message", reply, expected=expected, actual=show(message), pointer=pointer))


def error_type(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An error with this status has this error type; nothing is seen in errors with another status."""
    error = reply.error if reply.status == argument["status"] else None
    if error is None or not isinstance(error.get("type"), str):
        return NOTHING_SEEN
    if error["type"] == argument["type"]:
        return FINE
    expected = f"{argument['type']} for status {reply.status}"
    return found(deviation("error-type", reply, expected=expected, actual=show(error["type"]), pointer="/error/type"))


def error_request_id(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """The error envelope has a request_id: a string, or null."""
    if reply.error is None or not is_error(reply.status):
        return NOTHING_SEEN
    value = look_up(reply.json, "/request_id")
    if value is None or (isinstance(value, str) and value):
        return FINE
    expected, pointer = "a non-empty string, or null", "/request_id"
    return found(deviation("error-request-id", reply, expected=expected, actual=show(value), pointer=pointer))


def error_details(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """Details of an error, where there are any, are an object whose error_code, where there is one, is a string."""
    details = look_up(reply.error or {}, "/details")
    if details is MISSING or details is None:
        return NOTHING_SEEN
    if not isinstance(details, dict):
        pointer, expected, actual = "/error/details", "an object, or null", details
    elif isinstance(details.get("error_code", ""), str):
        return FINE
    else:
        pointer, expected, actual = "/error/details/error_code", "a string", details["error_code"]
    return found(deviation("error-details", reply, expected=expected, actual=show(actual), pointer=pointer))


def error_not_streamed(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """An error on a request for a stream is a plain JSON body; a body that is neither shows nothing of that."""
    if not is_error(reply.status) or reply.request.get("stream") is not True:
        return NOTHING_SEEN
    response = reply.exchange.response
    media = response.media_type if response is not None else ""
    if reply.events is None and media != "text/event-stream":
        return FINE if isinstance(reply.json, dict) else NOTHING_SEEN
    expected = "an error with a JSON body"
    return found(deviation("error-not-streamed", reply, expected=expected, actual=f"content-type {media}", offset=0))


def error_not_disguised(reply: Reply, argument: Json, facts: Facts) -> Observation:
    """A 2xx reply does not carry an error: neither as its JSON body nor, for a client's mistake, as its first event."""
    if not reply.ok:
        return NOTHING_SEEN
    expected = "a 4xx or 5xx status for an error"
    for number, event in enumerate(reply.events or (), start=1):
        kind_of_error = look_up(event.json, "/error/type")
        if event.type == "error" and isinstance(kind_of_error, str) and kind_of_error in EARLY_TYPES:
            actual = f"status {reply.status} and an event stream that starts with {show(event.json)}"
            finding = deviation("error-not-disguised", reply, expected=expected, actual=actual, event=number)
            return found(finding)
        if event.type != "ping":
            return FINE
    if isinstance(reply.json, dict) and _looks_like_error(reply.json):
        actual = f"status {reply.status} with {show(reply.json)}"
        return found(deviation("error-not-disguised", reply, expected=expected, actual=actual, pointer="/error"))
    return FINE if isinstance(reply.json, dict) else NOTHING_SEEN


def _looks_like_error(body: Mapping[str, Json]) -> bool:
    """An error in our envelope or another API's, and no sign of a message beside it."""
    if body.get("type") == "error":
        return True
    return isinstance(body.get("error"), dict | str) and bool(body["error"]) and "content" not in body


CHECKS: Final[Mapping[str, Check]] = {
    check.name: check
    for check in (
        Check("error-envelope", each=error_envelope),
        Check("error-message", each=error_message),
        Check(
            "error-type",
            each=error_type,
            argument={
                "type": "object",
                "properties": {"status": {"type": "integer"}, "type": {"type": "string"}},
                "required": ["status", "type"],
                "additionalProperties": False,
            },
        ),
        Check("error-request-id", each=error_request_id),
        Check("error-details", each=error_details),
        Check("error-not-streamed", each=error_not_streamed),
        Check("error-not-disguised", each=error_not_disguised),
    )
}
