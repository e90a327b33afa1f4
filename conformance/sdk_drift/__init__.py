"""The drift alarm: compares the OpenAPI document with the types of the installed `anthropic` package.

The result is plain data; `report/drift.py` puts it into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conformance.base.versions import API_VERSIONS
from conformance.model import Json, UsageError
from conformance.sdk_drift.compare import Comparison, united
from conformance.sdk_drift.explained import FILE, Explanations, Sorted, read_explanations, sort
from conformance.sdk_drift.places import places
from conformance.sdk_drift.roots import ROOTS, Root
from conformance.sdk_drift.schema import Operation, Schemas, Spot
from conformance.sdk_drift.sdk import PACKAGE, Types, installed, lookup
from conformance.sdk_drift.structure import Difference, Handle, Kind, Scope
from conformance.standard.betas import beta_names
from conformance.standard.document import Document, load_document

Lookup = Callable[[str], Handle | None]


@dataclass(frozen=True)
class Drift:
    """What the comparison with a release of the SDK found. `document` has all betas."""

    release: str
    document: Document
    found: Sorted
    explanations: Explanations


def drift() -> Drift:
    """Compares the document with the installed SDK, in the API version that the SDK sends.

    Raises UsageError if no SDK is installed, or if it sends an unknown API version.
    """
    release, version = installed()
    if version not in API_VERSIONS:
        raise UsageError(
            f"{PACKAGE} {release} sends API version {version!r}, but the OpenAPI document describes only "
            f"{', '.join(API_VERSIONS)}: add specs/versions/ for what changed, then compare again"
        )
    document = load_document(version)
    whole = document.with_betas(beta_names(document.folder))
    explanations = read_explanations(document.folder / FILE)
    found = differences({Scope.GA: document, Scope.BETA: whole}, lookup)
    return Drift(release, whole, sort(found, explanations.entries), explanations)


def as_json(drift: Drift) -> dict[str, Json]:
    """The whole comparison as JSON values, differences by place."""
    place = places(drift.document)
    return {
        "sdk": f"{PACKAGE} {drift.release}",
        "document": drift.document.version,
        "betas": list(drift.document.betas),
        "unexplained": [_difference(each, place) for each in drift.found.unexplained],
        "explained": [
            {**_difference(each, place), "reason": why.reason, "line": why.line} for each, why in drift.found.explained
        ],
        "stale": [
            {"id": each.pattern, "reason": each.reason, "file": f"specs/{FILE}:{each.line}"}
            for each in drift.found.stale
        ],
        "explained_for": f"{PACKAGE} {drift.explanations.sdk}",
    }


def differences(
    documents: Mapping[Scope, Document], lookup: Lookup, roots: Iterable[Root] = ROOTS
) -> tuple[Difference, ...]:
    """The differences between the document and an SDK, by place.

    `documents` has one document per scope: without betas for what is generally available, with all betas for the beta
    namespace. `lookup` finds a type of the SDK by name.
    """
    return united(_of_scope(document, scope, lookup, tuple(roots)) for scope, document in documents.items())


def _of_scope(document: Document, scope: Scope, lookup: Lookup, roots: Iterable[Root]) -> tuple[Difference, ...]:
    ours = Schemas(document)
    comparison = Comparison(Types(), ours, scope)
    missing = []
    for root in roots:
        if scope not in root.scopes:
            continue
        target = _target(ours, root)
        theirs = next((found for name in root.names if (found := lookup(name)) is not None), None)
        inner = lookup(root.of) if root.of else None
        if theirs is None or (root.of and inner is None):
            name = root.of or root.names[0]
            missing.append(Difference(Kind.DOCUMENT_ROOT, target.place, (scope,), name, target.pointer))
            continue
        comparison.compare(theirs[inner] if root.of else theirs, target, root.direction, root.of or root.names[0])
    return (*missing, *comparison.differences())


def _target(document: Schemas, root: Root) -> Spot | Operation:
    method, _, path = root.target.partition(" ")
    return document.operation(path, method) if path else document.component(root.target)


def _difference(each: Difference, place: Callable[[str], str]) -> dict[str, Json]:
    return {
        "id": each.id,
        "kind": each.kind.value,
        "scopes": [scope.value for scope in each.scopes],
        "place": "/".join(each.place),
        "value": each.value,
        "outline": each.outline,
        "sdk": each.sdk,
        "document": place(each.pointer),
    }
