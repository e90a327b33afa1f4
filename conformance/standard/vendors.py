"""The vendors (`specs/vendors/`): how to reach them, and what their own documents claim.

A claim is decided by cases: those of the catalogue, or those of the vendor's own case file beside the profile, which
only a run against this vendor sends. Whether a claim is kept is a conclusion of the results of such a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

from conformance.base.errors import UsageError
from conformance.base.pointer import join
from conformance.base.suggestions import nearest, unknown
from conformance.model import Case, Json, Mode, ScenarioName
from conformance.standard.baseline import Entry
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.paths import spec_folder
from conformance.standard.schemas import read_checked
from conformance.standard.source import SourceError

FOLDER: Final = "vendors"
SCHEMA: Final = "schema.json"

Promise = Literal["support", "subset", "deviation"]


@dataclass(frozen=True)
class Page:
    """A page of a vendor's documents, and the day on which it was read."""

    title: str
    url: str
    date: str


@dataclass(frozen=True)
class Claim:
    """One statement of a vendor's documents.

    `promises`: that it works as the specification has it (support), that only so much works (subset), or that it works
    otherwise (deviation). `cases` decide it, each in every mode unless one is named; without any, `undecidable` says
    why. `contradicted_by` are claims of the same documents that cannot be true as well. `imitated_by` are the faults
    that imitate a deviation which the persona of the vendor leaves out, as another page denies it.
    """

    id: str
    says: str
    page: Page
    promises: Promise
    cases: tuple[ScenarioName, ...] = ()
    undecidable: str = ""
    contradicted_by: tuple[str, ...] = ()
    imitated_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vendor:
    """One vendor. `date` is the day on which its documents were read.

    `documented_base_url` is what the documents give to an SDK, `base_url` what answers when the SDK appends its paths.
    `exempt` are capabilities that were never promised, with the reasons. `case_file` is its own, if it has one.
    `persona` are the faults of the reference endpoint that together imitate its documents.
    """

    id: str
    title: str
    date: str
    documented_base_url: str
    base_url: str
    auth: str
    key_variable: str
    claims: tuple[Claim, ...]
    models: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    api_version: str | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)
    known_deviations: tuple[Entry, ...] = ()
    persona: tuple[str, ...] = ()
    case_file: Path | None = None


def vendor_ids(folder: Path | None = None) -> tuple[str, ...]:
    """The ids of all vendors. `folder` is the specs folder (default: the project's own)."""
    return tuple(sorted(path.stem for path in _home(folder).glob("*.yaml") if not path.name.endswith(USER_SUFFIX)))


def load_vendor(name: str, folder: Path | None = None) -> Vendor:
    """A vendor by id. The names of its cases are checked by `check_cases`, because they may be its own.

    Raises UsageError for an unknown vendor, SourceError with file, line and key for a file that does not fit.
    """
    known = vendor_ids(folder)
    if name not in known:
        raise UsageError(unknown("vendor", name, known))
    home = _home(folder)
    path = home / f"{name}.yaml"
    data = read_checked(path, home / SCHEMA, "vendor")
    connection = data["connection"]
    own = path.with_name(f"{name}{USER_SUFFIX}")
    return Vendor(
        id=name,
        title=data["vendor"],
        date=data["date"],
        documented_base_url=connection["documented-base-url"],
        base_url=connection["base-url"],
        auth=connection["auth"],
        key_variable=connection.get("key-variable", f"{name.upper().replace('-', '_')}_API_KEY"),
        claims=tuple(_claims(data, path)),
        models=tuple(connection.get("models", ())),
        requests_per_minute=connection.get("requests-per-minute"),
        api_version=connection.get("api-version"),
        exempt=data.get("exempt", {}),
        known_deviations=tuple(_entries(data, path)),
        persona=tuple(data.get("persona", ())),
        case_file=own if own.exists() else None,
    )


def check_cases(vendor: Vendor, cases: Mapping[str, Case], folder: Path | None = None) -> None:
    """Holds the case names of a vendor against the cases of its runs. Raises SourceError with file, line and key."""
    path = _home(folder) / f"{vendor.id}.yaml"
    for claim in vendor.claims:
        for index, name in enumerate(claim.cases):
            pointer = join("", "claims", claim.id, "cases", index)
            if name.name not in cases:
                near = nearest(name.name, cases)
                raise SourceError(f"Unknown case {str(name)!r}", path=path, pointer=pointer, suggestion=near)
            if name.mode is not None and name.mode not in cases[name.name].modes:
                raise SourceError(f"The case {name.name} is not judged in mode {name.mode}", path=path, pointer=pointer)
    for index, entry in enumerate(vendor.known_deviations):
        if entry.case not in cases:
            pointer = join("", "known-deviations", index, "case")
            near = nearest(entry.case, cases)
            raise SourceError(f"Unknown case {entry.case!r}", path=path, pointer=pointer, suggestion=near)


def is_of_vendor(path: Path) -> bool:
    """Whether a case file is that of a vendor, which only runs against this vendor have."""
    return path.parent == _home(None)


def _home(folder: Path | None) -> Path:
    return (folder if folder is not None else spec_folder()) / FOLDER


def _claims(data: Mapping[str, Json], path: Path) -> Iterable[Claim]:
    pages = {key: Page(**page) for key, page in data["pages"].items()}
    for key, item in data["claims"].items():
        if item["page"] not in pages:
            pointer = join("", "claims", key, "page")
            near = nearest(item["page"], pages)
            raise SourceError(f"Unknown page {item['page']!r}", path=path, pointer=pointer, suggestion=near)
        for index, other in enumerate(item.get("contradicted-by", ())):
            if other == key or other not in data["claims"]:
                pointer = join("", "claims", key, "contradicted-by", index)
                near = nearest(other, data["claims"])
                raise SourceError(f"Unknown claim {other!r}", path=path, pointer=pointer, suggestion=near)
        yield Claim(
            id=key,
            says=item["says"],
            page=pages[item["page"]],
            promises=item["promises"],
            cases=tuple(map(ScenarioName.parse, item.get("cases", ()))),
            undecidable=item.get("undecidable", ""),
            contradicted_by=tuple(item.get("contradicted-by", ())),
            imitated_by=tuple(item.get("imitated-by", ())),
        )


def _entries(data: Mapping[str, Json], path: Path) -> Iterable[Entry]:
    for index, item in enumerate(data.get("known-deviations", ())):
        try:
            expires = date.fromisoformat(item["expires"])
        except ValueError:
            pointer = join("", "known-deviations", index, "expires")
            raise SourceError("Expected a day as in 2027-02-20", path=path, pointer=pointer) from None
        mode = Mode(item["mode"]) if "mode" in item else None
        yield Entry(item["case"], mode, item["reason"], expires, item.get("link", ""), item.get("owner", ""))
