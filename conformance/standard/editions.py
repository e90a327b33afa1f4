"""Editions: frozen, dated sets of the cases that score, each with a hash of what the case means.

Belongs here: reading and rendering `specs/editions/<date>.yaml`, the meaning of a case, and whether a case scores. Does
not belong here: writing files (see `run/editions.py`), what scoring is good for.

An edition is made with `messages-conformance edition DATE` and stays a draft, in which every case scores, until
`--freeze`. From then on only the cases in it score and gate, as long as they mean what they meant; newer and changed
cases run and are shown until the next edition has them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.model import Case, HarnessError
from conformance.standard.source import SourceError, check_shape, load_yaml, nearest

DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["edition", "frozen", "cases"],
    "additionalProperties": False,
    "properties": {
        "edition": {"type": "string", "pattern": DATE},
        "frozen": {"type": "boolean"},
        "cases": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{12}$"}},
    },
}

HEADER = """\
# The cases that score in this edition, each with a hash of its meaning: what it claims, sends and expects, and how
# strongly its clauses bind. Made by `messages-conformance edition {name}`, not by hand.
# `frozen: false` is a draft: every case of the catalogue scores. `--freeze` ends the draft, for good.
"""


@dataclass(frozen=True)
class Edition:
    """The cases that score, by id, with the hash of their meaning. In a draft (`frozen` False) every case scores."""

    name: str
    frozen: bool
    cases: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name as results tell it."""
        return self.name if self.frozen else f"{self.name} (draft)"

    def scores(self, case: Case) -> bool:
        """Whether a case scores: it is in the edition and means what it meant."""
        return not self.frozen or self.cases.get(case.id) == meaning(case)


@dataclass(frozen=True)
class Difference:
    """How a catalogue differs from an edition: ids of cases that are new, gone, or mean something else."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def meaning(case: Case) -> str:
    """A hash of everything that decides what a case says of an endpoint. Files, faults, aliases do not count."""
    parts = {
        "title": case.title,
        "clauses": case.clauses,
        "level": case.level,
        "informational": case.informational,
        "plane": case.plane,
        "modes": case.modes,
        "needs": case.needs,
        "protects": case.protects,
        "given": [asdict(call) for call in case.given],
        "expect": [asdict(call) for call in case.expect],
        "steps": [asdict(step) for step in case.steps],
        "on": case.on,
        "control": case.control,
        "beside": case.beside,
    }
    text = json.dumps(parts, sort_keys=True, default=lambda value: value.hex())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def edition_of(name: str, cases: Iterable[Case], *, frozen: bool) -> Edition:
    """The edition that consists of the given cases."""
    return Edition(name, frozen, {case.id: meaning(case) for case in cases})


def difference(edition: Edition, cases: Iterable[Case]) -> Difference:
    """How the given cases differ from an edition."""
    now = {case.id: meaning(case) for case in cases}
    return Difference(
        new=tuple(sorted(now.keys() - edition.cases.keys())),
        gone=tuple(sorted(edition.cases.keys() - now.keys())),
        changed=tuple(sorted(name for name in now.keys() & edition.cases.keys() if now[name] != edition.cases[name])),
    )


def scored(cases: Iterable[Case], edition: Edition | None, user_suffix: str) -> tuple[Case, ...]:
    """The cases, each told whether it scores. A user's own cases stand beside every edition and always do."""
    return tuple(
        case
        if edition is None or case.file.endswith(user_suffix) or edition.scores(case)
        else replace(case, scored=False)
        for case in cases
    )


def load_edition(folder: Path, name: str | None = None) -> Edition | None:
    """An edition by name, the newest where none is named; None where there is none at all.

    Raises HarnessError (exit code 4) for an unknown name, SourceError for a file that does not fit.
    """
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    if name is not None and name not in names:
        near = nearest(name, names)
        hint = f"; did you mean {near!r}?" if near else f"; there are {', '.join(names) or 'none'}"
        raise HarnessError(f"there is no edition {name!r}{hint}", exit_code=4)
    if not names:
        return None
    path = folder / f"{name or names[-1]}.yaml"
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    if data["edition"] != path.stem:
        raise SourceError(f"the file is called {path.stem}", path=path, pointer="/edition")
    return Edition(data["edition"], data["frozen"], data["cases"])


def render(edition: Edition) -> str:
    """The text of an edition's file, sorted by id."""
    lines = [f'  {name}: "{digest}"' for name, digest in sorted(edition.cases.items())]
    head = f'edition: "{edition.name}"\nfrozen: {str(edition.frozen).lower()}\ncases:\n'
    return HEADER.format(name=edition.name) + head + "\n".join(lines) + "\n"
