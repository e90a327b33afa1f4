"""The stage on which faults are rehearsed: set once per process and API version."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from mutation.rehearsal import Stage, set_stage


@pytest.fixture(scope="session")
def stage() -> Callable[..., Stage]:
    """The stage of an API version and a model, by default those of a run that names none."""
    made = cache(set_stage)
    return lambda api_version="2023-06-01", model="reference-1": made(api_version, model)
