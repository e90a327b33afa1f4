"""What the profile of a vendor says of the options of a run."""

from __future__ import annotations

from typing import Any

from conformance.standard.vendors import Vendor


def options_of(vendor: Vendor) -> dict[str, Any]:
    """The options by name that a profile has a value for: how to reach the vendor."""
    found: dict[str, Any] = {
        "url": vendor.base_url,
        "auth": vendor.auth,
        "api-key-env": vendor.key_variable,
        "name": vendor.id,
    }
    if vendor.models:
        found["model"] = vendor.models[0]
    if vendor.api_version is not None:
        found["api-version"] = vendor.api_version
    return found
