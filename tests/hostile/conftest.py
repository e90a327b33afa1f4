"""The server that every hostile endpoint plays on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.server import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One server for all examples."""
    with Stage() as running:
        yield running
