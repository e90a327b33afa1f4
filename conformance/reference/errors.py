"""Identifiers, and refusals as error envelopes (REQ-ERR-001): the type that goes with each status, the headers."""

from __future__ import annotations

import secrets

from conformance.model import Json
from conformance.reference.answer import Answer, Cause, Refusal

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

TYPE_OF_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The `error.type` that goes with a status (REQ-ERR-004 to REQ-ERR-014)."""


def new_id(prefix: str) -> str:
    """A fresh id in the shape that the API uses: prefix, underscore, `01` and 22 base58 characters."""
    return f"{prefix}_01{base58(int.from_bytes(secrets.token_bytes(16), 'big'))}"


def base58(number: int) -> str:
    """22 base58 characters for a number of 128 bits."""
    digits = []
    for _ in range(22):
        number, rest = divmod(number, 58)
        digits.append(_BASE58[rest])
    return "".join(digits)


def refusal(
    status: int, message: str, cause: Cause | str | None, *, code: str | None = None, **headers: str
) -> Refusal:
    """A refusal with the error type of its status.

    `cause` is a clause id, or a Cause that also names the place; None is for faults, which refuse without a reason.
    `code` becomes `error.details.error_code` (REQ-ERR-003). An underscore in the name of a header becomes a hyphen.
    """
    details: dict[str, Json] | None = {"error_code": code} if code else None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reason = Cause(cause) if isinstance(cause, str) else cause
    return Refusal(status, TYPE_OF_STATUS[status], message, cause=reason, details=details, headers=named)


def invalid(message: str, cause: Cause | str | None, *, code: str | None = None) -> Refusal:
    """A 400 `invalid_request_error` (REQ-ERR-004)."""
    return refusal(400, message, cause, code=code)


def envelope(problem: Refusal) -> Answer:
    """The error envelope of a refusal (REQ-ERR-001). Clients should not retry their own mistakes (REQ-HTTP-025)."""
    error: dict[str, Json] = {"type": problem.kind, "message": problem.message}
    if problem.details is not None:
        error["details"] = dict(problem.details)
    headers = dict(problem.headers)
    if 400 <= problem.status < 500:
        headers["x-should-retry"] = "false"
    return Answer(status=problem.status, headers=headers, body={"type": "error", "error": error}, cause=problem.cause)
