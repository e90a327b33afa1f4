"""The command `faults`: the faults of the reference endpoint, with the cases that catch them."""

from __future__ import annotations

import json
from typing import Any

from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library
from conformance.reference.faults import all_faults, load_collateral
from conformance.report import faults as report
from conformance.standard.bugs import links_of, load_bugs
from conformance.standard.paths import spec_folder


def text(*, as_json: bool) -> str:
    """All faults, for people or as JSON."""
    found = entries()
    return f"{json.dumps(found, indent=1)}\n" if as_json else report.text(found)


def entries() -> list[dict[str, Any]]:
    """Every fault as `faults --json` lists it."""
    library = load_library(DEFAULT_VERSION)
    links = links_of(load_bugs(spec_folder()))
    return report.entries(all_faults().values(), library.catalogue.cases, links, load_collateral())
