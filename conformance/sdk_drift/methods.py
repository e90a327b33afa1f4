"""The methods of the SDK that call the operations of the document: the error causes and headers that they name.

Every method's docstring has a `Raises:` list of the error causes that it can produce. A cause that only methods for
other paths raise does not concern the document.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.sdk_drift.sdk import Types
from conformance.sdk_drift.structure import Either, Handle

Lookup = Callable[[str], Handle | None]

METHODS: Mapping[str, str] = {
    "createMessage": "messages.messages.Messages.create",
    "countTokens": "messages.messages.Messages.count_tokens",
    "listModels": "models.Models.list",
    "getModel": "models.Models.retrieve",
    "createMessageBatch": "messages.batches.Batches.create",
    "listMessageBatches": "messages.batches.Batches.list",
    "getMessageBatch": "messages.batches.Batches.retrieve",
    "deleteMessageBatch": "messages.batches.Batches.delete",
    "cancelMessageBatch": "messages.batches.Batches.cancel",
    "getMessageBatchResults": "messages.batches.Batches.results",
    "uploadFile": "files.Files.upload",
    "listFiles": "files.Files.list",
    "getFile": "files.Files.retrieve_metadata",
    "deleteFile": "files.Files.delete",
    "getFileContent": "files.Files.download",
}
"""Operation of the document -> method of the SDK, below `resources` and below `resources.beta`."""

_HALVES = ("resources", "resources.beta")

_RAISES = re.compile(r"^\s+Raises:\s*$(.*)", re.MULTILINE | re.DOTALL)
_RAISED = re.compile(r"^\s+(\w+Error):", re.MULTILINE)
_DETAILS = "Details"
_HEADER = re.compile(r"(anthropic|x)-[a-z-]+|[a-z][a-z0-9-]*-20\d\d-\d\d-\d\d", re.IGNORECASE)
"""Names of headers, and names of betas, which a method may set on its own."""


@dataclass(frozen=True)
class Causes:
    """The error causes of an SDK. `raised` is the type of those that an operation of the document can raise, or that no
    method lists at all; `others` are the codes that only other methods raise.
    """

    raised: Handle
    others: tuple[str, ...] = ()


def missing_methods(lookup: Lookup) -> Iterator[tuple[str, str]]:
    """Operations of the document whose method the SDK no longer has, with the method's name."""
    for operation, name in METHODS.items():
        for half in _HALVES:
            if lookup(f"{half}.{name}") is None:
                yield operation, f"{half}.{name}"


def causes(union: Handle, lookup: Lookup) -> Causes:
    """The causes in a union of the SDK, by the `Raises:` lists of its methods. Without any list, all concern us."""
    ours = {name for _, method in _methods(lookup) for name in raised_by(method)}
    if not ours:
        return Causes(union)
    listed = _listed_anywhere(lookup) | ours
    types = Types()
    members = {each.__name__.removesuffix(_DETAILS): each for each in types.shape(union).objects}
    kept = {name: each for name, each in members.items() if name in ours or name not in listed}
    unknown = [_unknown(name) for name in sorted(ours - members.keys())]
    others = [_code(types, each) for name, each in members.items() if name not in kept]
    return Causes(Either((*kept.values(), *unknown)), tuple(sorted(others)))


def raised_by(method: Any) -> frozenset[str]:
    """The names of the exceptions in the `Raises:` lists of a method and its overloads."""
    docs = (each.__doc__ or "" for each in (*typing.get_overloads(method), method))
    return frozenset(name for doc in docs for found in _RAISES.findall(doc) for name in _RAISED.findall(found))


def headers_of(lookup: Lookup) -> Iterator[tuple[str, str]]:
    """Operations of the document, and the headers and betas that their methods name; `beta/` marks the beta half."""
    for operation, method in _methods(lookup):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(method))))
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _HEADER.fullmatch(node.value):
                yield operation, node.value.lower()


def _methods(lookup: Lookup) -> Iterator[tuple[str, Any]]:
    for operation, name in METHODS.items():
        for half in _HALVES:
            method = lookup(f"{half}.{name}")
            if method is not None:
                yield operation if half == _HALVES[0] else f"beta/{operation}", method


def _listed_anywhere(lookup: Lookup) -> frozenset[str]:
    """The names in any `Raises:` list. The sources are searched, because importing all of them takes long."""
    folders: list[str] = list(getattr(lookup("resources"), "__path__", ()))
    files = (path for folder in folders for path in sorted(Path(folder).rglob("*.py")))
    texts = (path.read_text(encoding="utf-8") for path in files)
    return frozenset(name for text in texts if "Raises:" in text for name in _RAISED.findall(text))


def _code(types: Types, member: Handle) -> str:
    field = types.thing(member).fields.get("error_code")
    values = types.shape(field.handle).values if field is not None else None
    return " or ".join(sorted(map(str, values))) if values else member.__name__


def _unknown(name: str) -> Handle:
    """The details of a cause that a list names although the union lacks it. Its code follows from its name."""
    from pydantic import create_model

    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.removesuffix("Error"))
    code: Any = typing.cast(Any, typing.Literal)[words.lower()]
    return create_model(name + _DETAILS, error_code=(code, ...))
