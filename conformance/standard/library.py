"""The standard, loaded: ledger, OpenAPI document, catalogue, capabilities, tiers, edition, models and clients in one
object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.model import Case
from conformance.standard.capabilities import Capability, load_capabilities, with_parts
from conformance.standard.cases import CheckNames, Sources
from conformance.standard.catalogue import Catalogue, load_catalogue
from conformance.standard.clients import NO_CLIENTS, Clients, load_clients
from conformance.standard.defects import DefectRule, load_defect_rules
from conformance.standard.document import Document, load_document
from conformance.standard.editions import Edition, load_edition, scored
from conformance.standard.ledger import Ledger, load_ledger
from conformance.standard.models import NO_MODELS, Models, capabilities_of, load_models
from conformance.standard.paths import catalogue_folder, spec_folder
from conformance.standard.source_links import NO_SOURCES, SourceTable, load_source_table
from conformance.standard.tiers import Tier, load_tiers
from conformance.standard.vendors import Vendor, check_cases, load_vendor


@dataclass(frozen=True)
class Library:
    """Everything that a run needs of the standard, in one API version."""

    ledger: Ledger
    document: Document
    catalogue: Catalogue
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    edition: Edition | None = None
    models: Models = NO_MODELS
    defect_rules: tuple[DefectRule, ...] = ()
    clients: Clients = NO_CLIENTS
    sources: SourceTable = NO_SOURCES
    vendor: Vendor | None = None

    @property
    def cases(self) -> dict[str, Case]:
        """Cases by id."""
        return {case.id: case for case in self.catalogue.cases}

    def unasked(self, lacking: Collection[str], declared: Collection[str] = (), model: str = "") -> frozenset[str]:
        """The capabilities for which nothing is sent: those that a target lacks, and those that nobody asked for."""
        known = capabilities_of(model, None, self.models)
        opt_in = {name for name, each in self.capabilities.items() if each.opt_in and not known.get(name)}
        return with_parts(self.capabilities, lacking, declared) | (opt_in - frozenset(declared))


def load_standard(
    api_version: str,
    checks: CheckNames,
    files: Sequence[Path] = (),
    edition: str | None = None,
    vendor: str | None = None,
) -> Library:
    """The standard in an API version, with the case files of a user. `edition` None: the newest frozen one.

    `vendor` is the id of a vendor, whose own cases are added. Raises SourceError with file, line and key, UsageError
    for an unknown edition or vendor.
    """
    specs = spec_folder()
    ledger = load_ledger(specs / "clauses")
    document = load_document(api_version)
    frozen = load_edition(specs / "editions", edition)
    profile = load_vendor(vendor) if vendor else None
    own = (profile.case_file,) if profile is not None and profile.case_file is not None else ()
    every_file = dict.fromkeys((*own, *files))
    catalogue = scored(load_catalogue(Sources(ledger, document, checks), files=every_file), frozen)
    models = load_models(specs, ledger)
    library = Library(
        ledger,
        document,
        catalogue,
        _probed_by_scenarios(load_capabilities(specs), catalogue),
        load_tiers(specs),
        frozen,
        models,
        load_defect_rules(specs),
        load_clients(specs, catalogue.cases),
        load_source_table(specs),
        profile,
    )
    if profile is not None:
        check_cases(profile, library.cases)
    return library


def _probed_by_scenarios(capabilities: Mapping[str, Capability], catalogue: Catalogue) -> dict[str, Capability]:
    """The capabilities, whose probes are named by their scenarios where the file names a case that sends them."""
    scenarios = {case.id: case.scenario for case in catalogue.cases if case.scenario is not None}
    found = {}
    for name, each in capabilities.items():
        known = scenarios.get(each.probe.name) if each.probe is not None else None
        found[name] = replace(each, probe=replace(each.probe, name=known)) if each.probe and known else each
    return found


def fingerprint() -> str:
    """A short hash of the shipped catalogue: two results with the same one judged the same cases."""
    digest = hashlib.sha256()
    for path in sorted(catalogue_folder().rglob("*.yaml")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
