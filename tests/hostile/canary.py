"""A credential that must turn up nowhere: how it can be spelled, and where it is looked for."""

from __future__ import annotations

import html
import json
import random
import re
import string
from base64 import b64decode, b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

LETTERS = string.ascii_letters + string.digits
MARKS = "-_.~+/=!$%&'*^|@:;,#?\"\\<>()[]{}"
"""What a key may hold beside letters and digits: every visible ASCII character is legal in a header."""


def make(seed: int, length: int, *, marks: bool) -> str:
    """A random key. The seed makes it, so that what is found does not shrink to a key that occurs everywhere."""
    dice = random.Random(seed)
    first = dice.choice(LETTERS)
    return first + "".join(dice.choice(LETTERS + (MARKS if marks else "-_")) for _ in range(length - 1))


def _units(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _nested(text: str, depth: int) -> str:
    for _ in range(depth):
        text = _escaped(text)
    return text


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "inside": lambda key: f"xx{key}yy",
    "spoken": lambda key: f"the key {key} is not valid",
    "json": _escaped,
    "json units": _units,
    "json twice": lambda key: _nested(_units(key), 1),
    "json four times": lambda key: _nested(_units(key), 3),
    "json six times": lambda key: _nested(f'"{key}"', 5),
    "base64": lambda key: b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: b64encode(b"Bearer " + key.encode()).decode(),
    "base64 of more": lambda key: b64encode(b"user:" + key.encode() + b"@host").decode(),
    "base64 for URLs": lambda key: urlsafe_b64encode(b"a" + key.encode()).decode().rstrip("="),
    "base64 of escapes": lambda key: b64encode(_units(key).encode()).decode(),
    "base64 twice": lambda key: b64encode(b64encode(f"key: {key}".encode())).decode(),
    "base64 in lines": lambda key: _escaped(encodebytes(b"x" * 40 + key.encode() + b"y" * 70).decode()),
    "base64 of UTF-16": lambda key: b64encode(key.encode("utf-16")).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "program": lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    "URL": lambda key: quote(key, safe=""),
    "URL throughout": lambda key: "".join(f"%{ord(char):02x}" for char in key),
    "URL twice": lambda key: quote("".join(f"%{ord(char):02X}" for char in key), safe=""),
    "query": lambda key: f"https://example.org/?api_key={quote(key, safe='')}&n=1",
    "HTML": lambda key: html.escape(key),
    "HTML throughout": lambda key: "".join(f"&#{ord(char)};" for char in key),
}
"""Ways to write a key in text. DESIGN.md, section 9, promises that none of them is written."""


@dataclass(frozen=True)
class Leak:
    """A key that was found: in which file, and how it is spelled there."""

    file: str
    how: str
    around: str

    def __str__(self) -> str:
        return f"{self.file}: {self.how}: {self.around!r}"


def leaks(keys: str | Sequence[str], file: str, data: bytes) -> list[Leak]:
    """The places where keys of eight or more characters are in what was written."""
    wanted = [keys] if isinstance(keys, str) else keys
    needles = [(key.lower(), key.encode().hex(), tuple(_base64_needles(key))) for key in wanted]
    found = []
    for how, view in _views(data):
        folded = view.lower()
        for plain, hexadecimal, packed in needles:
            at = max(folded.find(plain), folded.find(hexadecimal), *map(view.find, packed))
            if at >= 0:
                found.append(Leak(file, how, view[max(0, at - 30) : at + 50]))
    return found


def leaks_short(key: str, file: str, data: bytes) -> list[Leak]:
    """The places where a key of one to seven characters is a whole JSON string, header, or part of a URL."""
    found = []
    text = data.decode("utf-8", "replace")
    for record in _records(text):
        for place, value in _strings(record, ""):
            found += [Leak(file, place, value)] if _is_whole(key, value) else []
        for what, inner in _bodies(record):
            for value in _values_of(inner):
                found += [Leak(file, f"{what} {place}", text) for place, text in _strings(value, "") if text == key]
    return found


def _is_whole(key: str, value: str) -> bool:
    if value == key:
        return True
    return "://" in value and len(value) < 2_000 and key in re.split(r"[/?#&=@:]", unquote(value))


def _values_of(body: bytes) -> Iterator[Any]:
    yield from _records(body.decode("utf-8", "replace"))
    yield from _stream(body)


def _views(data: bytes) -> Iterator[tuple[str, str]]:
    """All texts that a reader can make of a file: itself, the bodies in it, and each without its escapes."""
    text = data.decode("utf-8", "replace")
    yield from _texts("text", text)
    for record in _records(text):
        for what, body in _bodies(record):
            yield from _texts(what, body.replace(b"\0", b"").decode("utf-8", "replace"))
            for name, joined in _joined(body):
                yield from _texts(f"{what}, {name} joined", joined)


def _texts(how: str, text: str, packed: int = 0) -> Iterator[tuple[str, str]]:
    form = text
    for depth, form in enumerate(_forms(text)):
        yield f"{how}, undone {depth} times", form
    for outer in {text, form} if packed < 2 else ():
        runs = [re.sub(r"\\+[nr]|\s", "", run).translate(_STANDARD) for run in _BASE64.findall(outer)]
        inner = b"\n".join(b64decode(run + "A" * (-len(run) % 4)) for run in runs)
        if inner:
            yield from _texts(f"{how}, in base64", inner.replace(b"\0", b"").decode("utf-8", "replace"), packed + 1)


def _base64_needles(key: str) -> Iterator[str]:
    """Base64 of the key at each of the three positions, without the characters that its neighbours decide."""
    raw = key.encode()
    for encoder in (b64encode, urlsafe_b64encode):
        for shift in range(3):
            whole = encoder(b"\0" * shift + raw).decode()
            yield whole[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]


def _forms(text: str) -> Iterator[str]:
    """The text, and what it becomes when its escapes are undone again and again."""
    form = text
    for _ in range(8):
        yield form
        undone = _undone(form)
        if undone == form:
            return
        form = undone


_STANDARD = {ord("-"): "+", ord("_"): "/"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:(?:\\+[nr]|\n)[A-Za-z0-9+/_-]+)*")
_JSON_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/]))')


def _undone(text: str) -> str:
    plain = _JSON_ESCAPE.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else found[3], text
    )
    return html.unescape(unquote(plain)) if "%" in plain or "&" in plain else plain


def _records(text: str) -> Iterator[Any]:
    """The JSON values of a file: the whole, or one a line."""
    try:
        yield json.loads(text)
        return
    except (ValueError, RecursionError):
        pass
    for line in text.splitlines():
        if line[:1] in ("{", "[", '"'):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def _strings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield f"{place} (name)", name
            yield from _strings(item, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{place}/{index}")


def _bodies(record: Any) -> Iterator[tuple[str, bytes]]:
    """The bodies of an exchange in a journal, in one piece."""
    exchange = record.get("exchange", record) if isinstance(record, dict) else None
    if not isinstance(exchange, dict):
        return
    request, response = exchange.get("request"), exchange.get("response")
    if isinstance(request, dict) and "body" in request:
        yield "request body", _bytes(request["body"])
    if isinstance(response, dict) and isinstance(response.get("chunks"), list):
        yield "response body", b"".join(_bytes(chunk[1]) for chunk in response["chunks"])


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return b64decode(value["b64"]) if isinstance(value, dict) and "b64" in value else b""


def _stream(data: bytes) -> Iterator[Any]:
    for line in re.split(r"\r\n|\r|\n", data.decode("utf-8", "replace")):
        if line.startswith("data:"):
            yield from _records(line.removeprefix("data:").strip())


def _joined(data: bytes) -> Iterator[tuple[str, str]]:
    """What is in one piece only once the parts of a body are put together, as readers put them together."""
    parts: dict[str, list[str]] = {}
    values = list(_stream(data)) or list(_records(data.decode("utf-8", "replace")))
    for value in values:
        delta = value.get("delta") if isinstance(value, dict) else None
        for place, text in _strings(delta, ""):
            if not place.endswith("/type"):
                parts.setdefault(place, []).append(text)
        content = value.get("content") if isinstance(value, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and isinstance(block.get("text"), str):
                parts.setdefault("text of blocks", []).append(block["text"])
    yield from ((name, "".join(texts)) for name, texts in parts.items())
