"""Credentials: which keys a call carries, and whether they are valid (REQ-HTTP-008 to REQ-HTTP-011)."""

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
    """Refuses with 401 a call without a key, and a call with any key that is not valid (REQ-HTTP-010, REQ-HTTP-011).

    Where no valid keys are named, every key is valid.
    """
    keys = keys_of(call)
    if not keys:
        raise refusal(401, "x-api-key header is required", "REQ-HTTP-011")
    if valid and not all(any(hmac.compare_digest(key.encode(), known.encode()) for known in valid) for key in keys):
        raise refusal(401, "invalid x-api-key", "REQ-HTTP-011")
