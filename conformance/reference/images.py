"""What image bytes show without an image library: media type, size in pixels, the colour of a plain PNG."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

_COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 160, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "orange": (255, 150, 0),
    "purple": (128, 0, 128),
    "gray": (128, 128, 128),
}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_DECODED = 1 << 20


def decode_base64(data: str) -> bytes | None:
    """The bytes of standard base64 text (RFC 4648, section 4), or None if it is not base64."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def media_type_of(raw: bytes) -> str | None:
    """The image media type that the first bytes show, or None."""
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if raw.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if raw.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "image/webp"
    return None


def size_of(raw: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or GIF, or None for anything else."""
    kind = media_type_of(raw)
    if kind == "image/png" and len(raw) >= 24:
        width, height = struct.unpack(">II", raw[16:24])
        return int(width), int(height)
    if kind == "image/gif" and len(raw) >= 10:
        width, height = struct.unpack("<HH", raw[6:10])
        return int(width), int(height)
    return None


def colour_of(raw: bytes) -> str | None:
    """The name of the colour of the first pixel of an 8-bit PNG, or None if it cannot be read."""
    if media_type_of(raw) != "image/png" or len(raw) < 29 or raw[24] != 8:
        return None
    kind = raw[25]
    palette, packed = b"", b""
    position = 8
    while position + 8 <= len(raw):
        (length,) = struct.unpack(">I", raw[position : position + 4])
        name, data = raw[position + 4 : position + 8], raw[position + 8 : position + 8 + length]
        if name == b"PLTE":
            palette = data
        elif name == b"IDAT":
            packed += data
        position += 12 + length
    try:
        pixels = zlib.decompressobj().decompress(packed, _MOST_DECODED)
    except zlib.error:
        return None
    channels = pixels[1 : 1 + _CHANNELS.get(kind, 0)]
    if kind == 3 and channels:
        channels = palette[3 * channels[0] : 3 * channels[0] + 3]
    rgb = channels[:3] if len(channels) >= 3 else channels[:1] * 3
    return _nearest(rgb) if len(rgb) == 3 else None


def _nearest(rgb: bytes) -> str:
    return min(_COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(rgb, _COLOURS[name], strict=True)))
