"""The claims of a vendor's OpenAPI document, each with the cases that decide it, and its differences from ours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.base.pointer import join, look_up
from conformance.base.urls import split_url
from conformance.claims.compare import BodySide, DocumentDifference, DocumentDifferenceKind, Walk
from conformance.claims.schemas import Allowed, Node, allowed
from conformance.standard.document import Document

MOST_CASES: Final = 3
"""Cases that are named for one claim: the first ones are about the least else."""

_DEEPEST: Final = 6
_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_KEY: Final = "x-api-key"
_METHODS: Final = ("get", "post", "delete")
_VERSION_PATH: Final = re.compile(r"^(?:/[a-z]+)*?/v\d+(?=/)")
_OUR_VERSION_PATH: Final = "/v1"
_KINDS_IN_ROWS: Final = re.compile(r"\[[^\]]*\]")
_VALUE_IN_ROWS: Final = re.compile(r" (?:as|=) .*$")

_ROOTS: Final[Mapping[tuple[str, BodySide], str]] = {
    ("POST /v1/messages", BodySide.REQUEST): "request",
    ("POST /v1/messages", BodySide.REPLY): "answer",
    ("POST /v1/messages/count_tokens", BodySide.REQUEST): "request",
    ("POST /v1/messages/count_tokens", BodySide.REPLY): "count",
    ("GET /v1/models", BodySide.REPLY): "models",
    ("GET /v1/models/{}", BodySide.REPLY): "model",
}
"""What the rows of the table of what is judged call the body of an operation."""


@dataclass(frozen=True)
class DocumentedClaim:
    """One statement of the document that a run can check.

    `id` is the same for every document with the same place. `pointer` is a JSON pointer (RFC 6901) into the document,
    `cases` are the ids of those that decide it.
    """

    id: str
    says: str
    pointer: str
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentedClaims:
    """What a vendor's document says. `others` are its operations that the Messages API does not have."""

    title: str
    version: str
    claims: tuple[DocumentedClaim, ...]
    differences: tuple[DocumentDifference, ...]
    others: tuple[str, ...] = ()

    @property
    def contradictions(self) -> tuple[DocumentDifference, ...]:
        """The differences by which a client or an endpoint that keeps to one document breaks the other."""
        return tuple(each for each in self.differences if each.contradicts)


@dataclass(frozen=True)
class _Operation:
    """An operation that both documents have. `name` is ours, `theirs` and `ours` are JSON pointers to it."""

    name: str
    theirs: str
    ours: str


class Deciders:
    """Finds the cases that decide what is said of a place, by what breaking that place was seen to fail.

    `evidence` is the table of what is judged: row, cell and cases (`standard.judged.load_evidence`).
    """

    def __init__(self, evidence: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._cases: dict[str, list[str]] = defaultdict(list)
        for row, cells in evidence.items():
            place = _VALUE_IN_ROWS.sub("", _KINDS_IN_ROWS.sub("[]", row))
            self._cases[place] += [case for cases in cells.values() for case in cases]

    def cases(self, operation: str, half: BodySide, place: str) -> tuple[str, ...]:
        """At most three case ids; none where no case is about the place."""
        root = _ROOTS.get((operation, half))
        found = self._cases.get(f"{root}: {place}", ())
        return tuple(dict.fromkeys(found))[:MOST_CASES]


def claims_of(theirs: Mapping[str, Any], ours: Document, deciders: Deciders) -> DocumentedClaims:
    """What a vendor's OpenAPI document says of the operations that the Messages API has."""
    shared, others = _operations(theirs, ours.tree)
    found: list[DocumentedClaim] = []
    differences: list[DocumentDifference] = []
    found += _server_claims(theirs)
    differences += _server_differences(theirs)
    for operation in shared:
        found += _operation_claims(theirs, operation, deciders)
        differences += _operation_differences(theirs, ours.tree, operation)
    return DocumentedClaims(
        title=_text(theirs, "/info/title"),
        version=_text(theirs, "/info/version"),
        claims=tuple({claim.id: claim for claim in found}.values()),
        differences=tuple(differences),
        others=tuple(others),
    )


def _text(tree: Mapping[str, Any], pointer: str) -> str:
    found = look_up(tree, pointer)
    return found if isinstance(found, str) else ""


def _operations(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> tuple[list[_Operation], list[str]]:
    known = {
        (_path(path), method): path for path, item in ours["paths"].items() for method in _METHODS if method in item
    }
    shared, others = [], []
    for path, item in theirs["paths"].items():
        for method in item if isinstance(item, dict) else ():
            if method not in _METHODS:
                continue
            same = known.get((_path(str(path)), method))
            if same is None:
                others.append(f"{method.upper()} {path}")
                continue
            name = f"{method.upper()} {_OUR_VERSION_PATH}{_path(same)}"
            shared.append(_Operation(name, join("/paths", path, method), join("/paths", same, method)))
    return shared, others


def _path(path: str) -> str:
    """A path without its version, and without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", _VERSION_PATH.sub("", path)).rstrip("/")


def _server_claims(theirs: Mapping[str, Any]) -> Iterator[DocumentedClaim]:
    for index, url in _servers(theirs):
        yield DocumentedClaim(f"base-url-{index + 1}", f"The base URL is {url}", join("/servers", index, "url"))


def _server_differences(theirs: Mapping[str, Any]) -> Iterator[DocumentDifference]:
    """An SDK appends the whole path to the base URL, so a base URL with a version leads to a path with two."""
    for index, url in _servers(theirs):
        if _VERSION_PATH.search(split_url(url).path.rstrip("/") + "/"):
            yield DocumentDifference(
                kind=DocumentDifferenceKind.FORBIDS,
                half=BodySide.REQUEST,
                operation="every operation",
                place="base URL",
                says=f"{url}, to which an SDK appends {_OUR_VERSION_PATH} once more",
                specified="a base URL without a version",
                theirs=join("/servers", index, "url"),
                ours="/servers/0/url",
            )


def _servers(theirs: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    servers = theirs.get("servers")
    for index, server in enumerate(servers if isinstance(servers, list) else ()):
        if isinstance(server, dict) and isinstance(server.get("url"), str):
            yield index, server["url"]


def _operation_claims(
    theirs: Mapping[str, Any], operation: _Operation, deciders: Deciders
) -> Iterator[DocumentedClaim]:
    yield DocumentedClaim(_slug(operation.name, "served"), f"{operation.name} is served", operation.theirs)
    for header, pointer in _required_headers(theirs, operation):
        yield DocumentedClaim(
            _slug(operation.name, "header", header), f"{operation.name} needs the header {header}", pointer
        )
    for half, node in _bodies(theirs, operation.theirs).items():
        for place, found, required in _places(node):
            cases = deciders.cases(operation.name, half, place)
            yield DocumentedClaim(
                _slug(operation.name, half, place), _saying(half, place, found, required), found.pointer, cases
            )
    responses = look_up(theirs, join(operation.theirs, "responses"))
    for status in responses if isinstance(responses, dict) else ():
        if str(status).startswith(("4", "5")):
            pointer = join(operation.theirs, "responses", status)
            yield DocumentedClaim(
                _slug(operation.name, "status", str(status)), f"{operation.name} answers {status}", pointer
            )


def _places(node: Node) -> Iterator[tuple[str, Allowed, bool]]:
    """Every place that a body has: its name, what is allowed there, and whether it is required."""
    seen: set[str] = set()
    left: list[tuple[str, tuple[Node, ...], bool, int]] = [("", (node,), True, 0)]
    while left:
        place, nodes, required, depth = left.pop(0)
        found = allowed(nodes)
        if depth > _DEEPEST or (found.pointer in seen and depth):
            continue
        seen.add(found.pointer)
        if place and not place.endswith("[]"):
            yield place, found, required
        if found.items:
            left.append((f"{place}[]", found.items, True, depth + 1))
        for name, inner in found.members.nodes.items():
            left.append((f"{place}.{name}" if place else name, inner, name in found.members.required, depth + 1))


def _saying(half: BodySide, place: str, found: Allowed, required: bool) -> str:
    kind = " or ".join(sorted(found.types - ({"integer"} if "number" in found.types else set()))) or "any value"
    limits = ", ".join(f"{name} {limit:g}" for name, limit in found.bounds.items())
    described = f"{kind}{f', {limits}' if limits else ''}"
    if half is BodySide.REQUEST:
        return f"A request {'has' if required else 'may have'} {place} ({described})"
    return f"A reply {'has' if required else 'may have'} {place} ({described})"


def _operation_differences(
    theirs: Mapping[str, Any], ours: Mapping[str, Any], operation: _Operation
) -> Iterator[DocumentDifference]:
    yield from _credentials(theirs, operation)
    yield from _answers(theirs, ours, operation)
    our_bodies = _bodies(ours, operation.ours)
    for half, node in _bodies(theirs, operation.theirs).items():
        if half in our_bodies:
            yield from Walk(operation.name, half).differences([node], [our_bodies[half]])


def _credentials(theirs: Mapping[str, Any], operation: _Operation) -> Iterator[DocumentDifference]:
    headers = dict(_required_headers(theirs, operation))
    for name, other in ((_KEY, "authorization"), ("authorization", _KEY)):
        if name in headers and other not in headers:
            yield DocumentDifference(
                kind=DocumentDifferenceKind.DEMANDS,
                half=BodySide.REQUEST,
                operation=operation.name,
                place=f"header {name}",
                says="required",
                specified=f"the key in {_KEY} or in Authorization: Bearer",
                theirs=headers[name],
                ours="/components/securitySchemes",
                clauses=("REQ-HTTP-008", "REQ-HTTP-009"),
            )


def _required_headers(theirs: Mapping[str, Any], operation: _Operation) -> Iterator[tuple[str, str]]:
    for base in (operation.theirs, operation.theirs.rpartition("/")[0]):
        listed = look_up(theirs, join(base, "parameters"))
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            pointer = join(base, "parameters", index)
            if isinstance(each, dict) and isinstance(each.get("$ref"), str):
                pointer = each["$ref"].removeprefix("#")
                each = look_up(theirs, pointer)
            if isinstance(each, dict) and each.get("in") == "header" and each.get("required") is True:
                yield str(each.get("name", "")).lower(), pointer


def _answers(theirs: Mapping[str, Any], ours: Mapping[str, Any], operation: _Operation) -> Iterator[DocumentDifference]:
    responses = look_up(theirs, join(operation.theirs, "responses"))
    statuses = [str(status) for status in responses] if isinstance(responses, dict) else []
    pointer, our_pointer = join(operation.theirs, "responses"), join(operation.ours, "responses")

    def silent(
        place: str, says: str, specified: str, inner: str, kind: DocumentDifferenceKind = DocumentDifferenceKind.SILENT
    ) -> DocumentDifference:
        return DocumentDifference(
            kind,
            BodySide.REPLY,
            operation.name,
            place,
            says,
            specified,
            pointer,
            our_pointer + join("", *inner.split()),
        )

    streams = look_up(ours, our_pointer + join("", "200", "content", _EVENTS))
    content = look_up(theirs, pointer + join("", "200", "content"))
    asked = _bodies(theirs, operation.theirs).get(BodySide.REQUEST)
    if isinstance(streams, dict) and not (isinstance(content, dict) and _EVENTS in content):
        offers = asked is not None and "stream" in allowed([asked]).members.nodes
        kind = DocumentDifferenceKind.WITHHOLDS if offers else DocumentDifferenceKind.SILENT
        says = "stream in a request, and no reply that is a stream" if offers else "no reply that is a stream"
        yield silent("response 200", says, f"{_EVENTS} where a request has stream: true", "200 content", kind)
    if not any(status.startswith(("4", "5", "default")) for status in statuses):
        yield silent(
            "responses", "no reply to a request that is refused", "an error envelope with its status", "default"
        )


def _bodies(tree: Mapping[str, Any], operation: str) -> dict[BodySide, Node]:
    """The schemas of the JSON bodies of an operation: of the request, and of the reply with status 200."""
    found = {}
    for half, steps in ((BodySide.REQUEST, ("requestBody",)), (BodySide.REPLY, ("responses", "200"))):
        pointer = join(operation, *steps)
        holder = look_up(tree, pointer)
        if isinstance(holder, dict) and isinstance(holder.get("$ref"), str):
            pointer = holder["$ref"].removeprefix("#")
        pointer = join(pointer, "content", _JSON, "schema")
        schema = look_up(tree, pointer)
        if isinstance(schema, dict):
            found[half] = Node(tree, schema, pointer)
    return found


def _slug(operation: str, *parts: str) -> str:
    """An id: the operation, the half and the place in small letters and hyphens."""
    named = operation.removeprefix("POST ").replace(f"{_OUR_VERSION_PATH}/", "", 1).replace("{}", "id")
    return re.sub(r"[^a-z0-9]+", "-", "-".join((named, *parts)).lower()).strip("-")
