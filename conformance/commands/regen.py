"""Rewrites every file of a checkout that follows from others. `tox -e regen` calls it, for maintainers.

A new generated file is one more line in GENERATED: `tests/test_generated.py` then holds it to what it is made from. The
collateral of faults, and the evidence of what is judged, take running the reference endpoint many times, so they are
written before (see `tox.ini`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.versions import DEFAULT_VERSION
from conformance.commands.faults import entries
from conformance.config.schemas import settings_schema, targets_schema
from conformance.judge.library import load_library
from conformance.report import coverage, faults, judged
from conformance.report.files import save
from conformance.standard.judged import load_table
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder

GENERATED: Mapping[str, Callable[[Library], str]] = {
    "specs/targets.schema.json": lambda _: _as_json(targets_schema()),
    "specs/pyproject.schema.json": lambda _: _as_json(settings_schema()),
    "docs/coverage.md": lambda library: coverage.page(library.catalogue.cases, library.ledger),
    "docs/faults.md": lambda library: faults.page(entries(), library.catalogue.cases),
    "docs/judged.md": lambda library: judged.page(
        load_table(library.document, library.catalogue.cases, spec_folder()), library.catalogue.cases
    ),
}
"""The text of each generated file, by its path in the checkout."""


def regenerate(checkout: Path | None = None) -> tuple[str, ...]:
    """Writes what is out of date; returns the paths of what was written. `checkout` is by default the one we run from.

    Raises UsageError where the package is installed and there is no checkout.
    """
    folder = checkout or spec_folder().parent
    if not (folder / "pyproject.toml").is_file():
        raise UsageError(f"{folder} is not a checkout; install one with `pip install -e .`.")
    library = load_library(DEFAULT_VERSION)
    return tuple(name for name, make in GENERATED.items() if _write(folder / name, make(library)))


def _as_json(schema: Mapping[str, Any]) -> str:
    return f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"


def _write(path: Path, text: str) -> bool:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    save({path: text}, make_folder=True)
    return True
