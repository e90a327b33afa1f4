"""What an SDK says beside its types: headers, deprecated models, what its fields mean. `specs/sdk_notes.yaml` keeps it.

The document has no place for it, so it is compared with what was noted of the release that `specs/drift.yaml` explains.
Texts are kept as digests: a change is what counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import yaml

from conformance.base.pointer import join
from conformance.model import Json
from conformance.sdk_drift.methods import Lookup, headers_of
from conformance.sdk_drift.structure import Difference, Kind, Place, Scope
from conformance.standard.source import check_shape, load_yaml

FILE = "sdk_notes.yaml"

HEADERS, DEPRECATED, DOCS = "headers", "deprecated", "docs"

_NOTED = ("accept", "content-type", "anthropic-")
"""The headers of every request that are noted, by the start of their names. Others depend on machine and release."""

_CREDENTIALS = ("authorization", "x-api-key")
"""The headers of which only the name is noted."""

_TABLES = (
    (DEPRECATED, ("_data.DEPRECATED_MODELS", "resources.messages.messages.DEPRECATED_MODELS")),
    ("thinking-enabled-warns", ("_data.MODELS_TO_WARN_WITH_THINKING_ENABLED",)),
)
_HEAD = """\
# What the release of the official Python SDK that drift.yaml explains says beside its types: the headers that it sends,
# the models that it calls deprecated, and digests of what it says of each field. `messages-conformance drift --note`
# writes this file; read what has changed before you do.
"""

_LETTERS = str.maketrans("0123456789", "ghijklmnop")

_LISTS: Json = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
}
_SHAPE: Json = {"type": "object", "required": [HEADERS, DEPRECATED, DOCS], "additionalProperties": _LISTS}

Docs = Mapping[Place, Collection[tuple[Scope, str]]]
"""The texts about the fields that both sides have, each with the half of the SDK that it comes from, by place."""

Notes = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Kind of note -> what it is about -> what is said of it."""


def notes_of(lookup: Lookup, headers: Mapping[str, str], docs: Docs) -> Notes:
    """What an SDK says. `headers` are those of every request, `docs` the texts about fields."""
    sent = {name.lower(): value for name, value in headers.items()}
    of_all: dict[str, tuple[str, ...]] = {name: () for name in _CREDENTIALS if name in sent}
    of_all |= {name: (value,) for name, value in sent.items() if name.startswith(_NOTED)}
    of_one: dict[str, set[str]] = {}
    for operation, name in headers_of(lookup):
        of_one.setdefault(operation, set()).add(name)
    notes: dict[str, Mapping[str, tuple[str, ...]]] = {
        HEADERS: of_all | {operation: tuple(sorted(names)) for operation, names in of_one.items()},
        DOCS: {"/".join(place): tuple(_digests(texts)) for place, texts in docs.items() if texts},
    }
    for kind, names in _TABLES:
        table = next((found for name in names if (found := lookup(name)) is not None), ())
        notes[kind] = {model: (str(table[model]),) if isinstance(table, Mapping) else () for model in table}
    return notes


def read_notes(path: Path) -> Notes:
    """The notes in a file. Raises SourceError, with file and line, for what does not fit the schema."""
    data = load_yaml(path)
    check_shape(data, _SHAPE, path)
    return {kind: {name: tuple(said) for name, said in each.items()} for kind, each in data.items()}


def written(notes: Notes) -> str:
    """The text of a file with these notes."""
    plain = {kind: {name: list(each[name]) for name in sorted(each)} for kind, each in notes.items()}
    return _HEAD + yaml.safe_dump(plain, sort_keys=True, width=1000, default_flow_style=None)


def differences_of(now: Notes, noted: Notes, docs: Docs) -> Iterator[Difference]:
    """What an SDK says now and did not when it was noted, and the reverse. `docs` are the texts about fields.

    A field that is gone is a difference of types and not repeated here.
    """
    said = {_digest(text): text for each in docs.values() for _, text in each}
    for kind in sorted(now.keys() | noted.keys()):
        ours, theirs = noted.get(kind, {}), now.get(kind, {})
        for name in sorted(ours.keys() | theirs.keys()):
            steps = tuple(name.split("/"))
            if kind != DOCS:
                yield from _one((kind, *steps), ours.get(name), theirs.get(name))
            elif steps in docs:
                yield from _text((kind, *steps), ours.get(name, ()), theirs.get(name, ()), said)


def _one(place: Place, ours: Sequence[str] | None, theirs: Sequence[str] | None) -> Iterator[Difference]:
    """What is new, or else what is gone. A note may say nothing but that something is there."""
    new = [each for each in theirs or () if each not in (ours or ())] or ([""] if ours is None else [])
    gone = [each for each in ours or () if each not in (theirs or ())] or ([""] if theirs is None else [])
    kind = Kind.SDK_NOTE if new else Kind.DOCUMENT_NOTE
    for value in new or gone:
        yield Difference(kind, place, tuple(Scope), "", _pointer(place), value)


def _text(place: Place, ours: Sequence[str], theirs: Sequence[str], said: Mapping[str, str]) -> Iterator[Difference]:
    """One difference where a text about a field is new, or else gone, in either half of the SDK."""
    new = [each for each in theirs if each not in ours]
    if new:
        text = said[new[0].partition(" ")[0]]
        yield Difference(Kind.SDK_NOTE, place, tuple(Scope), "", _pointer(place), outline=text)
    elif set(ours) - set(theirs):
        yield Difference(Kind.DOCUMENT_NOTE, place, tuple(Scope), "", _pointer(place))


def _pointer(place: Place) -> str:
    return join("", place[0], "/".join(place[1:]))


def _digests(texts: Collection[tuple[Scope, str]]) -> Iterator[str]:
    """The digest of each text, with the half of the SDK where only one says it."""
    halves: dict[str, set[Scope]] = {}
    for scope, text in texts:
        halves.setdefault(_digest(text), set()).add(scope)
    for digest in sorted(halves):
        yield digest if len(halves[digest]) == len(Scope) else f"{digest} ({min(halves[digest])})"


def _digest(text: str) -> str:
    """Letters only, so that YAML never takes one for a number."""
    return sha256(" ".join(text.split()).encode()).hexdigest()[:10].translate(_LETTERS)
