"""Walks a vendor's document and ours together, and says where the vendor's contradicts the specification.

A request is contradicted where a client that keeps to the specification sends what the vendor's document forbids; a
reply, where an endpoint that keeps to the specification answers what it forbids, or where it promises less. Where the
vendor allows more than the specification, or says nothing, nothing is contradicted, and it is said beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from conformance.claims.schemas import Allowed, Node, allowed

_DEEPEST: Final = 12
_MOST_STEPS: Final = 2_000


class BodySide(StrEnum):
    """The half of an exchange that a schema is about."""

    REQUEST = "request"
    REPLY = "reply"


class DocumentDifferenceKind(StrEnum):
    """How the vendor's document differs.

    `forbids`: less is allowed. `demands`: a request needs more. `withholds`: a reply may lack what it needs. `admits`:
    more is allowed in a request. `strays`: a reply may be what no client expects. `promises`: a reply has more for
    certain. `adds` and `silent`: one side alone knows the place.
    """

    FORBIDS = "forbids"
    DEMANDS = "demands"
    WITHHOLDS = "withholds"
    STRAYS = "strays"
    PROMISES = "promises"
    ADMITS = "admits"
    ADDS = "adds"
    SILENT = "silent"


_CONTRADICTING: Final = frozenset(
    {
        DocumentDifferenceKind.FORBIDS,
        DocumentDifferenceKind.DEMANDS,
        DocumentDifferenceKind.WITHHOLDS,
        DocumentDifferenceKind.STRAYS,
    }
)


@dataclass(frozen=True)
class DocumentDifference:
    """One place where the documents differ.

    `place` names it for people, as in `messages[].content`. `says` is what the vendor's document has, `specified` what
    the specification has. `theirs` and `ours` are JSON pointers (RFC 6901) into the documents, `clauses` the clauses
    that the specification names there.
    """

    kind: DocumentDifferenceKind
    half: BodySide
    operation: str
    place: str
    says: str
    specified: str
    theirs: str
    ours: str
    clauses: tuple[str, ...] = ()

    @property
    def contradicts(self) -> bool:
        """Whether a client or an endpoint that keeps to one document breaks the other."""
        return self.kind in _CONTRADICTING


class Walk:
    """Compares the two sides of one body of one operation."""

    def __init__(self, operation: str, half: BodySide) -> None:
        self._operation = operation
        self._half = half
        self._steps = 0
        self._done: set[tuple[str, str]] = set()

    def differences(
        self, theirs: Sequence[Node], ours: Sequence[Node], place: str = "", depth: int = 0
    ) -> Iterator[DocumentDifference]:
        """The differences at a place and below it. Both sides have at least one schema."""
        self._steps += 1
        their, our = allowed(theirs), allowed(ours)
        if self._steps > _MOST_STEPS or depth > _DEEPEST or (their.pointer, our.pointer) in self._done:
            return
        self._done.add((their.pointer, our.pointer))
        yield from self._types(their, our, place)
        yield from self._values(their, our, place)
        yield from self._bounds(their, our, place)
        if their.items and our.items:
            yield from self.differences(their.items, our.items, f"{place}[]", depth + 1)
        if "object" in their.types and ("object" in our.types or not our.types):
            yield from self._members(their, our, place, depth)

    def _types(self, their: Allowed, our: Allowed, place: str) -> Iterator[DocumentDifference]:
        if not their.types or not our.types:
            return
        says, specified = _one_of(their.types), _one_of(our.types)
        reply = self._half is BodySide.REPLY
        if reply and our.types - their.types == {"null"}:
            yield self._difference(
                DocumentDifferenceKind.PROMISES, their, our, place, f"never null, always {says}", specified
            )
        elif our.types - their.types:
            yield self._difference(DocumentDifferenceKind.FORBIDS, their, our, place, f"only {says}", specified)
        elif their.types - our.types:
            kind = DocumentDifferenceKind.STRAYS if reply else DocumentDifferenceKind.ADMITS
            yield self._difference(kind, their, our, place, says, f"only {specified}")

    def _values(self, their: Allowed, our: Allowed, place: str) -> Iterator[DocumentDifference]:
        if their.values is None or their.types.isdisjoint(our.types or their.types):
            return
        known = our.values
        says = f"only {_listed(their.values)}"
        if known is None:
            yield self._difference(DocumentDifferenceKind.FORBIDS, their, our, place, says, "any value")
            return
        if missing := [value for value in known if value not in their.values and value is not None]:
            yield self._difference(DocumentDifferenceKind.FORBIDS, their, our, place, says, f"also {_listed(missing)}")
        if more := [value for value in their.values if value not in known and value is not None]:
            kind = DocumentDifferenceKind.STRAYS if self._half is BodySide.REPLY else DocumentDifferenceKind.ADMITS
            yield self._difference(kind, their, our, place, f"also {_listed(more)}", f"only {_listed(known)}")

    def _bounds(self, their: Allowed, our: Allowed, place: str) -> Iterator[DocumentDifference]:
        for name in sorted(their.bounds.keys() | our.bounds.keys()):
            theirs, specified = their.bounds.get(name), our.bounds.get(name)
            if theirs == specified or not (their.types & our.types):
                continue
            if self._half is BodySide.REPLY and theirs is None:
                continue  # documents rarely limit what they send
            narrower = theirs is not None and (
                specified is None or (theirs > specified if name.startswith("min") else theirs < specified)
            )
            if narrower and specified is None and theirs == 0:
                continue  # a natural bound of what is counted
            kind = DocumentDifferenceKind.FORBIDS if narrower else DocumentDifferenceKind.ADMITS
            yield self._difference(kind, their, our, place, _bound(name, theirs), _bound(name, specified))

    def _members(self, their: Allowed, our: Allowed, place: str, depth: int) -> Iterator[DocumentDifference]:
        theirs, specified = their.members, our.members
        for name, nodes in theirs.nodes.items():
            inner = f"{place}.{name}" if place else name
            if name not in specified.nodes:
                if name in theirs.required and self._half is BodySide.REQUEST:
                    yield self._difference(
                        DocumentDifferenceKind.DEMANDS,
                        allowed(nodes),
                        our,
                        inner,
                        "required",
                        "no member that is required",
                    )
                elif specified.nodes:
                    yield self._difference(
                        DocumentDifferenceKind.ADDS, allowed(nodes), our, inner, "a member", "no such member"
                    )
                continue
            yield from self._presence(name, their, our, inner)
            yield from self.differences(nodes, specified.nodes[name], inner, depth + 1)
        for name in sorted(theirs.required - theirs.nodes.keys() - specified.nodes.keys()):
            inner = f"{place}.{name}" if place else name
            if self._half is BodySide.REQUEST:
                yield self._difference(
                    DocumentDifferenceKind.DEMANDS, their, our, inner, "required", "no member that is required"
                )
        for name, nodes in specified.nodes.items() if theirs.nodes or theirs.closed else ():
            if name not in theirs.nodes:
                inner = f"{place}.{name}" if place else name
                needed = "a required member" if name in specified.required else "an optional member"
                kind, says = (
                    (DocumentDifferenceKind.FORBIDS, "no such member")
                    if theirs.closed
                    else (DocumentDifferenceKind.SILENT, "nothing")
                )
                yield self._difference(kind, their, allowed(nodes), inner, says, needed)

    def _presence(self, name: str, their: Allowed, our: Allowed, place: str) -> Iterator[DocumentDifference]:
        mine, specified = allowed(their.members.nodes[name]), allowed(our.members.nodes[name])
        theirs_needs, ours_needs = name in their.members.required, name in our.members.required
        if theirs_needs and not ours_needs:
            kind = DocumentDifferenceKind.DEMANDS if self._half is BodySide.REQUEST else DocumentDifferenceKind.PROMISES
            yield self._difference(kind, mine, specified, place, "required", "optional")
        if ours_needs and not theirs_needs:
            kind = DocumentDifferenceKind.ADMITS if self._half is BodySide.REQUEST else DocumentDifferenceKind.WITHHOLDS
            yield self._difference(kind, mine, specified, place, "optional", "required")

    def _difference(
        self, kind: DocumentDifferenceKind, their: Allowed, our: Allowed, place: str, says: str, specified: str
    ) -> DocumentDifference:
        return DocumentDifference(
            kind, self._half, self._operation, place, says, specified, their.pointer, our.pointer, our.clauses
        )


def _one_of(types: frozenset[str]) -> str:
    names = types - {"integer"} if "number" in types else types
    return " or ".join(sorted(names, key=lambda name: (name == "null", name)))


def _listed(values: Sequence[Any]) -> str:
    texts = [str(value) if value is not None else "null" for value in values]
    more = f" and {len(texts) - 8} more" if len(texts) > 8 else ""
    return ", ".join(texts[:8]) + more


def _bound(name: str, limit: float | None) -> str:
    return (
        "no limit" if limit is None else f"{'at least' if name.startswith('min') else 'at most'} {limit:g}{_UNIT[name]}"
    )


_UNIT: Final = {
    "minimum": "",
    "maximum": "",
    "minItems": " items",
    "maxItems": " items",
    "minLength": " characters",
    "maxLength": " characters",
}
