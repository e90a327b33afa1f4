"""Makes editions: the command of the maintainers of the catalogue.

Belongs here: writing `specs/editions/<date>.yaml`. Does not belong here: what an edition is (see
`standard/editions.py`).
"""

from __future__ import annotations

import re

from conformance.config.target import API_VERSIONS
from conformance.judge.library import load_library
from conformance.model import HarnessError
from conformance.standard.editions import DATE, Edition, difference, edition_of, load_edition, render
from conformance.standard.paths import spec_folder


def write_edition(name: str, *, freeze: bool) -> str:
    """Writes the edition from the catalogue as it is; returns one sentence on what changed.

    Raises HarnessError (exit code 4) for a name that is no date, and where a frozen edition would change.
    """
    if not re.fullmatch(DATE, name):
        raise HarnessError(f"an edition is named by its date, as in 2026-11-22, not {name!r}", exit_code=4)
    folder = spec_folder() / "editions"
    path = folder / f"{name}.yaml"
    before = load_edition(folder, name) if path.is_file() else Edition(name, frozen=False)
    cases = load_library(API_VERSIONS[0]).catalogue.cases
    changes = difference(before or Edition(name, frozen=False), cases)
    if before is not None and before.frozen and changes:
        raise HarnessError(f"the edition {name} is frozen; make one with a later date", exit_code=4)
    frozen = freeze or (before is not None and before.frozen)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(render(edition_of(name, cases, frozen=frozen)), encoding="utf-8")
    told = f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.gone)} gone"
    return f"edition {name}{'' if frozen else ' (draft)'}: {len(cases)} cases, {told}"
