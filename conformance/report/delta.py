"""What changed between two runs, as text, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from conformance.base.dataclass_json import encode
from conformance.model import Json
from conformance.report.escape import cut, markdown, one_line
from conformance.report.words import READINESS, plural
from conformance.results.delta import CaseChange, ChangeKind, ClientChange, DefectChange, Delta
from conformance.results.model import Results

SHOWN = 20
"""Changes of a kind that the text shows; the JSON document holds all."""

_LONGEST = 160

HEADINGS: Mapping[ChangeKind, str] = {
    ChangeKind.REGRESSION: "worse than before",
    ChangeKind.LOST: "no longer decided",
    ChangeKind.NEW: "only in the newer run",
    ChangeKind.STILL: "deviates as before",
    ChangeKind.UNDECIDED: "undecided in both",
    ChangeKind.VANISHED: "only in the older run",
    ChangeKind.FIX: "better than before",
}
"""What kinds of changes are called, the worst first."""

_LISTED = (ChangeKind.REGRESSION, ChangeKind.LOST, ChangeKind.FIX)
"""Kinds whose cases are listed; of the others the defects are, and the cases are counted."""


def verdict(delta: Delta) -> str:
    """One sentence: what matters to a job that runs every night."""
    worse = [each for each in delta.defects if each.kind is ChangeKind.REGRESSION]
    cases = delta.of(ChangeKind.REGRESSION)
    fixed = sum(each.kind is ChangeKind.FIX for each in delta.defects)
    better = f" {plural(fixed, 'defect')} fixed." if fixed else ""
    if not delta.compared:
        return f"NOT DECIDED: the runs have no result in common.{better}"
    if any(each.gates for each in worse) or any(each.gates for each in cases):
        return f"WORSE: {plural(len(worse), 'new defect')}, {plural(len(cases), 'result')} worse than before.{better}"
    if delta.exit_code:
        return f"NOT DECIDED: what gated before is no longer decided.{better}"
    below = f" Below the gate, {plural(len(cases), 'result')} got worse." if cases else ""
    return f"NOT WORSE: nothing that gates got worse.{better}{below}"


def text(delta: Delta) -> str:
    """The changes for people."""
    return "\n".join(map(one_line, _lines(delta))) + "\n"


def _lines(delta: Delta) -> Iterator[str]:
    yield verdict(delta)
    yield f"{_named(delta.old)} -> {_named(delta.new)}; {plural(delta.compared, 'result')} in common"
    yield from (f"note: {note}" for note in delta.notes)
    for kind, heading in HEADINGS.items():
        defects = [each for each in delta.defects if each.kind is kind]
        cases = delta.of(kind)
        if not defects and not cases:
            continue
        yield ""
        yield f"{heading}: {plural(len(defects), 'defect')}, {plural(len(cases), 'result')}"
        yield from _cut([f"  {_mark(each.gates)} {cut(each.title, _LONGEST)}  [{each.id}]" for each in defects])
        if kind in _LISTED:
            yield from _cut([f"  {_mark(each.gates)} {_case(each)}" for each in cases])
    if delta.clients:
        yield ""
        yield "clients:"
    for client in delta.clients:
        symptom = f": {cut(client.symptoms[0], _LONGEST)}" if client.symptoms else ""
        yield f"  {client.title}: {' -> '.join(_readiness(client))}{symptom}"


def _cut(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"    and {len(lines) - SHOWN} more (--json has all)"


def _mark(gates: bool) -> str:
    return "gates" if gates else "     "


def _case(each: CaseChange) -> str:
    seen = f": {cut(each.actual, _LONGEST)}" if each.actual else ""
    return f"{each.id}  {each.before} -> {each.after}{seen}"


def _readiness(client: ClientChange) -> tuple[str, str]:
    before, after = (READINESS.get(each, each) for each in (client.before, client.after))
    return before, after


def _named(results: Results) -> str:
    target = results.target
    return f"{target.name}, {target.model}, {results.started}"


def as_markdown(delta: Delta) -> str:
    """The changes as GitHub-flavoured Markdown, for the summary of a CI job or a message."""
    return "\n".join(_markdown(delta)) + "\n"


def _markdown(delta: Delta) -> Iterator[str]:
    yield f"## {markdown(verdict(delta))}"
    yield ""
    yield markdown(f"{_named(delta.old)} -> {_named(delta.new)}; {plural(delta.compared, 'result')} in common")
    yield from (f"\n{markdown(note)}" for note in delta.notes)
    for kind, heading in HEADINGS.items():
        defects = [each for each in delta.defects if each.kind is kind]
        cases = delta.of(kind)
        if not defects and not cases:
            continue
        yield ""
        counted = f"{plural(len(defects), 'defect')}, {plural(len(cases), 'result')}"
        yield f"### {heading[:1].upper()}{heading[1:]}: {counted}"
        yield ""
        yield from _cut([f"- {_bold(each)}" for each in defects])
        if kind in _LISTED:
            yield from _cut([f"- {'**gates** ' if each.gates else ''}{markdown(_case(each))}" for each in cases])
    if delta.clients:
        yield ""
        yield "| client | before | now | what its users see |"
        yield "|---|---|---|---|"
    for client in delta.clients:
        symptom = markdown(cut(client.symptoms[0], _LONGEST)) if client.symptoms else ""
        yield f"| {markdown(client.title)} | {' | '.join(_readiness(client))} | {symptom} |"


def _bold(each: DefectChange) -> str:
    return f"{'**gates** ' if each.gates else ''}{markdown(cut(each.title, _LONGEST))} ({markdown(each.id)})"


def as_json(delta: Delta) -> str:
    """All changes as JSON (`delta.schema.json`)."""
    document: dict[str, Json] = {
        "schema_version": 1,
        "exit_code": delta.exit_code,
        "verdict": verdict(delta),
        "old": _facts(delta.old),
        "new": _facts(delta.new),
        "compared": delta.compared,
        "notes": list(delta.notes),
        "defects": [encode(each) for each in delta.defects],
        "cases": [encode(each) for each in delta.cases],
        "clients": [encode(each) for each in delta.clients],
    }
    return f"{json.dumps(document, indent=1)}\n"


def _facts(results: Results) -> dict[str, Json]:
    return {
        "target": results.target.name,
        "url": results.target.url,
        "model": results.target.model,
        "api_version": results.target.api_version,
        "edition": results.suite.edition,
        "suite": results.suite.version,
        "started": results.started,
        "exit_code": results.exit_code,
    }
