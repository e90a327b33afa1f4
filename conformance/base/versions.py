"""The versions of the API: values of the `anthropic-version` header."""

from __future__ import annotations

from typing import Final

FIRST_VERSION: Final = "2023-06-01"
NEWEST_VERSION: Final = "2026-10-21"

API_VERSIONS: Final = (FIRST_VERSION, NEWEST_VERSION)
"""All versions, the oldest first."""

DEFAULT_VERSION: Final = FIRST_VERSION
"""The version of a run that names none: what nearly all clients send."""
