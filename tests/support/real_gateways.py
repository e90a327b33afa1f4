"""The page `docs/gateways.md`: what `compare` found of real gateways. `python -m support.real_gateways` writes it.

The data is in `tests/data/compared`, one file for each gateway, which `tests/peers` holds against the gateways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT / "tests" / "data" / "compared"
PAGE = CHECKOUT / "docs" / "gateways.md"

Gateway = Mapping[str, Any]


def gateways() -> dict[str, Gateway]:
    """The data of each gateway by the name that the variable PEERS has for it."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.yaml"))}


def page(known: Mapping[str, Gateway]) -> str:
    """The page about these gateways."""
    about = (DATA / "about.md").read_text(encoding="utf-8")
    return "\n".join([about, *(line for each in known.values() for line in _about(each))])


def _about(gateway: Gateway) -> Iterator[str]:
    yield from (f"## {gateway['gateway']} {gateway['version']}", "")
    yield from (f"In front of {gateway['upstream']}; checked {gateway['checked']}.", "")
    yield from ("| what it does | true, checked how | found as |", "|---|---|---|")
    for change in gateway["changes"]:
        found = ", ".join(f"`{each}`" for each in change["found"])
        cells = (change["change"], f"{change['seen']}.", found)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(gateways()), encoding="utf-8")
