"""The library of the tests: everything that is right, loaded once per process and API version."""

from __future__ import annotations

from functools import cache

from conformance.judge.library import load_library
from conformance.standard.library import Library


@cache
def library(api_version: str = "2023-06-01") -> Library:
    """The shipped catalogue, ledger and document in an API version."""
    return load_library(api_version)
