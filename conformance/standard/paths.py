"""The folders of the project's data: in the package if it is installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def spec_folder() -> Path:
    """The folder `specs`: inside the package if it is installed, otherwise beside the package (a checkout)."""
    installed = PACKAGE / "specs"
    return installed if installed.is_dir() else PACKAGE.parent / "specs"


def catalogue_folder() -> Path:
    """The folder of the shipped catalogue, which is always inside the package."""
    return PACKAGE / "catalogue"


CASE_SCHEMA = catalogue_folder() / "schema.json"
"""The schema of the catalogue's files."""
