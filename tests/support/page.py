"""What report.html shows on demand, as its script reads it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

_PACKED = re.compile(r'<script type="application/octet-stream" id="packed">([A-Za-z0-9+/=]*)</script>')


def evidence(page: str) -> dict[str, Any]:
    """The packed evidence of a page."""
    found = _PACKED.search(page)
    assert found is not None
    data: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return data


def unpacked(page: str) -> str:
    """A page with its evidence in readable form, to search all of it."""
    return _PACKED.sub("", page) + json.dumps(evidence(page), ensure_ascii=False)
