"""Short renderings of what an endpoint sent, for the `actual` of a finding.

Belongs here: cutting and escaping of one value. Does not belong here: sentences, colours, markup.
"""

from __future__ import annotations

import json

from conformance.model import Json

LONGEST = 80
"""Characters of a value that are worth showing."""


def excerpt(value: Json, longest: int = LONGEST) -> str:
    """A JSON value as compact ASCII text, cut where it is long. Never raises."""
    try:
        text = json.dumps(value, default=repr)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__} that nests too deeply"
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"
