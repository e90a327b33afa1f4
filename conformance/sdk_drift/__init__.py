"""The drift alarm: compares the OpenAPI document with the installed `anthropic` package.

Only what concerns the paths of the document decides. The result is plain data; `report/drift.py` puts it into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from conformance.base.errors import UsageError
from conformance.base.versions import API_VERSIONS
from conformance.model import Json
from conformance.sdk_drift import notes
from conformance.sdk_drift.compare import Comparison, united
from conformance.sdk_drift.explained import FILE, Explanations, Sorted, read_explanations, sort
from conformance.sdk_drift.methods import Lookup, causes, missing_methods
from conformance.sdk_drift.notes import Notes
from conformance.sdk_drift.places import places
from conformance.sdk_drift.roots import ROOTS, Root
from conformance.sdk_drift.schema import Operation, Schemas, Spot
from conformance.sdk_drift.sdk import PACKAGE, Types, installed, lookup
from conformance.sdk_drift.structure import Difference, Kind, Place, Scope
from conformance.standard.betas import beta_names
from conformance.standard.document import Document, load_document

_NOTES = (Kind.SDK_NOTE, Kind.DOCUMENT_NOTE)


@dataclass(frozen=True)
class Compared:
    """The differences between the document and an SDK, by place. `others` are the error causes that only other paths
    raise, `docs` what the SDK says of each field that both have.
    """

    differences: tuple[Difference, ...]
    others: tuple[str, ...] = ()
    docs: notes.Docs = field(default_factory=dict)


@dataclass(frozen=True)
class Drift:
    """What the comparison with a release of the SDK found. `document` has all betas, `notes` are what it says now."""

    release: str
    document: Document
    found: Sorted
    explanations: Explanations
    others: tuple[str, ...]
    notes: Notes


def drift() -> Drift:
    """Compares the document with the installed SDK, in the API version that the SDK sends.

    Raises UsageError if no SDK is installed, or if it sends an unknown API version.
    """
    release, headers = installed()
    version = headers.get("anthropic-version", "")
    if version not in API_VERSIONS:
        raise UsageError(
            f"{PACKAGE} {release} sends API version {version!r}, but the OpenAPI document describes only "
            f"{', '.join(API_VERSIONS)}: add specs/versions/ for what changed, then compare again"
        )
    document = load_document(version)
    whole = document.with_betas(beta_names(document.folder))
    explanations = read_explanations(document.folder / FILE)
    compared = compare({Scope.GA: document, Scope.BETA: whole}, lookup)
    now = notes.notes_of(lookup, headers, compared.docs)
    noted = notes.differences_of(now, notes.read_notes(document.folder / notes.FILE), compared.docs)
    missing = (
        Difference(Kind.DOCUMENT_ROOT, (operation,), tuple(Scope), name, "/paths")
        for operation, name in missing_methods(lookup)
    )
    found = sort((*compared.differences, *missing, *noted), explanations.entries)
    return Drift(release, whole, found, explanations, compared.others, now)


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
        "others": list(drift.others),
        "explained_for": f"{PACKAGE} {drift.explanations.sdk}",
    }


def compare(documents: Mapping[Scope, Document], lookup: Lookup, roots: Iterable[Root] = ROOTS) -> Compared:
    """Compares the document with an SDK.

    `documents` has one document per scope: without betas for what is generally available, with all betas for the beta
    namespace. `lookup` finds a type of the SDK by name.
    """
    scopes = [_of_scope(document, scope, lookup, tuple(roots)) for scope, document in documents.items()]
    docs: dict[Place, set[tuple[Scope, str]]] = {}
    for each in scopes:
        for place, texts in each.docs.items():
            docs.setdefault(place, set()).update(texts)
    return Compared(
        united(each.differences for each in scopes),
        tuple(sorted({code for each in scopes for code in each.others})),
        {place: frozenset(texts) for place, texts in docs.items()},
    )


def _of_scope(document: Document, scope: Scope, lookup: Lookup, roots: Iterable[Root]) -> Compared:
    ours = Schemas(document)
    comparison = Comparison(Types(), ours, scope)
    missing = []
    others: tuple[str, ...] = ()
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
        if root.causes:
            concerning = causes(theirs, lookup)
            theirs, others = concerning.raised, concerning.others
        comparison.compare(theirs[inner] if root.of else theirs, target, root.direction, root.of or root.names[0])
    docs = {place: frozenset((scope, text) for text in texts) for place, texts in comparison.docs.items()}
    return Compared((*missing, *comparison.differences()), others, docs)


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
        "document": f"specs/{notes.FILE}" if each.kind in _NOTES else place(each.pointer),
    }
