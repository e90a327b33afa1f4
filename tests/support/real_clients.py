"""The page `docs/clients.md`: real programs that run against the reference endpoint. `python -m support.real_clients`
writes it.

The data is in `tests/data/clients`: one file for each program, and in `measured.yaml` the figures of the last recorded
run of `tox -e clients`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT / "tests" / "data" / "clients"
PAGE = CHECKOUT / "docs" / "clients.md"
MEASURED = DATA / "measured.yaml"
ABOUT = DATA / "about.md"
"""What the page says before the table."""


@dataclass(frozen=True, eq=False)
class Program:
    """One version of a program: what installs it, how it is driven, and what it has to print.

    `recognised` is the name that the proxy prints for it; `lives_through` are parts of the lines on what it lives
    through, which are facts about the program and not about the endpoint.
    """

    name: str
    title: str
    version: str
    recognised: str
    models: tuple[str, ...]
    environment: Mapping[str, str]
    scenarios: Sequence[Mapping[str, Any]]
    npm: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    lives_through: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"


def programs() -> tuple[Program, ...]:
    """All programs in all versions, by name."""
    return tuple(
        Program(
            name=path.stem,
            title=data["program"],
            version=str(each["version"]),
            recognised=each.get("recognised", data.get("recognised")),
            models=tuple(data["models"]),
            environment=data["environment"],
            scenarios=data["scenarios"],
            npm=tuple(each.get("npm", ())),
            python=tuple(each.get("python", ())),
            lives_through=tuple(data.get("lives-through", ())),
            note=data.get("note", ""),
        )
        for path in sorted(DATA.glob("*.yaml"))
        if path != MEASURED
        for data in [yaml.safe_load(path.read_text(encoding="utf-8"))]
        for each in data["versions"]
    )


def measured() -> dict[str, Any]:
    """The figures of each program and version."""
    return yaml.safe_load(MEASURED.read_text(encoding="utf-8")) or {} if MEASURED.exists() else {}


def record(program: Program, sizes: Mapping[str, Sequence[int]], seconds: Mapping[str, float]) -> None:
    """Writes the figures of a program that works: by scenario, bytes of requests, seconds it took directly."""
    known = {**measured(), str(program): _figures(sizes, seconds)}
    current = {str(each) for each in programs()}
    kept = {name: known[name] for name in sorted(known) if name in current}
    head = "# Figures of `CLIENTS_RECORD=1 tox -e clients`, which writes this file\n"
    MEASURED.write_text(head + yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def _figures(sizes: Mapping[str, Sequence[int]], seconds: Mapping[str, float]) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "requests": {name: len(each) for name, each in sizes.items()},
        "seconds": {name: round(each, 1) for name, each in seconds.items()},
        "longest": max((size for each in sizes.values() for size in each), default=0),
    }


def page() -> str:
    """The page about all programs."""
    return "\n".join([ABOUT.read_text(encoding="utf-8"), *_table(), *_notes()])


def _table() -> Iterator[str]:
    yield from (
        "| program | version | date | what it did (requests, seconds) | longest request | directly | through proxy |",
        "|---|---|---|---|---|---|---|",
    )
    figures = measured()
    for each in programs():
        known = figures.get(str(each))
        if known is None:
            continue
        done = "; ".join(_done(scenario, known) for scenario in each.scenarios)
        longest = f"{known['longest'] / 1000:,.1f} kB"
        cells = [each.title, each.version, known["date"], done, longest, "works", "works, no finding"]
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _done(scenario: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    name = scenario["id"]
    return f"{scenario['does']} ({known['requests'][name]}, {known['seconds'][name]} s)"


def _notes() -> Iterator[str]:
    notes = dict.fromkeys((each.title, each.note.strip()) for each in programs() if each.note)
    for title, note in notes:
        yield from (f"- **{title}**: {note}",)
    if notes:
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
