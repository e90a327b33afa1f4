"""The command `run`: its options as options of the pytest plugin, which does the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.config.options import OPTIONS, PREFIX
from conformance.config.settings import target_of
from conformance.config.targets_file import read_all_settings
from conformance.judge.library import load_library
from conformance.plugin.launch import launch
from conformance.report.terminal import Detail
from conformance.standard.baseline import read_baseline
from conformance.standard.cases import USER_SUFFIX


def run(given: Mapping[str, Any], pytest_args: Sequence[str], detail: Detail = "screen") -> int:
    """Runs the catalogue with the options given on the command line; returns the exit code.

    `detail` says how much is shown at the end.

    Raises UsageError for options and files that do not fit: pytest would wrap the sentence in words of its own.
    """
    files = _checked(given, pytest_args, Path.cwd())
    return launch(_as_pytest_options(given), pytest_args, detail, files)


def _checked(given: Mapping[str, Any], pytest_args: Sequence[str], folder: Path) -> list[Path]:
    """Reads what a run will read before it sends: the options, the baselines, the case files that are named.

    Returns the case files of the vendors.
    """
    files: dict[Path, None] = {}
    own = [folder / name.partition("::")[0] for name in pytest_args if not name.startswith("-")]
    cases = tuple(path for path in own if path.name.endswith(USER_SUFFIX))
    for settings in read_all_settings(given, folder):
        target_of(settings)
        if cases or settings["vendor"]:
            vendor = load_library(settings["api_version"], cases, settings["edition"], settings["vendor"]).vendor
            if vendor is not None and vendor.case_file is not None:
                files[vendor.case_file] = None
        baseline = settings["baseline"]
        if baseline and ((folder / baseline).exists() or not settings["baseline_update"]):
            read_baseline(folder / baseline, baseline, {})
    return list(files)


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
