"""The faults and the cases that catch them: for people, for scripts, and as a page of the documentation.

Belongs here: the shape of `faults --json`, the text, the page. Does not belong here: the faults themselves, running
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol

from conformance.model import Case, Json

HEAD = """# Faults

<!-- Made by `MESSAGES_UPDATE_DOCS=1 pytest tests/mutation`, not by hand. -->

Each fault is one deliberate defect of the reference endpoint. `messages-conformance serve --fault ID` serves with it.
In every CI run each fault is served, without sockets, and the whole catalogue is judged: the cases behind a fault fail,
and no other case does, save those that are named as collateral, which the same defect truly violates. Cases in italics
inform only and never gate.
"""


class Told(Protocol):
    """What is told of a fault."""

    @property
    def id(self) -> str:
        """The id."""

    @property
    def area(self) -> str:
        """The area of the catalogue."""

    @property
    def lie(self) -> str:
        """How it lies, in one sentence."""

    @property
    def collateral(self) -> Mapping[str, tuple[str, ...]]:
        """Cases that fail beside those that the fault is made for: reason -> patterns of ids."""


def entries(faults: Iterable[Told], cases: Sequence[Case], links: Mapping[str, Sequence[str]]) -> list[dict[str, Json]]:
    """The faults as JSON values, each with the cases that catch it and the places where such a bug was reported."""
    named: dict[str, list[str]] = {}
    for case in cases:
        for fault in case.caught:
            named.setdefault(fault, []).append(case.id)
    return [
        {
            "id": fault.id,
            "area": fault.area,
            "lie": fault.lie,
            "links": list(links.get(fault.id, ())),
            "caught_by": named.get(fault.id, []),
            "collateral": {reason: list(ids) for reason, ids in fault.collateral.items()},
        }
        for fault in faults
    ]


def text(listed: Sequence[Mapping[str, Any]]) -> str:
    """The list for people: by area, each with how it lies."""
    lines: list[str] = []
    for area in dict.fromkeys(entry["area"] for entry in listed):
        lines += ["", area]
        lines += [f"  {entry['id']:<44} {entry['lie']}" for entry in listed if entry["area"] == area]
    bugs = sum(1 for entry in listed if entry["links"])
    lines += ["", f"{len(listed)} faults, {bugs} of them seen in the wild"]
    return "\n".join(lines[1:]) + "\n"


def page(listed: Sequence[Mapping[str, Any]], cases: Sequence[Case]) -> str:
    """The page of the documentation: the score by area, then every fault with its cases."""
    informing = frozenset(case.id for case in cases if case.informational)
    lines = [HEAD, *_score(listed, cases), ""]
    for area in dict.fromkeys(entry["area"] for entry in listed):
        lines += [f"## {area}", "", "| fault | how it lies | caught by |", "|---|---|---|"]
        lines += [_row(entry, informing) for entry in listed if entry["area"] == area]
        lines.append("")
    return "\n".join(lines)


def covers(patterns: Iterable[str], case: str) -> bool:
    """Whether one of the patterns of a collateral is about a case."""
    return any(fnmatchcase(case, pattern) for pattern in patterns)


def _score(listed: Sequence[Mapping[str, Any]], cases: Sequence[Case]) -> list[str]:
    gating = frozenset(case.id for case in cases if not case.informational)
    faults, killed = Counter(entry["area"] for entry in listed), Counter[str]()
    by_area, caught = Counter(case.area for case in cases), Counter[str]()
    for entry in listed:
        killed[entry["area"]] += any(case in gating for case in entry["caught_by"])
    for case in cases:
        caught[case.area] += bool(case.caught)
    lines = [
        f"{sum(killed.values())} of {len(listed)} faults are caught by a case that gates, the others by cases that"
        f" inform. {sum(caught.values())} of {len(cases)} cases are caught failing by a fault.",
        "",
        "| area | faults | caught by a gating case | cases | proven by a fault |",
        "|---|---:|---:|---:|---:|",
    ]
    areas = dict.fromkeys((*faults, *by_area))
    return lines + [f"| {a} | {faults[a]} | {killed[a]} | {by_area[a]} | {caught[a]} |" for a in areas]


def _row(entry: Mapping[str, Any], informing: frozenset[str]) -> str:
    seen = " ".join(f"[{number}]({link})" for number, link in enumerate(entry["links"], 1))
    lie = entry["lie"].replace("|", "\\|").replace("<", "&lt;") + (f" Seen in the wild: {seen}." if seen else "")
    names = [f"*{case}*" if case in informing else f"`{case}`" for case in entry["caught_by"]]
    told = ", ".join(names)
    for reason, ids in entry["collateral"].items():
        told += f"; collateral ({reason}): " + ", ".join(f"`{name}`" for name in ids)
    return f"| `{entry['id']}` | {lie} | {told} |"
