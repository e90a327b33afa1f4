"""Where the source of a clause is to be found: page, SDK file, issue or standard (`specs/sources.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from conformance.model import SourceLink
from conformance.standard.source import check_shape, load_yaml

FILE: Final = "sources.yaml"

_TEXT: Final = {"type": "string"}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["kinds", "documentation", "repositories"],
    "additionalProperties": False,
    "properties": {
        "kinds": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["title", "date", "url"],
                "additionalProperties": False,
                "properties": {"title": _TEXT, "date": _TEXT, "url": _TEXT},
            },
        },
        "documentation": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "repositories": {"type": "object", "additionalProperties": _TEXT},
    },
}

_PARTS: Final = re.compile(r";\s*(?![^()]*\))")
_LISTED: Final = re.compile(r",\s*(?![^()]*\))| / ")
_NOTE: Final = re.compile(r"\s*\([^()]*\)|'[^']*'| example\b")
_SDK_FILE: Final = re.compile(
    r"types/\w+/\*|[\w*/]+\.py|\b_?[a-z]+(?:_[a-z]+)*_\*|\b(?!accumulate)_?[a-z]+(?:_[a-z]+)+\b|types\b(?!/)|lib/streaming"
)
_ISSUE: Final = re.compile(r"([\w./-]+)#(\d+)")
_STANDARD: Final = re.compile(r"(\d{4})(?:.*?section (\d+(?:\.\d+)?))?")
_OUTSIDE_OF_TYPES: Final = ("_", "resources/", "lib/", "types", "pagination")


@dataclass(frozen=True)
class SourceKind:
    """What the first word of a source means, the state in which it was read, and where its parts are."""

    title: str
    date: str
    url: str


@dataclass(frozen=True)
class SourceTable:
    """The kinds of sources, the pages of the documentation by title, and the repositories that are named in short."""

    kinds: Mapping[str, SourceKind]
    documentation: Mapping[str, str | None]
    repositories: Mapping[str, str]

    def links(self, source: str) -> tuple[SourceLink, ...]:
        """The parts of a clause's source, each with its address where it has one."""
        return tuple(link for part in _PARTS.split(source) for link in self._of_part(part.strip()))

    def pages(self, part: str) -> list[str]:
        """The titles of pages that a part of a source names, in its order."""
        return [title for item in _LISTED.split(part) if (title := _NOTE.sub("", item).strip())]

    def _of_part(self, part: str) -> Iterator[SourceLink]:
        word, _, rest = (f"PY {part}" if part.startswith("types/") else part).partition(" ")
        kind = self.kinds.get(word)
        if kind is None:
            yield SourceLink(part)
        elif word in ("DOC", "DOC-NEW"):
            yield from self._documentation(kind, rest)
        elif word == "ISS":
            yield SourceLink(f"{kind.title}: {rest}", self._issue(kind, rest), kind.date)
        else:
            address = _ADDRESS[word](kind, rest) if word in _ADDRESS else ""
            yield SourceLink(f"{kind.title}: {rest}" if rest else kind.title, address, kind.date)

    def _documentation(self, kind: SourceKind, rest: str) -> Iterator[SourceLink]:
        for title in self.pages(rest):
            page = self.documentation.get(title)
            yield SourceLink(f"{kind.title}: {title}", f"{kind.url}{page}" if page else "", kind.date)

    def _issue(self, kind: SourceKind, rest: str) -> str:
        """The address of the first issue whose repository is known with its owner."""
        for name, number in _ISSUE.findall(rest):
            repository = name if "/" in name else self.repositories.get(name)
            if repository:
                return f"{kind.url}{repository}/issues/{number}"
        return ""


NO_SOURCES: Final = SourceTable({}, {}, {})


def load_source_table(folder: Path) -> SourceTable:
    """The table of sources. Raises SourceError with file, line and key for an invalid one."""
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    kinds = {name: SourceKind(**entry) for name, entry in data["kinds"].items()}
    return SourceTable(kinds, data["documentation"], data["repositories"])


def sdk_path(rest: str) -> str:
    """The first file of the Python SDK that a source names, relative to the package, or the folder of several of them;
    empty where it names none.
    """
    found = _SDK_FILE.search(_NOTE.sub("", rest))
    if found is None:
        return ""
    name = found.group()
    if not name.startswith(_OUTSIDE_OF_TYPES):
        name = f"types/{'beta/' if name.startswith('beta_') else ''}{name}"
    if "*" in name:
        return name.partition("*")[0].rpartition("/")[0]
    return name if name.endswith(".py") or name in ("types", "lib/streaming") else f"{name}.py"


def _python(kind: SourceKind, rest: str) -> str:
    path = sdk_path(rest)
    return f"{kind.url}{path}" if path else ""


def _typescript(kind: SourceKind, rest: str) -> str:
    return f"{kind.url}/blob/main/CHANGELOG.md" if rest.startswith("CHANGELOG") else kind.url


def _guide(kind: SourceKind, rest: str) -> str:
    return f"{kind.url}#{quote(re.sub(r'[^a-z0-9]+', '-', _NOTE.sub('', rest).strip().lower()))}"


def _standard(kind: SourceKind, rest: str) -> str:
    found = _STANDARD.match(rest)
    if found is None:
        return ""
    return f"{kind.url}rfc{found[1]}" + (f"#section-{found[2]}" if found[2] else "")


_ADDRESS: Final = {"PY": _python, "TS": _typescript, "GUIDE": _guide, "RFC": _standard}
