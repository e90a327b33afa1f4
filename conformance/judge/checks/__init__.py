"""All checks by name. Does not belong here: any check; each lives in the module of its family."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance.judge.check import Check
from conformance.judge.checks import agreement as matching
from conformance.judge.checks import (
    arrival,
    between,
    caching,
    cites,
    deltas,
    endings,
    envelope,
    grammar,
    honoured,
    http,
    message,
    models,
    output,
    refusal,
    starts,
    text,
    thinking,
    tools,
    usage,
)
from conformance.judge.checks import frames as framing
from conformance.judge.checks import stop as stopping
from conformance.judge.checks import token_counting as counting

FAMILIES = (
    arrival,
    between,
    caching,
    cites,
    counting,
    deltas,
    endings,
    envelope,
    framing,
    grammar,
    honoured,
    http,
    matching,
    message,
    models,
    output,
    refusal,
    starts,
    stopping,
    text,
    thinking,
    tools,
    usage,
)


def merged() -> Mapping[str, Check]:
    """All families in one mapping. Raises ValueError where two families claim one name."""
    checks: dict[str, Check] = {}
    for family in FAMILIES:
        for name, check in family.CHECKS.items():
            if name in checks:
                raise ValueError(f"two checks are named {name!r}")
            checks[name] = check
    return MappingProxyType(checks)


REGISTRY = merged()
"""Every check by the name that case files use."""
