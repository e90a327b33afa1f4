"""Writes editions: the command of the maintainers of the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.report.files import save
from conformance.standard.editions import (
    DATE,
    FOLDER,
    Changes,
    Edition,
    changes,
    edition_of,
    load_edition,
    load_editions,
    render,
)
from conformance.standard.paths import spec_folder


def write_edition(name: str, *, freeze: bool, folder: Path | None = None) -> str:
    """Writes the edition of a date from the catalogue as it is, as a draft or frozen; returns what changed.

    Freezing replaces all editions that were not released. `folder` is the folder of editions (default: the project's
    own). Raises UsageError for a name that is no date, and where a released or frozen edition would
    change without being asked for.
    """
    folder = folder or spec_folder() / FOLDER
    if not re.fullmatch(DATE, name):
        raise UsageError(f"An edition is named by its date, as in 2026-11-22, not {name!r}.")
    known = {edition.name: edition for edition in load_editions(folder)}
    _check(name, known, freeze=freeze)
    before = load_edition(folder) or Edition("", frozen=True)
    catalogue = load_library(DEFAULT_VERSION).catalogue
    save({folder / f"{name}.yaml": render(edition_of(name, catalogue, frozen=freeze))}, make_folder=True)
    for other in known.values() if freeze else ():
        if not other.released and other.name != name:
            (folder / f"{other.name}.yaml").unlink()
    made = f"edition {name}{'' if freeze else ' (draft, which never scores)'}: {len(catalogue.cases)} cases"
    return f"{made}; against {before.name or 'no edition'}: {_counts(changes(before, catalogue))}"


def _check(name: str, known: dict[str, Edition], *, freeze: bool) -> None:
    released = max((edition.name for edition in known.values() if edition.released), default="")
    if name <= released:
        raise UsageError(f"The edition {released} is released and final; choose a later date.")
    if name in known and known[name].frozen and not freeze:
        raise UsageError(f"The edition {name} is frozen; freeze it again with --freeze.")


def _counts(found: Changes) -> str:
    return f"{len(found.new)} new, {len(found.changed)} changed, {len(found.gone)} gone"
