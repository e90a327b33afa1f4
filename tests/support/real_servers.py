"""The page `docs/servers.md`: what runs against real servers found. `python -m support.real_servers` writes it.

The data is in `tests/data/peers`, one file for each server, which the tests in `tests/peers` hold against the servers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT / "tests" / "data" / "peers"
PAGE = CHECKOUT / "docs" / "servers.md"
ABOUT = DATA / "about.md"
"""What the page says before the servers."""

Server = Mapping[str, Any]


def servers() -> dict[str, Server]:
    """The data of each server by the name that the variable PEERS has for it."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.yaml"))}


def page(known: Mapping[str, Server]) -> str:
    """The page about these servers."""
    return "\n".join([ABOUT.read_text(encoding="utf-8"), *_overview(known), *_each(known)])


def _overview(known: Mapping[str, Server]) -> Iterator[str]:
    yield from (
        "## The figures",
        "",
        "| server | version | behind it | checked | what was measured |",
        "|---|---|---|---|---|",
    )
    for each in known.values():
        cells = [each["server"], each["version"], each["behind"], each["checked"], each["measured"]]
        yield _row(cells)
    yield ""


def _each(known: Mapping[str, Server]) -> Iterator[str]:
    for each in known.values():
        yield from (f"## {each['server']} {each['version']}", "")
        if "note" in each:
            yield from (each["note"], "")
        yield from ("| defect | true, checked how | found by |", "|---|---|---|")
        for defect in each["defects"]:
            gating = ", ".join(f"`{case}`" for case in defect.get("gating", ()))
            found = ", ".join(f"`{case}`" for case in defect.get("found", ()))
            by = "; ".join(filter(None, [gating, f"without gating: {found}" if found else ""]))
            chance = " Some runs miss it." if defect.get("by-chance") else ""
            yield _row([defect["defect"], f"{defect['seen']}.{chance}", by])
        yield ""


def _row(cells: list[Any]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(servers()), encoding="utf-8")
