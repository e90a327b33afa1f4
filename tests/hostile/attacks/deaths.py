"""What is left of an endpoint that has died: a proxy's page, an empty body, one sentence for everybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hostile.attacks.attack import Attack, Layer
from hostile.draft import Draft

_PAGE = b"<html><head><title>Gone</title></head><body><h1>Gone</h1></body></html>"


def _error(kind: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": "No."}, "request_id": "req_1"}).encode()


_BODIES: Mapping[str, tuple[int, bytes, bytes]] = {
    "a proxy's page": (502, b"text/html", _PAGE),
    "a page that is not found": (404, b"text/html", _PAGE),
    "a page in place of everything": (200, b"text/html", _PAGE),
    "an empty body": (200, b"application/json", b""),
    "an empty object": (200, b"application/json", b"{}"),
    "an error of the server": (500, b"application/json", _error("api_error")),
    "a perfect refusal": (400, b"application/json", _error("invalid_request_error")),
}

FOREIGN = tuple(_BODIES)
"""Names of what is sent in place of every answer."""


@dataclass(frozen=True)
class Foreign(Attack):
    """Something that does not come from the endpoint."""

    layer = Layer.BODY
    name: str

    def apply(self, draft: Draft) -> None:
        status, media, body = _BODIES[self.name]
        draft.status, draft.events, draft.chunked = status, None, False
        draft.headers = [(b"content-type", media), (b"request-id", b"req_1")]
        draft.body = body
