"""What beta headers add to the OpenAPI document: one patch per name, in `specs/betas/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from conformance.base.pointer import join
from conformance.model import Json
from conformance.standard.paths import spec_folder
from conformance.standard.source import SourceError, load_yaml

FOLDER = "betas"
HEADER = "x-beta"
INCLUDES = "x-includes"
USES = "x-uses"

NAMES = "betas.yaml"
"""The file with the names of all betas, beside the folder of what they add."""

_ADDED_TO = frozenset({"oneOf", "anyOf", "enum", "x-known-values"})
_KEYS = frozenset({HEADER, INCLUDES, USES, "components", "paths"})


def beta_file(folder: Path, name: str) -> Path:
    """The file of a beta's patch. `folder` is the specs folder."""
    return folder / FOLDER / f"{name}.yaml"


def beta_names(folder: Path) -> tuple[str, ...]:
    """The betas that add something to the document, by name."""
    return tuple(sorted(path.stem for path in (folder / FOLDER).glob("*.yaml")))


@cache
def known_betas(folder: Path | None = None) -> frozenset[str]:
    """The names of all betas that clients send, also of those that change nothing any more.

    `folder` is the specs folder (default: the project's own). Raises SourceError where the file does not fit.
    """
    specs = folder if folder is not None else spec_folder()
    found = load_yaml(specs / NAMES)
    return frozenset([*found["current"], *found["retired"]])


def with_betas(tree: Mapping[str, Json], names: Iterable[str], folder: Path) -> Mapping[str, Json]:
    """The document with betas applied, in the order of their names. A name without a patch adds nothing.

    `tree` is not changed. Raises SourceError, with file and line, for an invalid patch.
    """
    known = beta_names(folder)
    extended: Json = tree
    for name in sorted(set(names) & set(known)):
        for patch in patches(name, folder):
            extended = _extended(extended, patch)
    found: Mapping[str, Json] = extended
    return found


def patches(name: str, folder: Path) -> Iterator[Mapping[str, Json]]:
    """The patches that make up a beta, in the order in which they apply: included and used ones first."""
    patch = _read(beta_file(folder, name))
    for other in patch.get(INCLUDES, ()):
        yield from patches(other, folder)
    for other in patch.get(USES, ()):
        for used in patches(other, folder):
            yield {"components": {"schemas": dict(_own(used["components"]["schemas"]))}}
    yield {key: value for key, value in patch.items() if key in ("components", "paths")}


def _own(schemas: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """The components that a patch adds: those with a description. Changes of existing ones have none."""
    return ((name, schema) for name, schema in schemas.items() if "description" in schema)


def _read(path: Path) -> Mapping[str, Json]:
    patch = load_yaml(path)
    if not isinstance(patch, dict) or patch.get(HEADER) != path.stem:
        raise SourceError(f"Expected {HEADER}: {path.stem}", path=path, line=1)
    if strange := [key for key in patch if key not in _KEYS]:
        raise SourceError(f"Unknown key {strange[0]!r}", path=path, pointer=join("", strange[0]))
    for key in (INCLUDES, USES):
        for index, other in enumerate(patch.get(key, ())):
            if not beta_file(path.parent.parent, other).is_file():
                raise SourceError(f"Unknown beta {other!r}", path=path, pointer=join("", key, index))
    return patch


def _extended(target: Json, patch: Json, key: str = "") -> Json:
    """Applies a merge patch (RFC 7396) that extends the lists of unions and enumerations."""
    if isinstance(patch, list) and isinstance(target, list) and key in _ADDED_TO:
        return [*target, *(item for item in patch if item not in target)]
    if not isinstance(patch, dict):
        return patch
    extended = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            extended.pop(name, None)
        else:
            extended[name] = _extended(extended.get(name), value, name)
    return extended
