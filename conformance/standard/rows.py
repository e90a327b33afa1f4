"""What could be judged: every member of a reply, and everything that a request can hold, by the OpenAPI document.

A row has one or two cells, each a way in which an endpoint can get it wrong. Of the pairs that have to agree, those
follow from the document that pair a member with itself in another place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from conformance.base.values import MISSING
from conformance.model import Json
from conformance.standard.betas import beta_names
from conformance.standard.document import Document
from conformance.standard.members import AtKey, EachItem, OfKind, OfType, Path, SchemaMember, members, text_of, types_of


class Section(StrEnum):
    """A part of the table."""

    REPLIES = "replies"
    EVENTS = "events"
    HEADERS = "headers"
    PAIRS = "pairs"
    HISTORY = "history"
    REQUESTS = "requests"
    PARAMETERS = "parameters"
    TIMING = "timing"


MISSING_MEMBER: Final = "missing"
WRONG_TYPE: Final = "wrong type"
REFUSED: Final = "refused"
DROPPED: Final = "dropped"
BROKEN: Final = "broken"


@dataclass(frozen=True)
class Subject:
    """One thing that could be judged.

    `cells` are the ways to get it wrong. `root` is what it is in: `answer`, `event message_start`, `count`, `models`,
    `model`, `error`, `request`, the name of a header. `paths` lead to it from there; a request feature can be in
    several places. `value` is set where the row is about one value of a member, `required` where the object around
    it needs it.
    """

    id: str
    section: Section
    cells: tuple[str, ...]
    root: str = ""
    paths: tuple[Path, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict, compare=False)
    value: Json = field(default=MISSING, compare=False)
    required: bool = False


ROOTS: Final[Mapping[str, str]] = {
    "answer": "Message",
    "count": "MessageTokensCount",
    "models": "ModelsPage",
    "model": "ModelInfo",
    "error": "ErrorResponse",
}
"""The JSON bodies of replies, and the components that describe them."""

WRONG_VALUES: Final[tuple[Json, ...]] = (7, "conformance", {"conformance": True})
"""One of these has a type that a member does not admit, unless it admits everything."""

_MOST_KINDS: Final = 3
"""Kinds on the path to a row of a history: the role, the block, and what is in the block. Elsewhere one is enough."""


def rows(document: Document) -> tuple[Subject, ...]:
    """The rows that follow from the document, in the order of the sections."""
    return (
        *_replies(document),
        *_events(document),
        *_headers(document),
        *_pairs(document),
        *_requests(document),
        *_parameters(document),
    )


def wrong_value(document: Document, schema: Mapping[str, Any]) -> Json:
    """A value of a type that a schema does not admit, or MISSING where it admits every type that we try."""
    types = types_of(document, schema)
    fits = {0: {"integer", "number"}, 1: {"string"}, 2: {"object"}}
    wrong = (value for number, value in enumerate(WRONG_VALUES) if types and not types & fits[number])
    return next(wrong, MISSING)


def _replies(document: Document) -> Iterator[Subject]:
    for root, component in ROOTS.items():
        for member in members(document, component):
            shallow = root != "model" or len(member.path) == 1  # the rest is that of the list
            if shallow and not isinstance(member.path[-1], OfKind | OfType):
                yield _of_reply(document, Section.REPLIES, root, member)


def _events(document: Document) -> Iterator[Subject]:
    for event, component in document.members("RawMessageStreamEvent").items():
        for member in members(document, component):
            if not isinstance(member.path[-1], OfKind | OfType) and _is_in_event(event, member.path):
                yield _of_reply(document, Section.EVENTS, f"event {event}", member)


def _is_in_event(event: str, path: Path) -> bool:
    """Whether a member can be in an event: a Message starts empty, and a block without what its deltas bring.

    What is inside the members of a block is in the rows of the answer.
    """
    if event == "message_start":
        return len(path) <= 2 + (path[1:2] == (AtKey("usage"),))
    return event != "content_block_start" or len(path) <= 3


def _of_reply(document: Document, section: Section, root: str, member: SchemaMember) -> Subject:
    wrong = wrong_value(document, member.schema) is not MISSING
    cells = ((MISSING_MEMBER,) if member.required else ()) + ((WRONG_TYPE,) if wrong else ())
    return Subject(
        f"{root}: {member.text}", section, cells, root, (member.path,), member.schema, required=member.required
    )


def _headers(document: Document) -> Iterator[Subject]:
    found: dict[str, Mapping[str, Any]] = {}
    for _, operation in _operations(document):
        for response in operation["responses"].values():
            for name, header in _followed(document, response).get("headers", {}).items():
                found[name] = _followed(document, header)
    for name, header in found.items():
        schema = header["schema"]
        checkable = types_of(document, schema) != {"string"} or "format" in schema or "enum" in schema
        cells = ((MISSING_MEMBER,) if header.get("required") else ()) + ((WRONG_TYPE,) if checkable else ())
        yield Subject(f"header: {name}", Section.HEADERS, cells, name, schema=schema)


_ONE_VALUE: Final = ("type", "role", "usage")
"""Members of a Message that cannot differ: they have one value, or are judged member by member."""


def _pairs(document: Document) -> Iterator[Subject]:
    """A member in both modes, in both ends of a stream, in a count and in usage, in the list of models and in use."""

    def named(component: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = document.schema(component).get("properties", {})
        return found

    usage = [f"usage.{name}" for name in named("Usage")]
    pairs = [f"stream and JSON reply: {name}" for name in (*named("Message"), *usage) if name not in _ONE_VALUE]
    pairs += [f"message_start and message_delta: usage.{name}" for name in named("MessageDeltaUsage")]
    pairs += [f"message_start and message_delta: {name}" for name in named("Delta")]
    pairs += [f"count_tokens and usage: {name}" for name in named("MessageCountTokensParams") if name != "model"]
    pairs += [f"list and use: {name}" for name in ("id", "max_tokens", "max_input_tokens", "lifecycle")]
    pairs += [f"list and use: capabilities.{name}" for name in named("ModelCapabilities")]
    statuses = [each for _, operation in _operations(document) for each in operation["responses"] if each.isdecimal()]
    pairs += [f"status and error type: {status}" for status in sorted({*statuses} - {"200"})]
    pairs += [f"request and reply: {name}" for name in named("MessageCreateParams") if name != "messages"]
    for pair in pairs:
        yield Subject(pair, Section.PAIRS, (BROKEN,))


def _requests(document: Document) -> Iterator[Subject]:
    every = members(document, "MessageCreateParams")
    required = {member.path: member.required for member in every}
    features: dict[str, list[SchemaMember]] = {}
    for member in every:
        inside = member.path[0] == AtKey("messages")
        if member.name:
            if "const" not in document.resolve(member.schema):
                features.setdefault(f"{member.component}.{member.name}", []).append(member)
        elif not isinstance(member.path[-1], EachItem) and _kinds(member.path) <= (_MOST_KINDS if inside else 1):
            section = Section.HISTORY if inside else Section.REQUESTS
            droppable = isinstance(member.path[-1], OfKind) and not required.get(member.path[:-1], False)
            cells = (REFUSED, DROPPED) if droppable else (REFUSED,)
            yield Subject(f"request: {member.text}", section, cells, "request", (member.path,), member.schema)
    for name, places in features.items():
        yield from _feature(document, name, places)


def _kinds(path: Path) -> int:
    return sum(isinstance(step, OfKind) for step in path)


def _feature(document: Document, name: str, places: list[SchemaMember]) -> Iterator[Subject]:
    schema, paths = document.resolve(places[0].schema), tuple(member.path for member in places)
    title = f"request: {name}" if len(places) > 1 else f"request: {text_of(paths[0])}"
    replaceable = not places[0].required or neutral_value(schema) is not MISSING
    cells = (REFUSED, DROPPED) if replaceable else (REFUSED,)
    yield Subject(title, Section.REQUESTS, cells, "request", paths, places[0].schema, required=places[0].required)
    values = [] if places[0].name == "error_code" else [value for value in schema.get("enum", ()) if value is not None]
    for value in values if len(values) > 1 else ():
        yield Subject(f"{title} = {value}", Section.REQUESTS, (REFUSED,), "request", paths, places[0].schema, value)


def neutral_value(schema: Mapping[str, Any]) -> Json:
    """What a request could hold in place of a required member without being about the same; MISSING where none fits."""
    if "enum" in schema or "const" in schema:
        return MISSING
    return {"string": "conformance", "integer": 4096}.get(str(schema.get("type")), MISSING)


def _parameters(document: Document) -> Iterator[Subject]:
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for where, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            each = _followed(document, parameter)
            if each["in"] == "header":
                found[f"header: {each['name']} of a request"] = (each["name"], each)
            elif each["in"] == "query":
                found[f"query: {each['name']} of {where}"] = (each["name"], each)
    for title, (name, parameter) in found.items():
        yield Subject(title, Section.PARAMETERS, (REFUSED, DROPPED), name, schema=parameter)
    for name in beta_names(document.folder):
        yield Subject(f"beta: {name}", Section.PARAMETERS, (REFUSED,), name)


def _operations(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The operations that are judged, each with its method and path."""
    for path, item in document.tree["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and operation.get("x-judged", True):
                yield f"{method.upper()} {path}", operation


def _followed(document: Document, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part itself, or what its `$ref` points to."""
    if "$ref" not in part:
        return part
    found: Any = document.tree
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
