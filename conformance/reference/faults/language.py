"""Faults as data: the language of `<area>.yaml`, its schema, and how an entry becomes a fault.

An entry has an `id`, a `lie` (one sentence that says how the endpoint lies), and one alteration, or several of them in
`changes`. An alteration is either an edit or a refusal that does not happen.

An edit says `on` what it acts (`TARGETS`), `at` which places of it (a JSON pointer with `*`), `where` the value at a
place matches a pattern (`patterns`), `when` something else about the request holds, which of the matches to `pick`
within one array or stream, and then what to do, in order: the edits of `edits` and of `event_edits`, or

| edit | what it does |
|---|---|
| `drop: true` | leaves the place out |
| `refuse: MESSAGE` | refuses the request with 400, or as `{status: 404, message: MESSAGE}` says |
| `reply: {status: 200, body: BODY}` | answers the call at once |

`accepts: CLAUSE` switches a check off: the rules of the clause are not applied, and a request that is refused because
of the clause in any other way is answered like a plain one. In place of a clause id, a pattern can describe the
`clause`, `place`, `keyword` and `component` of the refusal; `on` can limit it to one kind of request.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
        found.append(Fault(entry["id"], entry["lie"], _installer(data, path, f"/{number}")))
    return tuple(found)


def read_alterations(data: Data, path: Path, pointer: str) -> tuple[Alteration | Acceptance, ...]:
    """The alterations of an entry: its own, or those in `changes`. Raises SourceError for what does not fit."""
    if "changes" not in data:
        return (_alteration(data, path, pointer),)
    if len(data) > 1:
        raise SourceError("changes cannot be combined with other keys of an alteration", path=path, pointer=pointer)
    return tuple(_alteration(each, path, f"{pointer}/changes/{number}") for number, each in enumerate(data["changes"]))


def _installer(data: Data, path: Path, pointer: str) -> Callable[[Steps], Steps]:
    alterations = read_alterations(data, path, pointer)

    def install(steps: Steps) -> Steps:
        for alteration in alterations:
            steps = alteration.install(steps)
        return steps

    return install


def _alteration(data: Data, path: Path, pointer: str) -> Alteration | Acceptance:
    for problem, key in problems(data):
        raise SourceError(problem, path=path, pointer=f"{pointer}/{key}" if key else pointer)
    when = data.get("when", {})
    if "accepts" in data:
        return Acceptance(data["accepts"], data.get("on", "any-request"), when)
    on = data["on"]
    where = data.get("where", {})
    if on in EVENTS:
        on, where = "events", {**where, "type": on}
    edits = tuple((key, value) for key, value in data.items() if is_edit(key))
    return Alteration(on, data.get("at", ""), where, data.get("pick", "all"), when, edits)
