"""Faults as data: how an entry of `<area>.yaml` becomes a fault. README.md describes the language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.base.pointer import join
from conformance.reference.faults.alteration import Acceptance, Alteration
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.schema import EVENTS, SCHEMA, is_edit, problems
from conformance.reference.faults.seams import Data
from conformance.reference.pipeline import Steps
from conformance.standard.source import SourceError, check_shape, load_yaml


def read_faults(path: Path) -> tuple[Fault, ...]:
    """The faults of a file. Raises SourceError with file, line and key for what does not fit."""
    entries = load_yaml(path)
    check_shape(entries, SCHEMA, path)
    found = []
    for number, entry in enumerate(entries):
        data = {key: value for key, value in entry.items() if key not in ("id", "lie")}
        found.append(Fault(entry["id"], entry["lie"], _installer(data, path, join("", number))))
    return tuple(found)


def read_alterations(data: Data, path: Path, pointer: str) -> tuple[Alteration | Acceptance, ...]:
    """The alterations of an entry: its own, or those in `changes`. Raises SourceError for what does not fit."""
    if "changes" not in data:
        return (_alteration(data, path, pointer),)
    if len(data) > 1:
        raise SourceError("changes cannot be combined with other keys of an alteration", path=path, pointer=pointer)
    return tuple(
        _alteration(each, path, join(pointer, "changes", number)) for number, each in enumerate(data["changes"])
    )


def _installer(data: Data, path: Path, pointer: str) -> Callable[[Steps], Steps]:
    alterations = read_alterations(data, path, pointer)

    def install(steps: Steps) -> Steps:
        for alteration in alterations:
            steps = alteration.install(steps)
        return steps

    return install


def _alteration(data: Data, path: Path, pointer: str) -> Alteration | Acceptance:
    for problem, place in problems(data):
        raise SourceError(problem, path=path, pointer=pointer + place)
    when = data.get("when", {})
    if "accepts" in data:
        return Acceptance(data["accepts"], data.get("on", "any-request"), when)
    on = data["on"]
    where = data.get("where", {})
    if on in EVENTS:
        on, where = "events", {**where, "type": on}
    edits = tuple((key, value) for key, value in data.items() if is_edit(key))
    return Alteration(on, data.get("at", ""), where, data.get("pick", "all"), when, edits)
