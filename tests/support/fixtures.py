"""The fixtures that all tests may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.data import corpora


@pytest.fixture(scope="session", params=corpora())
def corpus(request: pytest.FixtureRequest) -> Path:
    """A file of recorded exchanges: the one in `tests/data/`, and the large one where the environment names it."""
    path: Path = request.param
    return path
