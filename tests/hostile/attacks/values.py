"""Attacks on the values of an answer: any value at any place of a Message, an event, an error or a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hostile.attacks.attack import Attack, Layer
from hostile.canary import SPELLINGS
from hostile.draft import Draft, Pairs, Raw

_TEXT: Mapping[str, str] = {
    "empty": "",
    "blank": " \t\r\n ",
    "long": "x" * 70_000,
    "long words": "lorem ipsum " * 4_000,
    "ANSI": "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x1b[31mred",
    "C1 controls": "\x9b31m\x85\x90",
    "NUL": "a\x00b",
    "bidi": "\u202egnp.exe\u2066\u2069\u200b\ufeff",
    "line separators": "a\u2028b\u2029c\x0b\x0c",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "astral": "\U0001f600" * 40,
    "combining": "a" + "\u0300" * 2_000,
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&lt;",
    "Markdown": "](http://evil.example) | `x` ```\n# head\n<!-- -->",
    "CDATA": "]]><x/><![CDATA[",
    "workflow": "::error file=x::owned\n::set-output name=a::b\n##[error]x",
    "format": "%s %n {0} {x!r} ${jndi:ldap://x} $(id) `id`",
    "path": "../../../../etc/passwd\x00",
    "formula": "=cmd|' /C calc'!A0",
    "date": "9999-99-99T99:99:99Z",
    "early date": "0000-00-00",
    "number": "1e999",
    "digits": "9" * 5_000,
    "backslashes": "\\" * 3_001,
    "quotes": '"' * 999,
}

_VALUE: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "half": 0.5,
    "beyond 2^53": 2**53 + 1,
    "beyond 2^63": 2**63,
    "400 digits": Raw("1" * 400),
    "5000 digits": Raw("1" * 5_000),
    "1e999": Raw("1e999"),
    "minus 1e999": Raw("-1e999"),
    "1e-999": Raw("1e-999"),
    "minus zero": Raw("-0"),
    "NaN": Raw("NaN"),
    "Infinity": Raw("-Infinity"),
    "lone surrogate": "a\ud800b",
    "escaped surrogate": Raw('"a\\ud800b"'),
    "swapped surrogates": Raw('"\\udc00\\ud800"'),
    "overlong escape": Raw('"\\u0000\\u001b[2J"'),
    "empty list": [],
    "list": [1, "a", None, [], {}],
    "long list": [0] * 3_000,
    "empty object": {},
    "names": {"": 1, "type": 2, "__proto__": {"x": 1}, "a/b~c": 3, "\x1b[2J": 4, "\ud800": 5},
    "many names": {f"k{number}": number for number in range(1_500)},
    "twice": Pairs([("type", "text"), ("type", "tool_use"), ("id", 1), ("id", "a")]),
    "deep": Raw("[" * 90 + "]" * 90),
    "deeper": Raw('{"a":' * 900 + "1" + "}" * 900),
    "deepest": Raw("[" * 100_000 + "]" * 100_000),
    "error": {"type": "error", "error": {"type": "overloaded_error", "message": "x"}},
    "text block": {"type": "text", "text": "hi"},
    "tool block": {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
    "thinking block": {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
}

VALUES: Mapping[str, Any] = {**_VALUE, **{f"{name} text": text for name, text in _TEXT.items()}}
"""Hostile values by name."""


@dataclass(frozen=True)
class Edit(Attack):
    """Puts a value at a place, takes the place away, or names it twice. `place` counts all places, modulo their number.

    `event` chooses the event where the answer is a stream.
    """

    layer = Layer.VALUE
    place: int
    what: str
    how: str = "replace"
    event: int = 0

    def apply(self, draft: Draft) -> None:
        _edit(draft, self.event, self.place, self.how, VALUES[self.what])


@dataclass(frozen=True)
class Literal(Attack):
    """Puts any JSON value at a place."""

    layer = Layer.VALUE
    place: int
    value: Any
    event: int = 0

    def apply(self, draft: Draft) -> None:
        _edit(draft, self.event, self.place, "replace", self.value)


@dataclass(frozen=True)
class Spoken(Attack):
    """Puts the client's key at a place, in some spelling, as a value or as a name."""

    layer = Layer.VALUE
    place: int
    spelling: str
    how: str = "replace"
    event: int = 0

    def apply(self, draft: Draft) -> None:
        text = SPELLINGS[self.spelling](draft.key)
        if self.how == "raw" and "\\u" in text and '"' not in text:
            _edit(draft, self.event, self.place, "replace", Raw(f'"{text}"'))
        elif self.how == "name":
            _edit(draft, self.event, self.place, "replace", {text: 1})
        else:
            _edit(draft, self.event, self.place, "replace", text)


@dataclass(frozen=True)
class SpokenInStream(Attack):
    """Lets the model say the client's key, a few characters in each delta."""

    layer = Layer.VALUE
    size: int
    kind: str
    spelling: str
    hop: bool = False

    def apply(self, draft: Draft) -> None:
        text = SPELLINGS[self.spelling](draft.key)
        if draft.events is None:
            block = {"type": "text", "text": text[:5]}
            rest = {"type": "text", "text": text[5:]}
            if isinstance(draft.value, dict) and isinstance(draft.value.get("content"), list):
                draft.value["content"][:0] = [block, rest]
            return
        delta, name = {
            "text": ("text_delta", "text"),
            "thinking": ("thinking_delta", "thinking"),
            "input": ("input_json_delta", "partial_json"),
            "signature": ("signature_delta", "signature"),
            "unknown": ("delta_of_tomorrow", "piece"),
            "deep": ("delta_of_tomorrow", "deep"),
        }[self.kind]
        said = encode_input(text) if self.kind == "input" else text
        pieces = [said[start : start + self.size] for start in range(0, len(said), self.size)]
        index = next((number for number, (event, _) in enumerate(draft.events) if event == "content_block_stop"), None)
        if index is None:
            return
        block = draft.events[index][1].get("index", 0) if isinstance(draft.events[index][1], dict) else 0
        added: list[tuple[str | None, Any]] = []
        for number, piece in enumerate(pieces):
            more: Any = {"a": [{"deep": piece}]} if self.kind == "deep" else {name: piece}
            data = {"type": "content_block_delta", "index": block, "delta": {"type": delta, **more}}
            added.append(("content_block_delta", data))
            if self.hop and number % 3 == 0:
                added.append(("ping", {"type": "ping"}))
        draft.events[index:index] = added


def encode_input(text: str) -> str:
    """The JSON text of a tool's input that holds a text."""
    escaped = "".join(f"\\u{ord(char):04x}" if number % 2 else char for number, char in enumerate(text))
    return '{"a":"' + escaped.replace('"', '\\"') + '"}'


def _edit(draft: Draft, event: int, place: int, how: str, value: Any) -> None:
    if draft.events is not None:
        if not draft.events:
            return
        index = event % len(draft.events)
        name, data = draft.events[index]
        draft.events[index] = (name, edited(data, place, how, value))
    else:
        draft.value = edited(draft.value, place, how, value)


def edited(value: Any, place: int, how: str, given: Any) -> Any:
    """The value with a change at one of its places. Place 0 is the value itself."""
    put = deepcopy(given)  # a later attack may change it
    spots = list(places(value))
    if not spots or place % (len(spots) + 1) == 0:
        return value if how == "remove" else put
    parent, key = spots[place % (len(spots) + 1) - 1]
    match how:
        case "remove" if isinstance(parent, dict):
            parent.pop(key, None)
        case "twice" if isinstance(parent, dict):
            return _replaced(value, parent, Pairs([*parent.items(), (str(key), put)]))
        case "add" if isinstance(parent, dict):
            parent[f"{key}_"] = put
        case "add" | "twice" if isinstance(parent, list):
            parent.insert(key, put)
        case _:
            parent[key] = put
    return value


def _replaced(value: Any, old: Any, new: Any) -> Any:
    if value is old:
        return new
    for parent, key in places(value):
        if parent[key] is old:
            parent[key] = new
            break
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a value, as a container and a key of it."""
    if isinstance(value, dict):
        for name in list(value):
            yield value, name
            yield from places(value[name])
    elif isinstance(value, list) and not isinstance(value, Pairs):
        for index in range(min(len(value), 50)):
            yield value, index
            yield from places(value[index])
