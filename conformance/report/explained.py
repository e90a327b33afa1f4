"""What `explain` says of a fault, a capability, a tier, an area or a kind of defect, and the examples of a case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from conformance.model import Case, Json, SourceLink
from conformance.report.escape import cut, printable
from conformance.report.words import HARMS
from conformance.standard.capabilities import Capability
from conformance.standard.defects import DefectRule
from conformance.standard.tiers import Tier

WIDTH = 100
LINES = 14
"""Lines of an example."""

_COLUMN = 18


def paragraph(label: str, sentence: str) -> Iterator[str]:
    """A sentence beside its label, on as many lines as it takes. Addresses are not broken."""
    yield from wrap(
        printable(sentence),
        WIDTH,
        initial_indent=f"  {label:<{_COLUMN - 2}}",
        subsequent_indent=" " * _COLUMN,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [f"  {label}"]


def example(request: Json, status: int, body: Json) -> Iterator[str]:
    """A request, and how the reference endpoint answers it. Other bodies are texts."""
    yield "  for example"
    yield from (f"    > {line}" for line in _shown(request))
    yield f"    < {status}"
    yield from (f"    < {line}" for line in _shown(body))


def _shown(value: Json) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    lines = [cut(line, WIDTH) for line in text.splitlines()]
    more = [f"... ({len(lines) - LINES} more lines)"] if len(lines) > LINES else []
    return [*lines[:LINES], *more]


def sources(links: Iterable[SourceLink]) -> Iterator[str]:
    """Where a clause comes from, each with its address and the date of what was read."""
    for number, link in enumerate(links):
        date = f" ({link.date})" if link.date else ""
        yield from paragraph("" if number else "source", f"{link.text}{date}{f': {link.url}' if link.url else ''}")


def breakages(faults: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How servers break a case: the faults that it catches, each with where such a bug was seen."""
    for number, fault in enumerate(faults):
        seen = f" Seen: {fault['links'][0]}" if fault["links"] else ""
        yield from paragraph("" if number else "usually breaks", f"{fault['id']}: {fault['lie']}{seen}")


def fault(entry: Mapping[str, Any]) -> str:
    """What a fault of the reference endpoint does, and what catches it."""
    lines = [f"{entry['id']}   fault   {entry['area']}", *paragraph("how it lies", entry["lie"])]
    for number, link in enumerate(entry["links"]):
        lines += paragraph("" if number else "seen in", link)
    lines += paragraph("caught by", ", ".join(entry["caught_by"]) or "no case")
    if entry["collateral"]:
        lines += paragraph("fails as well", ", ".join(entry["collateral"]))
    lines += paragraph("try it", f"messages-conformance serve --fault {entry['id']}")
    return "\n".join(lines) + "\n"


def capability(found: Capability, cases: Sequence[Case], tiers: Sequence[Tier]) -> str:
    """What a capability is, what asks for it, and who needs it."""
    needed = [tier.title for tier in tiers if found.name in tier.requires]
    lines = [
        f"{found.name}   capability   {'core: no target is exempt from it' if found.core else 'optional'}",
        *paragraph("is", found.title),
    ]
    if found.part_of:
        lines += paragraph("part of", found.part_of)
    if found.probe is not None:
        lines += paragraph("probed by", str(found.probe))
    if found.opt_in:
        lines += paragraph("asked for", f"only on demand: --declare {found.name}")
    if needed:
        lines += paragraph("required by", f"tier {', '.join(needed)}")
    lines += paragraph("cases", ", ".join(case.id for case in cases if found.name in case.needs) or "none")
    if not found.core:
        lines += paragraph("without it", f"messages-conformance run --lacks {found.name}")
    return "\n".join(lines) + "\n"


def tier(found: Tier, cases: Sequence[Case]) -> str:
    """What a tier covers, what it requires, and its cases by area."""
    lines = [f"{found.name}   tier   {found.title}", *paragraph("covers", found.covers)]
    lines += paragraph("requires", ", ".join(found.requires) or "no optional capability")
    if found.optional:
        lines += paragraph("counts if there", ", ".join(found.optional))
    lines += _by_area([case for case in cases if case.tier == found.name])
    lines += paragraph("gate on it", f"messages-conformance run --tier {found.name}")
    return "\n".join(lines) + "\n"


def area(name: str, cases: Sequence[Case]) -> str:
    """The cases of an area."""
    lines = [f"{name}   area   {len(cases)} cases", *(f"  {case.id:<52} {case.title}" for case in cases)]
    return "\n".join([*lines, *paragraph("run it", f"messages-conformance run --area {name}")]) + "\n"


def defect(rule: DefectRule) -> str:
    """What findings of one cause have in common."""
    lines = [f"{rule.id}   defect   {HARMS[rule.harm]}", *paragraph("is", rule.title)]
    for number, alternative in enumerate(rule.when):
        said = "; ".join(f"{name}: {_values(values)}" for name, values in alternative.items())
        lines += paragraph("or" if number else "findings with", said)
    if rule.by:
        lines += paragraph("one for each", ", ".join(rule.by))
    return "\n".join(lines) + "\n"


def _values(values: Json) -> str:
    return values if isinstance(values, str) else ", ".join(map(str, values))


def _by_area(cases: Sequence[Case]) -> Iterator[str]:
    for name in dict.fromkeys(case.area for case in cases):
        yield from paragraph(name, ", ".join(case.id for case in cases if case.area == name))
