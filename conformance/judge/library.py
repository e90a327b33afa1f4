"""The standard together with the checks that its case files name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from conformance.judge.checks import REGISTRY
from conformance.judge.evaluate import Bench
from conformance.judge.verdict import Policy
<<<<<<< HEAD
from conformance.standard.catalogue import CheckNames
from conformance.standard.library import Library, load_standard
=======
from conformance.model import Case
from conformance.standard.capabilities import Capability, load_capabilities
from conformance.standard.catalogue import Catalogue, CheckNames, Sources, load_catalogue
from conformance.standard.document import Document, load_document
from conformance.standard.editions import Edition, load_edition, scored
from conformance.standard.ledger import Ledger, load_ledger
from conformance.standard.models import NO_MODELS, Models, load_models
from conformance.standard.paths import catalogue_folder, spec_folder
from conformance.standard.tiers import Tier, load_tiers


@dataclass(frozen=True)
class Library:
    """Everything that is right, loaded: ledger, OpenAPI document, catalogue, the checks by name, and the yardsticks."""

    ledger: Ledger
    document: Document
    catalogue: Catalogue
    checks: Mapping[str, Check]
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    levels: tuple[Tier, ...] = ()
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

    def bench(
        self, model: str, policy: Policy, *, declared: Collection[str] = (), lacking: Collection[str] = ()
    ) -> Bench:
        """What the cases of a run are judged with. `declared` and `lacking` are capabilities of the target."""
        return Bench(
            checks=self.checks,
            document=self.document,
            model=model,
            policy=policy,
            declared=frozenset(declared),
            invalid=self.catalogue.invalid,
            absent=frozenset(lacking),
            models=self.models,
        )
>>>>>>> e95919c (standard/ reads as documentation: tiers, capabilities, error messages that say what was expected and found; twin class names renamed)


def load_library(api_version: str, files: Sequence[Path] = (), edition: str | None = None) -> Library:
    """The standard in an API version, with the case files of a user, whose checks are those of this package.

    `edition` None: the newest frozen one. Raises SourceError with file, line and key, HarnessError (exit code 4) for an
    unknown edition.
    """
    names = CheckNames({name: check.argument for name, check in REGISTRY.items()})
<<<<<<< HEAD
    return load_standard(api_version, names, files, edition)
=======
    frozen = load_edition(specs / "editions", edition)
    catalogue = scored(load_catalogue(Sources(ledger, document, names), files=files), frozen)
    models = load_models(specs, ledger)
    return Library(ledger, document, catalogue, REGISTRY, load_capabilities(specs), load_tiers(specs), frozen, models)
>>>>>>> e95919c (standard/ reads as documentation: tiers, capabilities, error messages that say what was expected and found; twin class names renamed)


def bench_of(
    library: Library,
    policy: Policy,
    *,
    model: str = "",
    declared: Collection[str] = (),
    lacking: Collection[str] = (),
) -> Bench:
    """What the cases of a run are judged with. `declared` and `lacking` are capabilities of the target."""
    return Bench(
        checks=REGISTRY,
        document=library.document,
        model=model,
        policy=policy,
        declared=frozenset(declared),
        invalid=library.catalogue.invalid,
        absent=frozenset(lacking),
        models=library.models,
    )
