"""Values for a JSON Schema, made from the words of a prompt: the input of a call, the data of a structured reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.base.pointer import split
from conformance.model import Json
from conformance.reference.words import codes, dates, names, numbers, plain_words, quoted

_DEEPEST = 8
_FORMATS = {
    "date": "2026-11-22",
    "date-time": "2026-11-22T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "user@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}
_PLACES = ("city", "location", "place", "town", "country", "region", "name", "person", "destination", "origin")


@dataclass
class _Supply:
    """The words that a prompt offers, used from the front while values are made."""

    text: str
    root: dict[str, Json]
    numbers: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)

    @cached_property
    def words(self) -> list[str]:
        """The words of the text."""
        return plain_words(self.text)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words of the text, each once."""
        return frozenset(self.words)

    @cached_property
    def spoken(self) -> str:
        """The words of the text with a space around each."""
        return f" {' '.join(self.words)} "

    @cached_property
    def dates(self) -> list[str]:
        """The dates in the text."""
        return dates(self.text)

    def number(self) -> float | None:
        return self.numbers.pop(0) if self.numbers else None

    def name(self) -> str | None:
        return self.names.pop(0) if len(self.names) > 1 else (self.names[0] if self.names else None)

    def phrase(self) -> str | None:
        return self.phrases.pop(0) if len(self.phrases) > 1 else (self.phrases[0] if self.phrases else None)


def instance(schema: Json, text: str, *, subjects: list[str] | None = None, optional: bool = True) -> Any:
    """A value that is valid for a schema, made from what the text says as far as it says anything.

    `subjects` are the names to use first (one of several cities); with `optional` False, optional properties that the
    text does not mention are left out.
    """
    root = schema if isinstance(schema, dict) else {}
    offered = subjects if subjects is not None else names(text)
    supply = _Supply(text, root, numbers(text), list(offered), [*quoted(text), *codes(text)])
    return _value(root, "", supply, optional, 0)


def subject_of(schema: Json) -> str | None:
    """The property of an object schema that is the subject of a call: a place, a name, or the only required string."""
    properties = _object(_object(schema).get("properties"))
    strings = [name for name, part in properties.items() if _type(_object(part)) == "string" and "enum" not in part]
    for name in strings:
        if any(word in _PLACES for word in plain_words(name)):
            return name
    return None


def _value(schema: Json, name: str, supply: _Supply, optional: bool, depth: int) -> Any:
    schema = _resolved(_object(schema), supply.root)
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return _member(schema["enum"], supply)
    kind = _type(schema)
    if kind == "object":
        return _made_object(schema, supply, optional, depth)
    if kind == "array":
        return _array(schema, name, supply, optional, depth)
    if kind in ("integer", "number"):
        return _number(schema, kind, supply)
    if kind == "boolean":
        return "false" not in supply.vocabulary
    return None if kind == "null" else _string(schema, name, supply)


def _made_object(schema: dict[str, Json], supply: _Supply, optional: bool, depth: int) -> dict[str, Any]:
    properties = _object(schema.get("properties"))
    needed = schema.get("required")
    required = [str(key) for key in needed] if isinstance(needed, list) else []
    needed_keys = frozenset(required)
    made: dict[str, Any] = {}
    for key in [key for key in properties if key in needed_keys]:
        made[key] = _value(properties[key], key, supply, optional, depth + 1)
    for key in required:
        made.setdefault(key, "unknown")
    for key in [key for key in properties if key not in needed_keys]:
        if depth < _DEEPEST and (optional or _mentioned(_object(properties[key]), supply)):
            made[key] = _value(properties[key], key, supply, optional, depth + 1)
    return made


def _array(schema: dict[str, Json], name: str, supply: _Supply, optional: bool, depth: int) -> list[Any]:
    items = _resolved(_object(schema.get("items")), supply.root)
    least = schema.get("minItems")
    fewest = least if isinstance(least, int) else 0
    if depth >= _DEEPEST:
        return []
    kind = _type(items)
    offered = 1
    if "enum" not in items and kind in ("integer", "number"):
        offered = len(supply.numbers)
    elif "enum" not in items and kind == "string":
        offered = len(supply.names or supply.phrases)
    most = schema.get("maxItems")
    count = max(1, fewest, min(offered, most if isinstance(most, int) else 20))
    return [_value(items, name, supply, optional, depth + 1) for _ in range(min(count, 50))]


def _number(schema: dict[str, Json], kind: str, supply: _Supply) -> float | int:
    value = supply.number()
    low, high = schema.get("minimum"), schema.get("maximum")
    if value is None:
        value = float(low) if isinstance(low, int | float) else 1.0
    if isinstance(low, int | float):
        value = max(value, float(low))
    if isinstance(high, int | float):
        value = min(value, float(high))
    return int(value) if kind == "integer" or value.is_integer() else value


def _string(schema: dict[str, Json], name: str, supply: _Supply) -> str:
    form = schema.get("format")
    if supply.dates and (form in ("date", "date-time") or "date" in plain_words(name)):
        return supply.dates[0] if form != "date-time" else f"{supply.dates[0]}T00:00:00Z"
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    place = any(word in _PLACES for word in plain_words(name))
    if place:
        text = supply.name() or supply.phrase()
    elif any(word in ("query", "question", "prompt", "message", "text", "content") for word in plain_words(name)):
        text = supply.phrase() or _shortened(supply.text)
    else:
        text = supply.phrase() or supply.name()
    text = text or _shortened(supply.text) or "example"
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int):
        text = text.ljust(min(least, 1000), ".")
    return text[:most] if isinstance(most, int) else text


def _member(members: list[Json], supply: _Supply) -> Json:
    for member in members:
        if isinstance(member, str) and f" {' '.join(plain_words(member))} " in supply.spoken and member.strip():
            return member
    return members[0]


def _mentioned(schema: dict[str, Json], supply: _Supply) -> bool:
    members = schema.get("enum")
    return isinstance(members, list) and any(isinstance(m, str) and m.lower() in supply.vocabulary for m in members)


def _resolved(schema: dict[str, Json], root: dict[str, Json]) -> dict[str, Json]:
    for _ in range(_DEEPEST):
        reference = schema.get("$ref")
        union = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(reference, str):
            target: Json = root
            for part in split(reference.removeprefix("#")):
                target = _object(target).get(part)
            schema = _object(target)
        elif isinstance(union, list) and union:
            plain = [_object(part) for part in union if _object(part).get("type") != "null"]
            schema = plain[0] if plain else {"type": "null"}
        elif isinstance(schema.get("allOf"), list) and schema["allOf"] and "properties" not in schema:
            schema = _object(schema["allOf"][0])
        else:
            break
    return schema


def _type(schema: dict[str, Json]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((item for item in kind if item != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else ("array" if "items" in schema else "string")


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _shortened(text: str) -> str:
    return " ".join(text[:2_000].split())[:80].strip()
