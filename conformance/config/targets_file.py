"""Many targets: the targets file, and the settings of each selected target."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.base.suggestions import did_you_mean
from conformance.config.options import PER_TARGET
from conformance.config.settings import RunSettings, check_keys, read_settings, safe_name
from conformance.model import UsageError


def read_all_settings(given: Mapping[str, Any], folder: Path) -> tuple[RunSettings, ...]:
    """RunSettings of every selected target, in the order given; one where no target is named.

    Raises UsageError for values that do not fit, an unknown target or a malformed targets file.
    """
    whole = read_settings(given, folder)
    if not whole["target"]:
        return (whole,)
    if given.get("url"):
        raise UsageError("Use either --url or --target: a target has its own URL.")
    entries = read_targets(folder / whole["targets"])
    found = []
    for name in dict.fromkeys(whole["target"]):
        if name not in entries:
            hint = did_you_mean(name, entries)
            raise UsageError(f"{whole['targets']}: unknown target {name!r}{hint}")
        if not entries[name].get("url"):
            raise UsageError(f"{whole['targets']}: [targets.{name}] has no url.")
        found.append(read_settings(given, folder, target=safe_name(name), entry=entries[name]))
    if whole["resume"] and len(found) > 1:
        raise UsageError("--resume continues the run of one target; name it with --target.")
    _check_baselines(found)
    return tuple(found)


def _check_baselines(settings: Sequence[RunSettings]) -> None:
    """Several targets cannot update one baseline: what deviates at one of them passes at another."""
    files = [each["baseline"] for each in settings if each["baseline_update"] and each["baseline"]]
    if len(set(files)) < len(files):
        raise UsageError(
            "--baseline-update with several targets needs a baseline for each; set `baseline` in the targets file."
        )


def read_targets(path: Path) -> dict[str, Mapping[str, Any]]:
    """The entries of a targets file: `[targets.NAME]` tables whose keys are options of a target.

    Raises UsageError where the file cannot be read or holds what is no option of a target.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"Cannot read the targets file {path}: {problem.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: {problem}") from None
    check_keys(tables, ["targets"], str(path))
    entries = tables.get("targets", {})
    if not isinstance(entries, dict):
        raise UsageError(f"{path}: targets must be tables [targets.NAME].")
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise UsageError(f"{path}: [targets.{name}] must be a table of options.")
        check_keys(entry, PER_TARGET, f"{path}: [targets.{name}]")
    return entries
