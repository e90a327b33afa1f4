"""The personas: the reference endpoint as the documents of a vendor describe it, quirk by quirk."""

from __future__ import annotations

from conformance.reference.faults import Fault, faults_named
from conformance.standard.vendors import load_vendor


def persona_of(vendor: str) -> tuple[Fault, ...]:
    """The faults that together imitate the documents of a vendor; none for one that documents the API as it is.

    Raises UsageError with the nearest id for an unknown vendor.
    """
    return faults_named(load_vendor(vendor).persona)
