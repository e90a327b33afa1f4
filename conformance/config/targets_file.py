"""Many targets: the targets file, and the settings of each selected target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from conformance.base import toml_text
from conformance.base.errors import FileError, UsageError
from conformance.base.files import SETTINGS
from conformance.base.suggestions import nearest
from conformance.base.toml_text import TomlText
from conformance.config.options import PER_TARGET
from conformance.config.settings import (
    FoundOptions,
    RunSettings,
    SettingSources,
    check_keys,
    place_in,
    safe_name,
    settings_from,
)
from conformance.config.values import described


def read_all_settings(given: Mapping[str, Any], folder: Path) -> tuple[RunSettings, ...]:
    """RunSettings of every selected target, in the order given; one where no target is named.

    Raises UsageError for values that do not fit, an unknown target or a malformed targets file.
    """
    sources = SettingSources.of(given, folder)
    whole = settings_from(given, sources)
    if not whole["target"]:
        return (whole,)
    if given.get("url"):
        raise UsageError("Use either --url or --target: a target has its own URL.")
    file = read_targets(folder / whole["targets"])
    entries = file.tables.get("targets", {})
    found = []
    for name in dict.fromkeys(whole["target"]):
        if name not in entries:
            raise FileError(f"Unknown target {described(name)}", path=file.path, suggestion=nearest(name, entries))
        if entries[name].get("url") in (None, "") and not entries[name].get("vendor"):
            raise file.error(f"[targets.{name}] has neither url nor vendor", "targets", name, key="")
        place = partial(place_in, file, "targets", name)
        try:
            safe_name(name)
        except UsageError as problem:
            raise file.error(str(problem), "targets", name, key="") from None
        found.append(settings_from(given, sources, target=name, entry=FoundOptions(entries[name], place)))
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


def read_targets(path: Path) -> TomlText:
    """A targets file: `[targets.NAME]` tables whose keys are options of a target.

    Raises FileError where the file cannot be read or holds what is no option of a target.
    """
    file = toml_text.read(path, SETTINGS)
    check_keys(file, file.tables, ["targets"])
    entries = file.tables.get("targets", {})
    if not isinstance(entries, dict):
        raise file.error("Expected tables [targets.NAME]", "targets")
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise file.error("Expected a table of options", "targets", name)
        check_keys(file, entry, PER_TARGET, "targets", name)
    return file
