"""The command `claims`: a vendor's OpenAPI document as claims, with its contradictions of the specification."""

from __future__ import annotations

from pathlib import Path

from conformance.claims.extract import Deciders, claims_of
from conformance.claims.read import read_document
from conformance.report import claims as report
from conformance.standard.document import load_document
from conformance.standard.judged import load_evidence
from conformance.standard.paths import spec_folder


def text(path: Path, version: str, *, as_json: bool) -> tuple[str, int]:
    """The claims for people or as JSON, and the exit code: 1 where the document contradicts the specification.

    Raises FileError for a file without an OpenAPI document.
    """
    found = claims_of(read_document(path), load_document(version), Deciders(load_evidence(spec_folder())))
    shown = report.as_json if as_json else report.text
    return shown(found, path, version), 1 if found.contradictions else 0
