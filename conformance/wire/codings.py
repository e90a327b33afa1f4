"""Content codings, undone piece by piece and never beyond a bound (RFC 9110, section 8.4): gzip, deflate, br and zstd.

A body that cannot be undone, or is not text once it is, is described by its length and its hash. Its bytes are not
kept: nobody can tell what is in them, and a key may be.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Iterable
from typing import Final, Protocol

import brotli

from conformance.base.values import shortened

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

ACCEPTED: Final = "gzip, deflate, br, zstd"
"""The codings that are undone, as the value of an `accept-encoding` header."""

_GZIP_WINDOW: Final = zlib.MAX_WBITS | 16
_ZSTD_WINDOW: Final = 23
"""Base-2 logarithm of the largest window of a zstd body: 8 MB (RFC 9659, section 3)."""

_LONGEST_NAME: Final = 80
_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh", b"PK\x03\x04")
"""How packed data begins: gzip, zstd, xz, bzip2, zip. Where it is anywhere in a body, the body is not UTF-8."""

_CONTROLS: Final = bytes({*range(0x20)} - {0, *b"\t\n\v\f\r\x1b"})
"""Bytes that hardly occur in text, whatever its encoding. Of packed data they are more than a tenth."""

_MOST_CONTROLS: Final = 0.03
_FEWEST_NULS: Final = 0.05
"""Share of bytes from which on a body is text in UTF-16 or UTF-32."""


class UndecodableError(Exception):
    """The body is not in the coding that its header names. The message is a clause without a full stop."""


class Decoder(Protocol):
    """Undoes the coding of one body."""

    def decode(self, data: bytes, room: int) -> bytes:
        """The next decoded bytes. More than `room` of them mean that the body is larger than that.

        Raises `UndecodableError`.
        """

    def finish(self) -> None:
        """Raises `UndecodableError` where the body ends too early. An empty body is whole in every coding."""


class Plain:
    """A body without a coding."""

    def decode(self, data: bytes, room: int) -> bytes:  # noqa: ARG002 - as every decoder
        """The bytes themselves."""
        return data

    def finish(self) -> None:
        """Does nothing: only the connection knows whether a plain body is whole."""


class Opaque:
    """A body that cannot be undone. `why` is a clause; its length and hash are added to it at the end."""

    def __init__(self, why: str) -> None:
        self.why = why
        self._hash = hashlib.sha256()
        self._size = 0

    def decode(self, data: bytes, room: int) -> bytes:  # noqa: ARG002 - as every decoder
        """Nothing."""
        self._hash.update(data)
        self._size += len(data)
        return b""

    def finish(self) -> None:
        """Raises `UndecodableError`, with what is known of the body."""
        raise UndecodableError(str(self))

    def __str__(self) -> str:
        return self.why if not self._size else f"{self.why} ({self._size:,} bytes, SHA-256 {self._hash.hexdigest()})"


class Inflate:
    """A gzip (RFC 1952, also several members) or deflate (RFC 1950, in practice often bare RFC 1951) body."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._window = _GZIP_WINDOW if coding == "gzip" else zlib.MAX_WBITS
        self._inflate = zlib.decompressobj(self._window)
        self._first = True

    def decode(self, data: bytes, room: int) -> bytes:
        """The next decoded bytes, at most `room` of them and one more. Raises `UndecodableError`."""
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
            raise _not_coded(self._coding) from problem
        return bytes(decoded)

    def finish(self) -> None:
        """Raises `UndecodableError` where the body ends too early."""
        if not self._inflate.eof and not self._first:
            raise _ends_early(self._coding)

    def _decompress(self, data: bytes, size: int) -> bytes:
        first, self._first = self._first, False
        try:
            return self._inflate.decompress(data, size)
        except zlib.error:
            if not first or self._coding == "gzip":
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate.decompress(data, size)


class Zstd:
    """A zstd body (RFC 8878), also of several frames."""

    def __init__(self) -> None:
        self._frame = _zstd_frame()
        self._first = True

    def decode(self, data: bytes, room: int) -> bytes:
        """The next decoded bytes, at most `room` of them and one more. Raises `UndecodableError`."""
        decoded = bytearray()
        try:
            while data and len(decoded) <= room:
                if self._frame.eof:
                    self._frame = _zstd_frame()
                self._first = False
                decoded += self._frame.decompress(data, room + 1 - len(decoded))
                data = self._frame.unused_data if self._frame.eof else b""
            while not (self._frame.eof or self._frame.needs_input) and len(decoded) <= room:
                decoded += self._frame.decompress(b"", room + 1 - len(decoded))
        except ZstdError as problem:
            raise _not_coded("zstd") from problem
        return bytes(decoded)

    def finish(self) -> None:
        """Raises `UndecodableError` where the body ends too early."""
        if not self._frame.eof and not self._first:
            raise _ends_early("zstd")


class Brotli:
    """A br body (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._first = True

    def decode(self, data: bytes, room: int) -> bytes:
        """The next decoded bytes, not many more than `room`. Raises `UndecodableError`."""
        decoded = bytearray()
        try:
            while len(decoded) <= room:
                if self._stream.is_finished():
                    if data:
                        raise UndecodableError("bytes follow the end of the br body")
                    break
                piece = self._stream.process(data, output_buffer_limit=room + 1 - len(decoded))
                self._first = self._first and not data
                if not piece and self._stream.can_accept_more_data():
                    break
                decoded += piece
                data = b""
        except brotli.error as problem:
            raise _not_coded("br") from problem
        return bytes(decoded)

    def finish(self) -> None:
        """Raises `UndecodableError` where the body ends too early."""
        if not self._stream.is_finished() and not self._first:
            raise _ends_early("br")


def decoder_for(content_encoding: str | None) -> Decoder:
    """What undoes the coding that a `content-encoding` header names."""
    codings = [name.strip().lower() for name in (content_encoding or "").split(",")]
    match [name for name in codings if name not in ("", "identity")]:
        case []:
            return Plain()
        case ["gzip" | "x-gzip"]:
            return Inflate("gzip")
        case ["deflate"]:
            return Inflate("deflate")
        case ["br"]:
            return Brotli()
        case ["zstd"]:
            return Zstd()
        case _:
            name = shortened(content_encoding or "", _LONGEST_NAME)
            return Opaque(f"the body has the content coding {name}, which cannot be undone")


def why_illegible(body: bytes) -> str | None:
    """Why a body out of its content coding is not text in any encoding, as a clause; None where it may be one."""
    try:
        body.decode()
    except UnicodeDecodeError:
        pass
    else:
        return None
    if any(sign in body for sign in _PACKED):
        return "the body is packed in a way that its headers do not name"
    return "the body is not text" if is_binary(body) else None


def is_binary(body: bytes) -> bool:
    """Whether a body has more control characters than any text, UTF-16 and UTF-32 included."""
    controls = len(body) - len(body.translate(None, _CONTROLS))
    return controls > _MOST_CONTROLS * len(body) and body.count(0) < _FEWEST_NULS * len(body)


def description(why: str, parts: Iterable[bytes]) -> str:
    """A clause about a body that is not kept, with its length and its hash."""
    opaque = Opaque(why)
    for part in parts:
        opaque.decode(part, 0)
    return str(opaque)


def _zstd_frame() -> ZstdDecompressor:
    return ZstdDecompressor(options={DecompressionParameter.window_log_max: _ZSTD_WINDOW})


def _not_coded(coding: str) -> UndecodableError:
    return UndecodableError(f"the body is not {coding}, which content-encoding says")


def _ends_early(coding: str) -> UndecodableError:
    return UndecodableError(f"the {coding} body ends too early")
