"""The vocabulary of the comparison: what the types of an SDK and the schemas of the document have in common.

`sdk.py` and `schema.py` read the two sides into it; `compare.py` compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from conformance.model import Json

Handle = Any
"""A type of the SDK or a schema of the document. Only the side that returned it can read it."""

Place = tuple[str, ...]
"""A component of the document (or an operation) and the steps below it: `("Usage", "service_tier")`."""

ITEMS = "items"
"""The step of a place from an array to its items."""


class Scope(StrEnum):
    """Which half of the SDK was read: what is generally available, or the `beta` namespace."""

    GA = "ga"
    BETA = "beta"


class Half(StrEnum):
    """The half of an exchange that a type belongs to.

    Requests are closed and fully typed; responses are open, so not everything has to agree there.
    """

    REQUEST = "request"
    ANSWER = "answer"


class Kind(StrEnum):
    """What differs. The first word says who has more: the SDK or the document."""

    SDK_FIELD = "sdk-field"
    DOCUMENT_FIELD = "document-field"
    SDK_REQUIRED = "sdk-required"
    DOCUMENT_REQUIRED = "document-required"
    SDK_NULLABLE = "sdk-nullable"
    DOCUMENT_NULLABLE = "document-nullable"
    SDK_OBJECT = "sdk-object"
    DOCUMENT_OBJECT = "document-object"
    SDK_MEMBER = "sdk-member"
    DOCUMENT_MEMBER = "document-member"
    SDK_VALUE = "sdk-value"
    DOCUMENT_VALUE = "document-value"
    SDK_LIST = "sdk-list"
    DOCUMENT_LIST = "document-list"
    SDK_OPEN = "sdk-open"
    DOCUMENT_OPEN = "document-open"
    SDK_TYPE = "sdk-type"
    DOCUMENT_TYPE = "document-type"
    DOCUMENT_ROOT = "document-root"
    SDK_NOTE = "sdk-note"
    DOCUMENT_NOTE = "document-note"


@dataclass(frozen=True)
class Shape:
    """The values that a type or schema allows.

    `types` are JSON types (empty: any value) and `values` the known values of an enumeration; `open` means that other
    values are legal too. `objects` are the alternatives with named fields, and `tag` is their discriminating field, if
    declared. `items` is the type of array items (None: anything). `place` and `pointer` locate the schema in the
    document; a component that several fields refer to is one place.
    """

    types: frozenset[str] = frozenset()
    values: frozenset[Json] | None = None
    open: bool = False
    items: Handle | None = None
    objects: tuple[Handle, ...] = ()
    tag: str | None = None
    place: Place = ()
    pointer: str = ""

    @property
    def nullable(self) -> bool:
        """Whether null is listed as legal. Meaningless if any value is."""
        return "null" in self.types


@dataclass(frozen=True)
class Field:
    """A field of an object. `owner` is the object that it comes from, if several were merged; `docs` are its texts."""

    handle: Handle
    required: bool
    owner: str = ""
    docs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thing:
    """An object with named fields. `name` identifies it on its side: a class, or a JSON pointer."""

    name: str
    fields: Mapping[str, Field]
    place: Place = ()


@dataclass(frozen=True)
class Either:
    """A handle for "one of these", if a field has several types on one side. Both sides can read it."""

    handles: tuple[Handle, ...]


class Side(Protocol):
    """One of the two sides of the comparison."""

    def shape(self, handle: Handle) -> Shape:
        """The values that a type allows."""
        ...

    def thing(self, handle: Handle) -> Thing:
        """One of the `objects` of a shape."""
        ...


@dataclass(frozen=True)
class Difference:
    """One place where the two sides differ.

    `id` is the same in every release: kind, place, and the value or member if the difference concerns one. `sdk` is the
    class and field in the SDK, `pointer` the JSON pointer in the document; the side that lacks the place names its
    nearest one. `outline` describes what the side with more has there.
    """

    kind: Kind
    place: Place
    scopes: tuple[Scope, ...]
    sdk: str
    pointer: str
    value: str = ""
    outline: str = ""

    @property
    def id(self) -> str:
        """For example `sdk-value Usage/service_tier=flex`."""
        return f"{self.kind} {'/'.join(self.place)}{f'={self.value}' if self.value else ''}"
