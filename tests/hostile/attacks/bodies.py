"""Attacks on the bytes of a body: JSON that is none, charsets, content codings."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import brotli as real_brotli

from hostile.attacks.attack import Attack, Layer
from hostile.canary import SPELLINGS
from hostile.draft import Draft

_TEXTS: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"",
    "blank": lambda body: b" \r\n\t",
    "cut": lambda body: body[: len(body) * 2 // 3],
    "first byte": lambda body: body[:1],
    "without end": lambda body: body.rstrip()[:-1],
    "more behind": lambda body: body + b"\n{}",
    "twice": lambda body: body + body,
    "garbage before": lambda body: b")]}',\n" + body,
    "comment": lambda body: b"/* x */" + body,
    "single quotes": lambda body: body.replace(b'"', b"'"),
    "trailing commas": lambda body: body.replace(b"}", b",}"),
    "no quotes": lambda body: body.replace(b'"', b""),
    "raw controls": lambda body: body.replace(b'":', b'\x01\x1b":'),
    "names twice": lambda body: body.replace(b'{"', b'{"type":"message","type":null,"', 1),
    "deep": lambda body: b"[" * 200_000,
    "deep objects": lambda body: b'{"a":' * 50_000,
    "digits": lambda body: b"9" * 100_000,
    "one string": lambda body: b'"' + b"\\u0041" * 30_000 + b'"',
    "wide": lambda body: b"[" + b"0," * 80_000 + b"0]",
    "random": lambda body: bytes((index * index + 131) % 256 for index in range(3_000)),
    "HTML": lambda body: b"<!doctype html><html><body>502 Bad Gateway</body></html>",
    "zeros": lambda body: b"\x00" * 5_000,
    "backslashes": lambda body: b'"' + b"\\" * 100_000,
    "quotes": lambda body: b'"text":"' * 20_000,
}

TEXTS = tuple(_TEXTS)
"""Names of ways to break JSON text."""


@dataclass(frozen=True)
class Text(Attack):
    """Breaks the text of the body."""

    layer = Layer.BODY
    how: str

    def apply(self, draft: Draft) -> None:
        draft.body = _TEXTS[self.how](draft.body)
        draft.spoiled = draft.spoiled or self.how in SPOILING_TEXTS


SPOILING_TEXTS = frozenset(
    {"empty", "blank", "first byte", "deep", "deep objects", "digits", "random", "HTML", "zeros", "backslashes"}
)
"""Those after which nothing of the answer is left."""


@dataclass(frozen=True)
class Splice(Attack):
    """Puts any bytes anywhere into the body, over `over` bytes of it."""

    layer = Layer.BODY
    at: int
    data: bytes
    over: int = 0

    def apply(self, draft: Draft) -> None:
        body = draft.body
        at = self.at % (len(body) + 1)
        draft.body = body[:at] + self.data + body[at + self.over :]


@dataclass(frozen=True)
class SpokenBody(Attack):
    """A body that is not what was asked for and holds the client's key."""

    layer = Layer.BODY
    form: str
    spelling: str

    def apply(self, draft: Draft) -> None:
        text = SPELLINGS[self.spelling](draft.key)
        draft.body = {
            "bare": text,
            "sentence": f"invalid key: {text}!",
            "page": f"<html><body><p title='{text}'>{text}</p></body></html>",
            "form": f"error=1&api_key={text}&x=2",
            "YAML": f"error: {text}\nkey: '{text}'\n",
            "lines": f'{{"a":"{text}"}}\n{{"b":["{text}"]}}\n',
        }[self.form].encode()


_CHARSETS: Mapping[str, Callable[[str], bytes]] = {
    "utf-8-sig": lambda text: text.encode("utf-8-sig", "surrogatepass"),
    "utf-16": lambda text: text.encode("utf-16", "surrogatepass"),
    "utf-16-le": lambda text: text.encode("utf-16-le", "surrogatepass"),
    "utf-16-be": lambda text: text.encode("utf-16-be", "surrogatepass"),
    "utf-32": lambda text: text.encode("utf-32", "surrogatepass"),
    "utf-32-be": lambda text: text.encode("utf-32-be", "surrogatepass"),
    "utf-7": lambda text: text.encode("utf-7", "surrogatepass"),
    "latin-1": lambda text: text.replace('"', '"\xe9\xff', 1).encode("latin-1", "replace"),
    "cp1252": lambda text: text.replace('":"', '":"\u20ac', 1).encode("cp1252", "replace"),
    "shift_jis": lambda text: text.replace('":"', '":"\u3042', 1).encode("shift_jis", "replace"),
    "EBCDIC": lambda text: text.encode("cp037", "replace"),
    "overlong": lambda text: text.encode("utf-8", "surrogatepass").replace(b'":"', b'":"\xc0\xaf\xc1\x81', 1),
    "CESU-8": lambda text: text.encode("utf-8", "surrogatepass").replace(b'":"', b'":"\xed\xa0\xbd\xed\xb8\x80', 1),
    "five bytes": lambda text: text.encode("utf-8", "surrogatepass").replace(b'":"', b'":"\xf8\x88\x80\x80\x80', 1),
    "lone continuation": lambda text: text.encode("utf-8", "surrogatepass").replace(b'":"', b'":"\x80', 1),
    "cut character": lambda text: text.encode("utf-8", "surrogatepass") + b"\xe2\x82",
    "NULs": lambda text: text.replace('":"', '":"\x00', 1).encode("utf-8", "surrogatepass"),
}

CHARSETS = tuple(_CHARSETS)
"""Names of encodings that are not UTF-8, or not legal UTF-8."""

WHOLLY_FOREIGN = frozenset(
    {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "EBCDIC", "latin-1", "overlong", "CESU-8", "five bytes",
     "lone continuation", "cut character"}
)  # fmt: skip
"""Those whose bytes are not UTF-8, so that the body is a finding and no answer."""

EVERYWHERE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "EBCDIC"})
"""Those that leave no event of a stream legible; with the others one event is a finding, and the rest is there."""


@dataclass(frozen=True)
class Charset(Attack):
    """Encodes the body in another way. `said`: whether the content type names the encoding."""

    layer = Layer.CHARSET
    name: str
    said: bool = False

    def apply(self, draft: Draft) -> None:
        text = draft.body.decode("utf-8", "surrogatepass") if _is_text(draft.body) else draft.body.decode("latin-1")
        before, draft.body = draft.body, _CHARSETS[self.name](text)
        if self.said:
            draft.header(b"content-type", f"application/json; charset={self.name}".encode())
        spoiling = WHOLLY_FOREIGN if draft.events is None else EVERYWHERE
        draft.spoiled = draft.spoiled or (self.name in spoiling and draft.body != before)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def zstd(data: bytes) -> bytes:
    """A Zstandard frame of raw blocks (RFC 8878, section 3.1.1): no compression, so no library is needed."""
    blocks = [data[start : start + 100_000] for start in range(0, len(data), 100_000)] or [b""]
    out = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58"  # no content size; a window of 2 MiB
    for number, block in enumerate(blocks, 1):
        header = (len(block) << 3) | (number == len(blocks))
        out += header.to_bytes(3, "little") + block
    return out


def zstd_bomb(size: int) -> bytes:
    """A Zstandard frame of run-length blocks: 128 KiB of zeros for each four bytes."""
    out = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58"
    count = max(1, size // 131_072)
    for number in range(1, count + 1):
        out += ((131_072 << 3) | (1 << 1) | (number == count)).to_bytes(3, "little") + b"\x00"
    return out


def brotli(data: bytes) -> bytes:
    """A Brotli stream of uncompressed meta-blocks (RFC 7932, section 9.2)."""
    bits: list[int] = []

    def put(value: int, count: int) -> None:
        bits.extend((value >> position) & 1 for position in range(count))

    def fill() -> None:
        bits.extend([0] * (-len(bits) % 8))

    put(0, 1)  # a window of 64 KiB
    out = bytearray()
    for start in range(0, len(data), 65_536):
        block = data[start : start + 65_536]
        put(0, 1)
        put(0, 2)
        put(len(block) - 1, 16)
        put(1, 1)
        fill()
        out += _bytes_of(bits) + block
        bits.clear()
    put(3, 2)
    fill()
    return bytes(out + _bytes_of(bits))


def _bytes_of(bits: list[int]) -> bytes:
    return bytes(
        sum(bit << position for position, bit in enumerate(bits[start : start + 8])) for start in range(0, len(bits), 8)
    )


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _gzip(data: bytes) -> bytes:
    """The same bytes whenever it is called."""
    return gzip.compress(data, mtime=0)


def _gzip_bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b"\x00" * 1_048_576) for _ in range(size // 1_048_576)) + packer.flush()


_BOMB = _gzip_bomb(48 * 1_048_576)

_BROTLI_BOMB = real_brotli.compress(b"\x00" * 48 * 1_048_576, quality=1)

_CODINGS: Mapping[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "gzip": (b"gzip", _gzip),
    "x-gzip": (b"X-GZip", _gzip),
    "gzip of two members": (b"gzip", lambda body: _gzip(body[:50]) + _gzip(body[50:])),
    "gzip of many members": (b"gzip", lambda body: _gzip(b"") * 3_000 + _gzip(body)),
    "deflate": (b"deflate", zlib.compress),
    "bare deflate": (b"deflate", _raw_deflate),
    "br": (b"br", brotli),
    "zstd": (b"zstd", zstd),
    "identity": (b"identity", lambda body: body),
    "empty": (b"", lambda body: body),
    "gzip twice": (b"gzip, gzip", lambda body: _gzip(_gzip(body))),
    "lying gzip": (b"gzip", lambda body: body),
    "lying br": (b"br", lambda body: body),
    "lying zstd": (b"zstd", lambda body: body),
    "unsaid gzip": (b"identity", _gzip),
    "unsaid br": (b"identity", real_brotli.compress),
    "unsaid zstd": (b"", zstd),
    "unsaid bare deflate": (b"identity", _raw_deflate),
    "zstd in br": (b"br", lambda body: real_brotli.compress(zstd(body))),
    "real br": (b"Br", real_brotli.compress),
    "br bomb": (b"br", lambda body: _BROTLI_BOMB),
    "huge window": (b"zstd", lambda body: b"\x28\xb5\x2f\xfd\x00\xa0\x09\x00\x00x"),
    "cut gzip": (b"gzip", lambda body: _gzip(body)[:-9]),
    "cut zstd": (b"zstd", lambda body: zstd(body)[:-3]),
    "cut br": (b"br", lambda body: brotli(body)[:-5]),
    "gzip and more": (b"gzip", lambda body: _gzip(body) + b"trailing"),
    "broken checksum": (b"gzip", lambda body: _gzip(body)[:-8] + b"\x00" * 8),
    "unknown": (b"x-rot13", lambda body: body),
    "many": (b"gzip," * 40 + b"gzip", _gzip),
    "gzip bomb": (b"gzip", lambda body: _BOMB),
    "bomb in a bomb": (b"gzip, gzip", lambda body: _gzip(_BOMB)),
    "zstd bomb": (b"zstd", lambda body: zstd_bomb(48 * 1_048_576)),
}

CODINGS = tuple(_CODINGS)
"""Names of content codings, honest and lying."""

SPOILING_CODINGS = frozenset(
    {"lying gzip", "lying br", "lying zstd", "unsaid gzip", "unsaid br", "unsaid zstd",
     "unsaid bare deflate", "zstd in br", "br bomb", "huge window", "cut gzip",
     "cut zstd", "cut br", "unknown", "gzip bomb",
     "bomb in a bomb", "zstd bomb", "many", "broken checksum"}
)  # fmt: skip
"""Those after which the body is no answer, or not a whole one."""

ENDING_EARLY = frozenset({"cut gzip", "cut zstd", "cut br", "broken checksum"})
"""Those of them that spoil the end only: the events of a stream before it are there."""


@dataclass(frozen=True)
class Coding(Attack):
    """Packs the body, or says that it is packed."""

    layer = Layer.CODING
    name: str

    def apply(self, draft: Draft) -> None:
        if draft.packed:
            return  # a second coding would make a lie of the first, or the truth of a lie
        draft.packed = True
        said, pack = _CODINGS[self.name]
        draft.body = pack(draft.body)
        draft.header(b"content-encoding", said)
        spoiling = SPOILING_CODINGS if draft.events is None else SPOILING_CODINGS - ENDING_EARLY
        draft.spoiled = draft.spoiled or self.name in spoiling
