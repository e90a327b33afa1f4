"""Values that are too long for a case file: images, PDF files, long texts, long conversations.

Each maker is a pure function from the argument of `$make` to a JSON value:

- `{image: png|jpeg|gif|webp, colour: red, width: 32, height: 32}`: a picture of one colour, as base64
- `{pdf: [text, ...]}`: a PDF file with one page for each text, as base64
- `{text: ..., repeat: 40}`: the text that many times
- `{turns: 40, first: ..., answer: ..., last: ...}`: a conversation of that many messages before the last question
- `{tools: 21}`: that many strict tools
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.model import Json

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (255, 0, 0),
    "green": (0, 160, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
}
Colour = tuple[int, int, int]

LARGEST: Final = 8 * 1024 * 1024
"""Characters that one `$make` writes."""

MOST_PIXELS: Final = 20_000
MOST_PAGES: Final = 100
MOST_TURNS: Final = 2_000
MOST_TOOLS: Final = 500


class MakeError(ValueError):
    """An invalid `$make`."""


def make(call: Json) -> Json:
    """The value for the argument of a `$make`. Raises MakeError for an invalid argument, and for too large a value."""
    if not isinstance(call, dict):
        raise MakeError("$make expects an object")
    for name, (maker, arguments) in MAKERS.items():
        if name in call:
            if strange := sorted(set(call) - set(arguments)):
                raise MakeError(f"Unknown key {strange[0]!r} of $make with {name!r}")
            for key, argument in arguments.items():
                argument.check(key, call)
            return maker(call)
    raise MakeError(f"$make expects one of the keys {', '.join(MAKERS)}")


def image(kind: str, colour: Colour, width: int, height: int) -> bytes:
    """An image file of one colour. Sides of a JPEG are multiples of 8. Raises MakeError for an unknown kind."""
    if kind not in ENCODERS:
        raise MakeError(f"Unknown image kind {kind!r}. Known kinds: {', '.join(ENCODERS)}.")
    return ENCODERS[kind](colour, width, height)


def png(colour: Colour, width: int, height: int) -> bytes:
    """A PNG file, 8 bits a channel (PNG specification, third edition, section 5)."""
    rows = zlib.compress((b"\0" + bytes(colour) * width) * height, 9)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif(colour: Colour, width: int, height: int) -> bytes:
    """A GIF file (GIF89a): every pixel is colour 0, the code table is cleared before each, so that it stays small."""
    codes = [code for _ in range(width * height) for code in (4, 0)] + [5]
    data = _packed((code, 3) for code in codes)
    blocks = b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))
    screen = struct.pack("<HHBBB", width, height, 0x91, 0, 0)
    table = bytes(colour) + bytes(9)
    return b"GIF89a" + screen + table + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + blocks + b"\0;"


def webp(colour: Colour, width: int, height: int) -> bytes:
    """A lossless WebP file (RFC 9649, section 3): each channel has one symbol, so that a pixel takes no bits."""
    red, green, blue = colour
    bits = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    for symbol in (green, red, blue, 255):
        bits += [(1, 1), (0, 1), (1, 1), (symbol, 8)]
    bits += [(1, 1), (0, 1), (0, 1), (0, 1)]
    data = _packed(iter(bits))
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg(colour: Colour, width: int, height: int) -> bytes:
    """A baseline JPEG file (ITU-T T.81): each block has a DC coefficient and nothing else."""
    red, green, blue = colour
    levels = (
        round(0.299 * red + 0.587 * green + 0.114 * blue) - 128,
        round(-0.1687 * red - 0.3313 * green + 0.5 * blue),
        round(0.5 * red - 0.4187 * green - 0.0813 * blue),
    )
    bits = ""
    for block in range((width // 8) * (height // 8)):
        bits += "".join(_dc(level if block == 0 else 0) + "0" for level in levels)
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")

    def segment(marker: int, data: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    dc_table = bytes([0x00]) + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    ac_table = bytes([0x10]) + bytes([1] + [0] * 15) + b"\0"
    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            segment(0xDB, bytes([0]) + bytes([8] * 64)),
            segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components),
            segment(0xC4, dc_table),
            segment(0xC4, ac_table),
            segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])),
            scan,
            b"\xff\xd9",
        )
    )


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF 1.4 file with one page for each text, in Helvetica (ISO 32000-1). The texts are ASCII."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        content = f"BT /F1 14 Tf 36 150 Td ({escaped}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _pdf_file(objects)


def conversation(turns: int, first: str, answer: str, last: str) -> list[Json]:
    """A conversation of `turns` messages that take turns, and the last question. `{n}` in a text is its number."""
    messages: list[Json] = [{"role": "user", "content": first}, {"role": "assistant", "content": "Noted."}]
    for number in range(1, turns // 2):
        messages.append({"role": "user", "content": f"This is remark number {number}."})
        messages.append({"role": "assistant", "content": answer.replace("{n}", str(number))})
    return [*messages, {"role": "user", "content": last}]


def strict_tools(count: int) -> list[Json]:
    """Strict tools without parameters."""
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    return [{"name": f"tool_{number}", "strict": True, "input_schema": schema} for number in range(count)]


def _pdf_file(objects: Sequence[str]) -> bytes:
    out = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode("ascii")


def _packed(fields: Iterator[tuple[int, int]]) -> bytes:
    """Numbers of so many bits each, the least significant bit first."""
    value = length = 0
    for number, bits in fields:
        value |= number << length
        length += bits
    return value.to_bytes((length + 7) // 8, "little")


def _dc(difference: int) -> str:
    """A DC difference: its size as a code of 4 bits, then its bits (ITU-T T.81, section F.1.2.1)."""
    size = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << size) - 1
    return f"{size:04b}" + (f"{value:0{size}b}" if size else "")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _make_image(call: Mapping[str, Json]) -> Json:
    colour = COLOURS.get(call.get("colour", "red"))
    width, height = call.get("width", 32), call.get("height", 32)
    if colour is None:
        raise MakeError(f"there is no colour {call['colour']!r}; there are {', '.join(COLOURS)}")
    if width * height > MOST_PIXELS:
        raise MakeError(f"$make draws {MOST_PIXELS:,} pixels at most")
    return _text(image(call["image"], colour, width, height))


def _make_text(call: Mapping[str, Json]) -> Json:
    text, repeat = call["text"], call.get("repeat", 1)
    if len(text) * repeat > LARGEST:
        raise MakeError(f"$make writes {LARGEST:,} characters at most")
    return text * repeat


def _make_conversation(call: Mapping[str, Json]) -> Json:
    if len(call["answer"]) * call["turns"] > LARGEST:
        raise MakeError(f"$make writes {LARGEST:,} characters at most")
    return conversation(call["turns"], call["first"], call["answer"], call["last"])


ENCODERS: Mapping[str, Callable[[Colour, int, int], bytes]] = {"png": png, "jpeg": jpeg, "gif": gif, "webp": webp}


@dataclass(frozen=True)
class _Argument:
    """A member of the argument of `$make`: what it has to be, in words, and whether a value is that."""

    what: str
    fits: Callable[[Json], bool]
    needed: bool = True

    def check(self, key: str, call: Mapping[str, Json]) -> None:
        """Raises MakeError where the member is missing or something else."""
        if key in call and not self.fits(call[key]):
            raise MakeError(f"$make expects {self.what} as {key!r}")
        if self.needed and key not in call:
            raise MakeError(f"$make lacks {key!r}, {self.what}")


def _whole(most: int, *, least: int = 1, needed: bool = True) -> _Argument:
    what = f"a whole number from {least:,} to {most:,}"
    return _Argument(what, lambda value: type(value) is int and least <= value <= most, needed)


def _word(*, needed: bool = True) -> _Argument:
    return _Argument("a string", lambda value: isinstance(value, str), needed)


_PAGES = _Argument(
    f"a list of at most {MOST_PAGES} strings in ASCII",
    lambda value: (
        isinstance(value, list)
        and len(value) <= MOST_PAGES
        and all(isinstance(page, str) and page.isascii() for page in value)
    ),
)
_SIDE = _whole(16_383, needed=False)

MAKERS: Mapping[str, tuple[Callable[[Mapping[str, Json]], Json], Mapping[str, _Argument]]] = {
    "image": (_make_image, {"image": _word(), "colour": _word(needed=False), "width": _SIDE, "height": _SIDE}),
    "pdf": (lambda call: _text(pdf(call["pdf"])), {"pdf": _PAGES}),
    "text": (_make_text, {"text": _word(), "repeat": _whole(LARGEST, needed=False)}),
    "turns": (
        _make_conversation,
        {"turns": _whole(MOST_TURNS), "first": _word(), "answer": _word(), "last": _word()},
    ),
    "tools": (lambda call: strict_tools(call["tools"]), {"tools": _whole(MOST_TOOLS, least=0)}),
}
"""What `$make` can make: the key that names it, the function, and the members of its argument."""
