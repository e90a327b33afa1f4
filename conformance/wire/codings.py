"""Content codings, undone piece by piece and never beyond a bound (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib

ACCEPTED = "gzip, deflate"
"""The codings that `decoder_for` knows, as the value of an `accept-encoding` header."""

_GZIP_WINDOW = zlib.MAX_WBITS | 16


class UndecodableError(Exception):
    """The body is not in the coding that its header names. The message is a clause without a full stop."""


class Identity:
    """A body without a coding."""

    def decode(self, data: bytes, room: int) -> bytes:
        """The next decoded bytes, at most `room` of them and one more."""
        return data[: room + 1]

    def finish(self) -> None:
        """Nothing can be missing at the end."""


class Inflate:
    """A gzip (RFC 1952, also several members) or deflate (RFC 1950, in practice often bare RFC 1951) body."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._window = _GZIP_WINDOW if coding == "gzip" else zlib.MAX_WBITS
        self._inflate = zlib.decompressobj(self._window)
        self._first = True

    def decode(self, data: bytes, room: int) -> bytes:
        """The next decoded bytes, at most `room` of them and one more, which shows that there are more.

        Raises `UndecodableError`.
        """
        decoded = bytearray()
        try:
            while data and len(decoded) <= room:
                if self._inflate.eof:
                    if self._coding != "gzip":
                        raise UndecodableError("bytes follow the end of the deflate body")
                    self._inflate = zlib.decompressobj(self._window)
                decoded += self._decompress(data, room + 1 - len(decoded))
                data = self._inflate.unused_data
        except zlib.error as problem:
            raise UndecodableError(f"the body is not {self._coding}, which content-encoding says") from problem
        return bytes(decoded)

    def finish(self) -> None:
        """Raises `UndecodableError` where the body ends in the middle; an empty body has no end to miss."""
        if not self._inflate.eof and not self._first:
            raise UndecodableError(f"the {self._coding} body ends in the middle")

    def _decompress(self, data: bytes, size: int) -> bytes:
        first, self._first = self._first, False
        try:
            return self._inflate.decompress(data, size)
        except zlib.error:
            if not first or self._coding == "gzip":
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate.decompress(data, size)


def decoder_for(content_encoding: str | None) -> Identity | Inflate | None:
    """What undoes a `content-encoding` header, or None for codings that were not asked for."""
    codings = [name.strip().lower() for name in (content_encoding or "").split(",")]
    match [name for name in codings if name not in ("", "identity")]:
        case []:
            return Identity()
        case ["gzip" | "x-gzip"]:
            return Inflate("gzip")
        case ["deflate"]:
            return Inflate("deflate")
        case _:
            return None
