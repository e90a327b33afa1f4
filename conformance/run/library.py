"""Loads what a run needs of the specification: ledger, document, catalogue, checks.

Belongs here: loading, once, and selecting cases. Does not belong here: planning what to send, sending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.judge.checking import Check
from conformance.judge.checks import REGISTRY
from conformance.model import Case, HarnessError, Mode
from conformance.run.settings import Settings
from conformance.standard.catalogue import Catalogue, CheckNames, Sources, load_catalogue
from conformance.standard.document import Document, load_document
from conformance.standard.ledger import Ledger, load_ledger
from conformance.standard.paths import catalogue_folder, spec_folder
from conformance.standard.source import nearest


@dataclass(frozen=True)
class Library:
    """Everything that is right, loaded: ledger, OpenAPI document, catalogue, and the checks by name."""

    ledger: Ledger
    document: Document
    catalogue: Catalogue
    checks: Mapping[str, Check]

    @property
    def cases(self) -> dict[str, Case]:
        """Cases by id."""
        return {case.id: case for case in self.catalogue.cases}


def load_library(api_version: str, files: Sequence[Path] = ()) -> Library:
    """The library in an API version, with the case files of a user. Raises SourceError with file, line and key."""
    ledger = load_ledger(spec_folder() / "clauses")
    document = load_document(api_version)
    names = CheckNames({name: check.argument for name, check in REGISTRY.items()})
    catalogue = load_catalogue(Sources(ledger, document, names), files=files)
    return Library(ledger, document, catalogue, REGISTRY)


def fingerprint() -> str:
    """A short hash of the shipped catalogue, so that two results can tell whether they judged the same cases."""
    digest = hashlib.sha256()
    for path in sorted(catalogue_folder().rglob("*.yaml")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def check_selection(settings: Settings, catalogue: Catalogue) -> None:
    """Raises HarnessError (exit code 4) where a case or area is named that does not exist."""
    ids = [name for case in catalogue.cases for name in (case.id, *case.aliases)]
    areas = sorted({case.area for case in catalogue.cases})
    for word, names, known in (("case", settings["case"], ids), ("area", settings["area"], areas)):
        for name in names:
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean {near!r}?" if near else ""
                raise HarnessError(f"there is no {word} named {name!r}{hint}", exit_code=4)


def is_selected(case: Case, mode: Mode, settings: Settings) -> bool:
    """Whether the options of a run select a case in a mode. Nothing given selects everything."""
    wanted_cases = settings["case"]
    return (
        (not wanted_cases or case.id in wanted_cases or any(alias in wanted_cases for alias in case.aliases))
        and (not settings["area"] or case.area in settings["area"])
        and (not settings["level"] or case.level in settings["level"])
        and (not settings["mode"] or mode == settings["mode"] or mode not in case.modes)
    )
