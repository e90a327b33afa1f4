"""What the product does not keep yet. Whoever closes a finding removes its marks: a test that passes with one fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import pytest

OPEN: Final[Mapping[str, str]] = {}
"""Open findings by id, each in one sentence."""


def fails(finding: str) -> pytest.MarkDecorator:
    """Marks a test that fails because of a finding, and has to."""
    return pytest.mark.xfail(strict=True, reason=f"{finding}: {OPEN[finding]}")


def marked(names: Iterable[str], finding: str, failing: Collection[str]) -> list[Any]:
    """Parameters of a test, those marked that fail because of a finding."""
    return [pytest.param(name, marks=fails(finding)) if name in failing else name for name in names]
