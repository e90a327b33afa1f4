"""Loads what a run needs of the specification: ledger, document, catalogue, checks.

Belongs here: loading, once, and selecting cases. Does not belong here: planning what to send, sending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.config.settings import Settings
from conformance.config.target import Target
from conformance.judge.check import Check
from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.verdict import Policy
from conformance.model import Case, HarnessError, Mode
from conformance.standard.capabilities import Capability, load_capabilities
from conformance.standard.catalogue import Catalogue, CheckNames, Sources, load_catalogue
from conformance.standard.document import Document, load_document
from conformance.standard.editions import Edition, load_edition, scored
from conformance.standard.ledger import Ledger, load_ledger
from conformance.standard.models import NO_MODELS, Models, load_models
from conformance.standard.paths import catalogue_folder, spec_folder
from conformance.standard.source import nearest
from conformance.standard.tiers import NAMES, NamedLevel, load_levels


@dataclass(frozen=True)
class Library:
    """Everything that is right, loaded: ledger, OpenAPI document, catalogue, the checks by name, and the yardsticks."""

    ledger: Ledger
    document: Document
    catalogue: Catalogue
    checks: Mapping[str, Check]
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    levels: tuple[NamedLevel, ...] = ()
    edition: Edition | None = None
    models: Models = NO_MODELS

    @property
    def cases(self) -> dict[str, Case]:
        """Cases by id."""
        return {case.id: case for case in self.catalogue.cases}

    def unasked(self, lacking: Collection[str]) -> frozenset[str]:
        """The abilities among those that a target lacks for which nothing is sent.

        The others are asked for, because the specification says how a model refuses them (`specs/models.yaml`).
        """
        return frozenset(lacking) - frozenset(self.models.refusals)

    def bench(self, target: Target, policy: Policy) -> Bench:
        """What the cases of a run against a target are judged with."""
        return Bench(
            checks=self.checks,
            document=self.document,
            model=target.model,
            policy=policy,
            declared=target.declared,
            invalid=self.catalogue.invalid,
            absent=target.absent,
            models=self.models,
        )


def load_library(api_version: str, files: Sequence[Path] = (), edition: str | None = None) -> Library:
    """The library in an API version, with the case files of a user. `edition` None: the newest frozen one.

    Raises SourceError with file, line and key, HarnessError (exit code 4) for an edition that there is not.
    """
    specs = spec_folder()
    ledger = load_ledger(specs / "clauses")
    document = load_document(api_version)
    names = CheckNames({name: check.argument for name, check in REGISTRY.items()})
    frozen = load_edition(specs / "editions", edition)
    catalogue = scored(load_catalogue(Sources(ledger, document, names), files=files), frozen)
    models = load_models(specs, ledger)
    return Library(ledger, document, catalogue, REGISTRY, load_capabilities(specs), load_levels(specs), frozen, models)


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
    strengths = [level for level in settings["level"] if level not in NAMES]
    tiers = included(level for level in settings["level"] if level in NAMES)
    return (
        (not wanted_cases or case.id in wanted_cases or any(alias in wanted_cases for alias in case.aliases))
        and (not settings["area"] or case.area in settings["area"])
        and (not strengths or case.level in strengths)
        and (not tiers or case.tier in tiers)
        and (not settings["mode"] or mode == settings["mode"])
    )


def included(levels: Iterable[str]) -> tuple[str, ...]:
    """The named levels with those that they include: agent includes core."""
    return NAMES[: max((NAMES.index(level) + 1 for level in levels), default=0)]
