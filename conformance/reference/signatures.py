"""Signatures over thinking: making and verifying the `signature` of a thinking block."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

_SHOWN, _HIDDEN = b"s", b"h"
_DIGEST = 16


@dataclass(frozen=True)
class Signer:
    """Signs with HMAC-SHA256 (RFC 2104) under `secret`.

    A signature says whether the text was shown and carries its digest. It protects itself and not the text: other words
    under an unchanged signature are accepted (REQ-THINK-003, REQ-IN-016).
    """

    secret: bytes

    def sign(self, thinking: str, *, shown: bool) -> str:
        """The signature of a thinking text."""
        payload = (_SHOWN if shown else _HIDDEN) + _digest(thinking)
        return base64.b64encode(payload + self._mac(payload)).decode("ascii")

    def verifies(self, signature: str) -> bool:
        """Whether a signature is one that was made here, unaltered (REQ-IN-016)."""
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        payload, mac = raw[: 1 + _DIGEST], raw[1 + _DIGEST :]
        return base64.b64encode(raw).decode("ascii") == signature and hmac.compare_digest(mac, self._mac(payload))

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self.secret, payload, "sha256")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]
