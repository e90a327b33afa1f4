"""A vendor's OpenAPI document as claims, with its contradictions of the specification, as text and as JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from conformance.claims.compare import BodySide, DocumentDifference, DocumentDifferenceKind
from conformance.claims.extract import DocumentedClaims
from conformance.model import Json
from conformance.report.escape import cut, one_line
from conformance.report.words import plural

SCHEMA_VERSION = 1
LONGEST = 160
"""Characters that the text shows of anything a vendor wrote."""

_SAYINGS: Mapping[tuple[DocumentDifferenceKind, BodySide], str] = {
    (
        DocumentDifferenceKind.FORBIDS,
        BodySide.REQUEST,
    ): "A request that the specification allows is invalid by this document.",
    (DocumentDifferenceKind.FORBIDS, BodySide.REPLY): "A correct reply is invalid by this document.",
    (DocumentDifferenceKind.DEMANDS, BodySide.REQUEST): "A complete request is incomplete by this document.",
    (DocumentDifferenceKind.WITHHOLDS, BodySide.REPLY): "A reply may lack what the specification promises.",
    (DocumentDifferenceKind.STRAYS, BodySide.REPLY): "A reply may be what no client expects.",
}


def text(found: DocumentedClaims, path: Path, version: str) -> str:
    """The document for people: the contradictions first, then what is said beside them, then the claims."""
    return "\n".join(map(one_line, _lines(found, path, version))) + "\n"


def _lines(found: DocumentedClaims, path: Path, version: str) -> Iterator[str]:
    name = " ".join(filter(None, (cut(found.title, LONGEST), cut(found.version, LONGEST)))) or "no title"
    yield f"{path}: {name}, compared with the Messages API of {version}"
    contradictions = found.contradictions
    yield f"{plural(len(found.claims), 'claim')}, {plural(len(contradictions), 'contradiction')} of the specification"
    for number, each in enumerate(contradictions, 1):
        yield ""
        yield f"{number}. {each.operation}, {each.half}: {cut(each.place, LONGEST)}"
        yield f"   {_SAYINGS[each.kind, each.half]}"
        yield f"   this document    {cut(each.says, LONGEST)}  ({cut(each.theirs, LONGEST)})"
        yield f"   specification    {each.specified}  ({each.ours})"
        if each.clauses:
            yield f"   clauses          {', '.join(each.clauses)}"
    yield from _beside(found.differences)
    yield ""
    yield "Claims, with the cases that decide them:"
    for claim in found.claims:
        yield f"  {claim.id}: {cut(claim.says, LONGEST)}"
        if claim.cases:
            yield f"      decided by {', '.join(claim.cases)}"
    if found.others:
        yield ""
        yield f"Not part of the Messages API: {', '.join(cut(each, LONGEST) for each in found.others)}"


def _beside(differences: Iterable[DocumentDifference]) -> Iterator[str]:
    """What differs and contradicts nothing, by kind, half and operation, one line each."""
    headings = {
        DocumentDifferenceKind.SILENT: "This document does not mention",
        DocumentDifferenceKind.ADMITS: "It allows more than the specification",
        DocumentDifferenceKind.ADDS: "It has what the specification does not have",
        DocumentDifferenceKind.PROMISES: "It promises more than the specification",
    }
    for kind, heading in headings.items():
        together: dict[str, list[str]] = defaultdict(list)
        for each in differences:
            if each.kind is kind:
                where = f"{each.operation}, {each.half}"
                together[where].append(
                    each.place if kind is DocumentDifferenceKind.SILENT else f"{each.place} ({each.says})"
                )
        if together:
            yield ""
            yield f"{heading}:"
        for where, places in together.items():
            yield f"  {where}: {', '.join(cut(place, LONGEST) for place in dict.fromkeys(places))}"


def as_json(found: DocumentedClaims, path: Path, version: str) -> str:
    """The document as JSON (`claims.schema.json`)."""
    document: Json = {
        "schema_version": SCHEMA_VERSION,
        "file": str(path),
        "title": found.title,
        "version": found.version,
        "api_version": version,
        "claims": [
            {"id": claim.id, "says": claim.says, "pointer": claim.pointer, "cases": list(claim.cases)}
            for claim in found.claims
        ],
        "contradictions": [_entry(each) for each in found.differences if each.contradicts],
        "differences": [_entry(each) for each in found.differences if not each.contradicts],
        "others": list(found.others),
    }
    return f"{json.dumps(document, indent=1)}\n"


def _entry(each: DocumentDifference) -> dict[str, Json]:
    return {
        "kind": str(each.kind),
        "half": str(each.half),
        "operation": each.operation,
        "place": each.place,
        "document": {"says": each.says, "pointer": each.theirs},
        "specification": {"says": each.specified, "pointer": each.ours, "clauses": list(each.clauses)},
    }
