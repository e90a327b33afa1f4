"""Credentials.

Belongs here: which keys a call carries and whether one of them is valid (REQ-HTTP-008, REQ-HTTP-009, REQ-HTTP-011).
Does not belong here: any other header.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection

from conformance.reference.answer import Call
from conformance.reference.errors import refusal


def keys_of(call: Call) -> tuple[str, ...]:
    """The keys that a call carries, `x-api-key` first. An `authorization` of another scheme counts as an empty key."""
    keys = []
    plain = call.header("x-api-key")
    if plain is not None:
        keys.append(plain.strip())
    authorization = call.header("authorization")
    if authorization is not None:
        scheme, _, value = authorization.partition(" ")
        keys.append(value.strip() if scheme.lower() == "bearer" else "")
    return tuple(keys)


def authenticate(call: Call, valid: Collection[str]) -> None:
    """Refuses with 401 unless every key that the call carries is valid, and there is one (REQ-HTTP-011)."""
    keys = keys_of(call)
    if not keys:
        raise refusal(401, "A credential is required: send the API key as x-api-key or as a bearer token.")
    if not all(any(hmac.compare_digest(key.encode(), known.encode()) for known in valid) for key in keys):
        raise refusal(401, "The API key is not valid.")
