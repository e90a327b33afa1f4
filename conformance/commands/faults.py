"""The faults of the reference endpoint, told together with the cases that catch them.

Belongs here: bringing faults, catalogue and bugs together. Does not belong here: wording (see `report/faults.py`).
"""

from __future__ import annotations

from typing import Any

from conformance.judge.library import load_library
from conformance.reference.faults import all_faults
from conformance.report import faults
from conformance.standard.bugs import links_of, load_bugs
from conformance.standard.paths import spec_folder


def told_faults() -> list[dict[str, Any]]:
    """Every fault as `faults --json` tells it."""
    library = load_library("2023-06-01")
    return faults.entries(all_faults().values(), library.catalogue.cases, links_of(load_bugs(spec_folder())))
