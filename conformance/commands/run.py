"""The command `run`: its options as options of the pytest plugin, which does the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.config.options import OPTIONS, PREFIX
from conformance.plugin.launch import launch


def run(given: Mapping[str, Any], pytest_args: Sequence[str]) -> int:
    """Runs the catalogue with the options given on the command line; returns the exit code."""
    return launch(_as_pytest_options(given), pytest_args)


def _as_pytest_options(given: Mapping[str, Any]) -> list[str]:
    arguments: list[str] = []
    for option in OPTIONS:
        value = given[option.key]
        if option.kind == "flag":
            arguments += [f"--{PREFIX}-{option.name}"] if value else []
        else:
            values = value if option.kind == "list" else [value] if value is not None else []
            arguments += [f"--{PREFIX}-{option.name}={item}" for item in values]
    return arguments
