"""The drift alarm: the OpenAPI document against the types of the installed `anthropic` package.

Belongs here: the comparison as a whole, as plain data. Does not belong here: wording for people (see `report/drift.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.standard.document import Document
from conformance.standard.drift.compare import Comparison, united
from conformance.standard.drift.roots import ROOTS, Root
from conformance.standard.drift.schema import Operation, Schemas, Spot
from conformance.standard.drift.sdk import Types
from conformance.standard.drift.structure import Difference, Handle, Kind, Scope

Lookup = Callable[[str], Handle | None]


def differences(
    documents: dict[Scope, Document], lookup: Lookup, roots: Iterable[Root] = ROOTS
) -> tuple[Difference, ...]:
    """What differs between the document and an SDK, by place.

    `documents` is the document for each scope: with no betas for what is generally available, with all of them for the
    beta namespace. `lookup` finds a type of the SDK by its name.
    """
    return united(_of_scope(document, scope, lookup, roots) for scope, document in documents.items())


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
        comparison.compare(theirs[inner] if root.of else theirs, target, root.direction, root.names[0])
    return (*missing, *comparison.differences())


def _target(document: Schemas, root: Root) -> Spot | Operation:
    method, _, path = root.target.partition(" ")
    return document.operation(path, method) if path else document.component(root.target)
