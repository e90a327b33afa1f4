"""Editions: dated sets of the cases that score, each with a hash of what the case means.

An edition starts as a draft, which never scores, until `messages-conformance edition DATE --freeze`. A run takes the
newest frozen edition: the cases in it score and gate as long as they mean what they meant (see `meaning.py`). New and
changed cases run and are shown, and score once an edition holds them. An edition that was released never changes;
until then each freeze replaces the editions before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.model import Case
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.catalogue import Catalogue
from conformance.standard.source import SourceError, check_shape, load_yaml

FOLDER = "editions"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["edition", "frozen", "cases"],
    "additionalProperties": False,
    "properties": {
        "edition": {"type": "string", "pattern": DATE},
        "frozen": {"type": "boolean"},
        "released": {"type": "string", "minLength": 1},
        "cases": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{12}$"}},
    },
}

HEADER = """\
# The cases that score in this edition, each with a hash of what it means: what it sends and expects, and how strongly
# its clauses bind. Written by `messages-conformance edition {name}`, not by hand, except for one line:
# `released: VERSION` names the first release with this edition, which from then on never changes.
"""


@dataclass(frozen=True)
class Edition:
    """The cases that score, by id, with the hash of their meaning. A draft (`frozen` False) never scores.

    `released` is the first version of the package that was released with the edition, empty until then.
    """

    name: str
    frozen: bool
    cases: Mapping[str, str] = field(default_factory=dict)
    released: str = ""

    def scores(self, case: Case, meaning: str) -> bool:
        """Whether a case scores: the edition holds it, by its id or an earlier one, with the same meaning."""
        return self.frozen and any(self.cases.get(name) == meaning for name in (case.id, *case.aliases))


@dataclass(frozen=True)
class Changes:
    """How a catalogue differs from an edition: ids of cases that are new, gone, or mean something else."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def edition_of(name: str, catalogue: Catalogue, *, frozen: bool) -> Edition:
    """The edition that consists of the catalogue's cases as they are."""
    return Edition(name, frozen, catalogue.meanings)


def changes(edition: Edition, catalogue: Catalogue) -> Changes:
    """How the cases of a catalogue differ from an edition. A case that was renamed counts under its alias."""
    held = {case.id: _held(edition, case) for case in catalogue.cases}
    known = {name for name in held.values() if name}
    return Changes(
        new=tuple(sorted(case for case, name in held.items() if not name)),
        gone=tuple(sorted(edition.cases.keys() - known)),
        changed=tuple(
            sorted(case for case, name in held.items() if name and edition.cases[name] != catalogue.meanings[case])
        ),
    )


def _held(edition: Edition, case: Case) -> str:
    """The id under which an edition holds a case, or empty."""
    return next((name for name in (case.id, *case.aliases) if name in edition.cases), "")


def scored(catalogue: Catalogue, edition: Edition | None) -> Catalogue:
    """The catalogue in which each case knows whether it scores. Without an edition none of ours does.

    A user's own cases belong to no edition and always count.
    """
    found = {case.id: edition.scores(case, catalogue.meanings[case.id]) for case in catalogue.cases} if edition else {}
    cases = (
        replace(case, scored=case.file.endswith(USER_SUFFIX) or found.get(case.id, False)) for case in catalogue.cases
    )
    return replace(catalogue, cases=tuple(cases))


def load_editions(folder: Path) -> Iterator[Edition]:
    """All editions, newest first, each read when it is asked for. Raises SourceError for a file that does not fit."""
    return (_load(path) for path in sorted(folder.glob("*.yaml"), reverse=True))


def load_edition(folder: Path, name: str | None = None) -> Edition | None:
    """An edition by name, the newest frozen one without a name; None without any.

    Raises UsageError for an unknown name and for a draft, SourceError for a file that does not fit.
    """
    if name is None:
        return next((edition for edition in load_editions(folder) if edition.frozen), None)
    path = folder / f"{name}.yaml"
    names = sorted(found.stem for found in folder.glob("*.yaml"))
    if name not in names:
        raise UsageError(unknown("edition", name, names, "editions"))
    edition = _load(path)
    if not edition.frozen:
        raise UsageError(f"The edition {name} is a draft, and a draft never scores. Freeze it first.")
    return edition


def _load(path: Path) -> Edition:
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    if data["edition"] != path.stem:
        raise SourceError(f"The file is named {path.stem}", path=path, pointer="/edition")
    return Edition(data["edition"], data["frozen"], data["cases"], data.get("released", ""))


def render(edition: Edition) -> str:
    """The text of an edition's file, sorted by id."""
    head = [f'edition: "{edition.name}"', f"frozen: {str(edition.frozen).lower()}"]
    head += [f'released: "{edition.released}"'] if edition.released else []
    lines = [f'  {name}: "{meaning}"' for name, meaning in sorted(edition.cases.items())]
    return HEADER.format(name=edition.name) + "\n".join([*head, "cases:", *lines]) + "\n"
