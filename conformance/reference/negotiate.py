"""What the headers of a call agree on: the API version and the opt-ins."""

from __future__ import annotations

from conformance.base.versions import API_VERSIONS
from conformance.reference.answer import Call, Terms
from conformance.reference.errors import invalid
from conformance.standard.betas import known_betas


def negotiate(call: Call) -> Terms:
    """The terms of a call. Refuses a missing or unknown version, and an unknown opt-in, with 400.

    Sources: REQ-HTTP-012 to REQ-HTTP-018. Opt-ins are separated by commas, with or without a space.
    """
    version = call.header("anthropic-version")
    if version is None:
        raise invalid("anthropic-version: header is required", "REQ-HTTP-012")
    if version not in API_VERSIONS:
        raise invalid(f'anthropic-version: "{version}" is not a valid version', "REQ-HTTP-015")
    betas = frozenset(filter(None, (name.strip() for name in (call.header("anthropic-beta") or "").split(","))))
    unknown = sorted(betas - known_betas())
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        raise invalid(f"Unexpected value(s) {names} for the `anthropic-beta` header.", "REQ-HTTP-017")
    return Terms(version, betas)
