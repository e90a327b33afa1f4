"""The text of PDF files whose content streams are plain or deflated.

Fonts, encodings, encryption and compressed object streams are not supported.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+)\s+\d+\s+obj\b(.*?)\bendobj", re.DOTALL)
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_CONTENTS = re.compile(rb"/Contents\s*(?:\[([^\]]*)\]|(\d+)\s+\d+\s+R)")
_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\)")
_MOST = 1 << 20


def pages_of(raw: bytes) -> list[str]:
    """The text of each page in the order of the file; a page whose text cannot be read is empty."""
    objects = {match.group(1): match.group(2) for match in _OBJECT.finditer(raw)}
    return [_text(body, objects) for body in objects.values() if _PAGE.search(body)]


def _text(page: bytes, objects: dict[bytes, bytes]) -> str:
    found = _CONTENTS.search(page)
    if found is None:
        return ""
    names = _REFERENCE.findall(found.group(1)) if found.group(1) is not None else [found.group(2)]
    streams = [_STREAM.search(objects.get(name, b"")) for name in names]
    data = b"\n".join(_plain(match.group(1)) for match in streams if match is not None)
    shown = [re.sub(rb"\\(.)", rb"\1", text) for text in _SHOWN.findall(data)]
    return " ".join(text.decode("latin-1") for text in shown)


def _plain(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST)
    except zlib.error:
        return data
