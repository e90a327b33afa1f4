"""The OpenAPI document as an object: one per API version, with validators for its components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.base.errors import HarnessError, UsageError
from conformance.base.suggestions import nearest
from conformance.base.versions import API_VERSIONS, NEWEST_VERSION
from conformance.model import Json
from conformance.standard.betas import beta_file, beta_names, with_betas
from conformance.standard.paths import spec_folder
from conformance.standard.requests import merge_patch
from conformance.standard.source import SourceError, load_yaml, stamp_of

if TYPE_CHECKING:
    from conformance.standard.dialect import Dialect

DOCUMENT_FILE = "messages.openapi.yaml"
_SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True)
class SchemaViolation:
    """One place where a value is not valid.

    `pointer` is a JSON pointer (RFC 6901) into the value; for a missing or an unknown key it is that of the key.
    `keyword` is the JSON Schema keyword (`required`, `type`, `additionalProperties`, ...) or
    `discriminator` for a union without such a member. `component` is the innermost component that says so, and `bound`
    the value of the keyword there: the types, the members, the limit.
    """

    pointer: str
    keyword: str
    message: str
    component: str
    bound: Json = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class Document:
    """The document in one API version, including what the `betas` add.

    `tree` is the whole OpenAPI document as plain data. Do not change it.
    """

    version: str
    tree: Mapping[str, Json]
    folder: Path
    betas: tuple[str, ...] = ()

    def validate(self, component: str, instance: Json, most: int | None = None) -> list[SchemaViolation]:
        """What in a value a component forbids, in the order of the schema; empty if the value is valid.

        `most` is how many violations are looked for; None: all.

        Raises HarnessError for an unknown component.
        """
        self.schema(component)
        return list(islice(self._dialect.violations(component, instance), most))

    def schema(self, component: str) -> Mapping[str, Any]:
        """A component by name. Raises HarnessError, with the nearest name, for an unknown one."""
        schemas: Mapping[str, Mapping[str, Any]] = self.tree["components"]["schemas"]
        if component not in schemas:
            near = nearest(component, schemas)
            meant = f". Did you mean {near!r}?" if near else ""
            raise HarnessError(f"Unknown component {component!r} in the OpenAPI document {self.version}{meant}")
        return schemas[component]

    def components(self) -> tuple[str, ...]:
        """The names of all components."""
        return tuple(self.tree["components"]["schemas"])

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself, or the component that its `$ref` names."""
        return self.schema(schema["$ref"].removeprefix(_SCHEMAS)) if "$ref" in schema else schema

    def discriminator(self, component: str) -> str | None:
        """The property that identifies the members of a union, or None if the component is not such a union."""
        name: str | None = self.schema(component).get("discriminator", {}).get("propertyName")
        return name

    def members(self, component: str) -> dict[str, str]:
        """The members of a union: value of the discriminator -> component. Empty for any other component."""
        mapping = self.schema(component).get("discriminator", {}).get("mapping", {})
        return {value: reference.removeprefix(_SCHEMAS) for value, reference in mapping.items()}

    def in_version(self, version: str) -> Document:
        """The same document in another API version, with the same betas."""
        return self if version == self.version else load_document(version, self.folder).with_betas(self.betas)

    def with_betas(self, names: Iterable[str]) -> Document:
        """The document with these betas added. Names that add nothing are left out.

        Loaded on demand, once per state of the files. Raises SourceError for an invalid file.
        """
        known = beta_names(self.folder)
        asked = {*self.betas, *names}
        wanted = tuple(name for name in known if name in asked)
        if wanted == self.betas:
            return self
        stamps = tuple((name, stamp_of(beta_file(self.folder, name))) for name in known)
        return _with_betas(load_document(self.version, self.folder), wanted, stamps)

    @cached_property
    def _dialect(self) -> Dialect:
        from conformance.standard.dialect import Dialect  # importing jsonschema takes longer than loading the document

        return Dialect(self.tree)


def load_document(version: str = NEWEST_VERSION, folder: Path | None = None) -> Document:
    """The document in an API version. `folder` is the specs folder (default: the project's own).

    Loaded once per state of the files. Raises UsageError for an unknown version, SourceError for a missing or invalid
    file.
    """
    specs = folder if folder is not None else spec_folder()
    if version not in API_VERSIONS:
        known = ", ".join(API_VERSIONS)
        raise UsageError(f"Unknown API version {version!r}. Known versions: {known}.")
    files = (specs / DOCUMENT_FILE, *([_patch_file(specs, version)] if version != NEWEST_VERSION else []))
    return _load(version, specs, tuple((path, stamp_of(path)) for path in files))


def _patch_file(specs: Path, version: str) -> Path:
    return specs / "versions" / f"{version}.yaml"


@cache
def _load(version: str, specs: Path, files: tuple[tuple[Path, tuple[int, int]], ...]) -> Document:
    tree: Json = None
    for path, stamp in files:
        data = _read(path, stamp)
        tree = merge_patch(tree, data) if tree is not None else data
    _check(tree, version, files[-1][0])
    return Document(version, tree, specs)


@cache
def _with_betas(document: Document, names: tuple[str, ...], _: tuple[tuple[str, tuple[int, int]], ...]) -> Document:
    return replace(document, tree=with_betas(document.tree, names, document.folder), betas=names)


@cache
def _read(path: Path, _: tuple[int, int]) -> dict[str, Json]:
    """A file in one state. The versions share the newest one's tree; a merge patch changes neither side."""
    data = load_yaml(path)
    if not isinstance(data, dict):
        raise SourceError("Expected a mapping at the top", path=path, line=1)
    return data


def _check(tree: Mapping[str, Json], version: str, path: Path) -> None:
    info, components = tree.get("info"), tree.get("components")
    if not str(tree.get("openapi", "")).startswith("3.2."):
        raise SourceError("Expected an OpenAPI 3.2 document", path=path, pointer="/openapi")
    if not isinstance(info, dict) or info.get("version") != version:
        raise SourceError(f"Expected the API version {version!r}", path=path, pointer="/info/version")
    if not isinstance(components, dict) or not isinstance(components.get("schemas"), dict):
        raise SourceError("Expected a mapping of schemas", path=path, pointer="/components/schemas")
