"""Many targets: the targets file, and the settings of each selected target.

Belongs here: reading `targets.toml`, selecting from it. Does not belong here: what an option means (`settings.py`),
running.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.base.suggestions import did_you_mean
from conformance.config.options import PER_TARGET
from conformance.config.settings import RunSettings, check_keys, read_settings, safe_name
from conformance.model import HarnessError, UsageError


def read_all_settings(given: Mapping[str, Any], folder: Path) -> tuple[RunSettings, ...]:
    """RunSettings of every selected target, in the order given; one where no target is named.

    Raises HarnessError (exit code 4) for values that do not fit, an unknown target or a malformed targets file.
    """
    whole = read_settings(given, folder)
    if not whole["target"]:
        return (whole,)
    if given.get("url"):
        raise HarnessError("--url and --target exclude each other: a target has its own URL", exit_code=4)
    entries = read_targets(folder / whole["targets"])
    found = []
    for name in dict.fromkeys(whole["target"]):
        if name not in entries:
            hint = did_you_mean(name, entries)
            raise HarnessError(f"{whole['targets']} has no target {name!r}{hint}", exit_code=4)
        if not entries[name].get("url"):
            raise HarnessError(f"{whole['targets']}: [targets.{name}] has no url", exit_code=4)
        found.append(read_settings(given, folder, target=safe_name(name), entry=entries[name]))
    if whole["resume"] and len(found) > 1:
        raise UsageError("--resume continues the run of one target: name one")
    _check_baselines(found)
    return tuple(found)


def _check_baselines(settings: Sequence[RunSettings]) -> None:
    """Several targets cannot update one baseline: what deviates at one of them passes at another."""
    files = [each["baseline"] for each in settings if each["baseline_update"] and each["baseline"]]
    if len(set(files)) < len(files):
        raise HarnessError(
            "--baseline-update with several targets needs a baseline for each: write it into the targets file",
            exit_code=4,
        )


def read_targets(path: Path) -> dict[str, Mapping[str, Any]]:
    """The entries of a targets file: `[targets.NAME]` tables whose keys are options of a target.

    Raises HarnessError (exit code 4) where the file cannot be read or holds what is no option of a target.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise HarnessError(f"the targets file {path} cannot be read: {problem.strerror}", exit_code=4) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise HarnessError(f"{path}: {problem}", exit_code=4) from None
    check_keys(tables, ["targets"], str(path))
    entries = tables.get("targets", {})
    if not isinstance(entries, dict):
        raise HarnessError(f"{path}: a target is a table [targets.NAME]", exit_code=4)
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise HarnessError(f"{path}: [targets.{name}] is a table of options", exit_code=4)
        check_keys(entry, PER_TARGET, f"{path}: [targets.{name}]")
    return entries
