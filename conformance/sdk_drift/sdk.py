"""The SDK's side of the comparison: the types of the installed `anthropic` package.

They are read through Python's typing, TypedDict and pydantic; nothing is instantiated and nothing is sent. `roots.py`
lists the types to compare.
"""

from __future__ import annotations

import ast
import datetime
import importlib
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from conformance.base.errors import UsageError
from conformance.model import Json
from conformance.sdk_drift.structure import Either, Field, Handle, Shape, Thing

PACKAGE = "anthropic"

_SCALARS: Mapping[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    datetime.datetime: "string",
    datetime.date: "string",
}
_NAMES: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", type(None): "null"}
_MARKS = ("Required", "NotRequired", "ReadOnly", "Annotated")
_LOCAL = ("IO", "PathLike", "bytes", "BufferedIOBase")
"""Types for the convenience of Python programs, such as an open file where the API has base64 text."""


class Free:
    """An object whose keys are not named."""


def installed() -> tuple[str, Mapping[str, str]]:
    """Version of the installed package, and the headers that it sends with every request. UsageError without it."""
    try:
        package = importlib.import_module(PACKAGE)
    except ImportError:
        raise UsageError(
            f"the package {PACKAGE!r} is not installed, so there is nothing to compare the document with; "
            f"it comes with the development extra: pip install 'messages-conformance[dev]'"
        ) from None
    client = package.Anthropic(api_key="none", base_url="http://127.0.0.1")
    try:
        return str(package.__version__), {name: str(value) for name, value in client.default_headers.items()}
    finally:
        client.close()


def lookup(name: str) -> Handle | None:
    """A type by its name below the package, such as `types.message.Message`, or None if the release lacks it."""
    module, rest = f"{PACKAGE}.{name}", list[str]()
    while module:
        try:
            found: Any = importlib.import_module(module)
            break
        except ImportError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
    for part in rest:
        found = getattr(found, part, None)
    return found


class Types:
    """Reads the SDK. Its handles are annotations, resolved in their own module."""

    def shape(self, handle: Handle) -> Shape:
        """The values that an annotation allows. An unreadable part becomes a type of its own, `?name`."""
        names: set[str] = set()
        values: list[Json] = []
        items: list[Handle] = []
        objects: list[Handle] = []
        for part in _alternatives(handle):
            origin: Any = get_origin(part)
            if _is_anything(part):
                return Shape()
            if origin is Literal:
                values += get_args(part)
                names |= {_NAMES[type(value)] for value in get_args(part)}
            elif isinstance(part, type) and issubclass(part, Enum):
                values += [member.value for member in part]
                names.add("string")
            elif part in _SCALARS:
                names.add(_SCALARS[part])
            elif _is_mapping(origin or part):
                names.add("object")
                objects.append(Free)
            elif _is_array(origin or part):
                names.add("array")
                items += [item for item in get_args(part)[:1] if item is not Ellipsis]
            elif _is_object(part):
                names.add("object")
                objects.append(part)
            elif getattr(origin or part, "__name__", "") not in _LOCAL:
                names.add(f"?{getattr(part, '__name__', part)}")
        return Shape(
            types=frozenset(names),
            values=_known(values),
            open=any(part in (str, int) for part in _alternatives(handle)),
            items=_either(items),
            objects=tuple(_named(objects)),
        )

    def thing(self, handle: Handle) -> Thing:
        """A TypedDict or model with its fields by their names on the wire."""
        name = f"{handle.__module__.removeprefix(f'{PACKAGE}.')}.{handle.__name__}"
        return Thing(name, dict(_model_fields(handle) if _is_model(handle) else _dict_fields(handle)))


@cache
def _docs_in(module: str) -> Mapping[tuple[str, str], str]:
    """The docstrings of the fields of all classes of a module, by class and name in Python."""
    path = Path(getattr(sys.modules.get(module), "__file__", None) or "")
    if path.suffix != ".py" or not path.is_file():
        return {}
    classes = (node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef))
    return {
        (holder.name, field.target.id): cleandoc(text.value.value)
        for holder in classes
        for field, text in pairwise(holder.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _docs(holder: Any, key: str) -> tuple[str, ...]:
    """What an object says of a field, or what the nearest of its bases does."""
    bases = getattr(holder, "__mro__", ()) if _is_model(holder) else _dict_bases(holder)
    texts = (_docs_in(base.__module__).get((base.__name__, key)) for base in bases)
    return tuple(text for text in texts if text)[:1]


def _dict_bases(holder: Any) -> Iterator[Any]:
    """A TypedDict and those that it inherits from; Python keeps them apart from its bases."""
    yield holder
    for base in getattr(holder, "__orig_bases__", ()):
        if hasattr(base, "__total__"):
            yield from _dict_bases(base)


def _alternatives(annotation: Handle) -> list[Handle]:
    """The members of a union, or the type itself, without marks such as Required and Annotated."""
    if isinstance(annotation, Either):
        return [part for each in annotation.handles for part in _alternatives(each)]
    origin: Any = get_origin(annotation)
    if origin is typing.Union or origin is types.UnionType:
        return [part for member in get_args(annotation) for part in _alternatives(member)]
    if _mark(annotation):
        return _alternatives(get_args(annotation)[0])
    for inner in ("__value__", "__supertype__"):  # `type X = ...` and NewType
        if hasattr(annotation, inner):
            return _alternatives(getattr(annotation, inner))
    return [annotation]


def _is_anything(part: Handle) -> bool:
    return part in (Any, object) or isinstance(part, typing.TypeVar)


def _is_model(part: Handle) -> bool:
    return isinstance(part, type) and hasattr(part, "model_fields")


def _is_object(part: Handle) -> bool:
    return _is_model(part) or hasattr(part, "__total__")


def _is_mapping(kind: Handle) -> bool:
    return isinstance(kind, type) and issubclass(kind, Mapping | dict) and not hasattr(kind, "__total__")


def _is_array(kind: Handle) -> bool:
    return isinstance(kind, type) and not _is_object(kind) and kind is not bytes and issubclass(kind, Iterable)


def _known(values: list[Json]) -> frozenset[Json] | None:
    """The values of an enumeration. Both booleans together are not an enumeration."""
    known = frozenset(value for value in values if value is not None)
    return known if known and known != {True, False} else None


def _either(items: list[Handle]) -> Handle | None:
    return Either(tuple(items)) if items else None


def _named(objects: list[Handle]) -> Iterator[Handle]:
    """The alternatives that say something: no free object beside a typed one, no answer beside what is sent.

    Where a request takes a TypedDict, the SDK also takes the model of the same object in an answer, for convenience.
    """
    typed = [part for part in objects if part is not Free]
    sent = [part for part in typed if not _is_model(part)]
    yield from dict.fromkeys(sent or typed)


@cache
def _hints(holder: Any) -> Mapping[str, Any]:
    from typing_extensions import get_type_hints

    try:
        return get_type_hints(holder, include_extras=True)
    except (NameError, TypeError):  # a type that only type checkers see; pydantic knows its models better
        return {}


def _dict_fields(holder: Any) -> Iterator[tuple[str, Field]]:
    by_total: frozenset[str] = getattr(holder, "__required_keys__", frozenset())
    for key, annotation in (_hints(holder) or holder.__annotations__).items():
        marks = _marks(annotation)
        required = "Required" in marks or (key in by_total and "NotRequired" not in marks)
        alias = _alias(annotation)
        name = alias if alias and "-" not in alias else key  # with "-": a header
        yield name, Field(annotation, required, docs=_docs(holder, key))


def _model_fields(holder: Any) -> Iterator[tuple[str, Field]]:
    hints = _hints(holder) if not getattr(holder, "__pydantic_generic_metadata__", {}).get("args") else {}
    for key, field in holder.model_fields.items():
        docs = _docs(holder, key)
        yield field.alias or key, Field(hints.get(key, field.annotation), field.is_required(), docs=docs)


def _mark(annotation: Any) -> str:
    """The mark around a type, as in `Required[X]`, or an empty string."""
    name = str(get_origin(annotation)).rpartition(".")[2]
    return "Annotated" if hasattr(annotation, "__metadata__") else name if name in _MARKS else ""


def _marks(annotation: Any) -> set[str]:
    marks = set()
    while mark := _mark(annotation):
        marks.add(mark)
        annotation = get_args(annotation)[0]
    return marks


def _alias(annotation: Any) -> str | None:
    """The name on the wire, if it differs from the name in Python."""
    while _mark(annotation):
        for extra in getattr(annotation, "__metadata__", ()):
            if getattr(extra, "alias", None):
                return str(extra.alias)
        annotation = get_args(annotation)[0]
    return None
