"""Where the data of the project lies: in the package when it is installed, beside it in a checkout.

Belongs here: folders. Does not belong here: reading files.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def spec_folder() -> Path:
    """The folder `specs`: inside the package where it is installed, otherwise beside the package (a checkout)."""
    installed = PACKAGE / "specs"
    return installed if installed.is_dir() else PACKAGE.parent / "specs"


def catalogue_folder() -> Path:
    """The folder of the shipped catalogue, which is always inside the package."""
    return PACKAGE / "catalogue"
