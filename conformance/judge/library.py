"""The standard together with the checks that its case files name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from conformance.judge.checks import REGISTRY
from conformance.judge.checks.refusal import refused
from conformance.judge.evaluate import Bench
from conformance.judge.verdict import Policy
from conformance.standard.capabilities import with_parts
from conformance.standard.cases import CheckNames
from conformance.standard.library import Library, load_standard


def load_library(
    api_version: str, files: Sequence[Path] = (), edition: str | None = None, vendor: str | None = None
) -> Library:
    """The standard in an API version, with the case files of a user, whose checks are those of this package.

    `edition` None: the newest frozen one. `vendor` is the id of the vendor whose profile the run is about, if any; its
    own cases are added. Raises SourceError with file, line and key, UsageError for an unknown edition or vendor.
    """
    counting = frozenset(name for name, check in REGISTRY.items() if check.counts)
    names = CheckNames({name: check.argument for name, check in REGISTRY.items()}, refused.name, counting)
    return load_standard(api_version, names, files, edition, vendor)


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
        lacking=with_parts(library.capabilities, lacking, declared),
        models=library.models,
        markers=library.catalogue.markers,
    )
