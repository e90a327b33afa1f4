"""A folder with results that others can check: who ran it, what belongs to it, which verdicts are disputed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import yaml

from conformance.base.files import BASELINE
from conformance.model import Mode
from conformance.standard.paths import spec_folder
from conformance.standard.schemas import read_checked

SUBMISSION: Final = "submission.yaml"
DISPUTES: Final = "disputes.yaml"
SCHEMA: Final = "submission.schema.json"

Submitter = Literal["vendor", "community", "maintainers"]
SUBMITTERS: Final[tuple[str, ...]] = get_args(Submitter)
"""Who may have run it."""


@dataclass(frozen=True)
class Submission:
    """Who submitted results, when, and the SHA-256 of each file at that time."""

    by: str
    date: str
    files: Mapping[str, str]
    contact: str = ""

    @property
    def text(self) -> str:
        """The file."""
        contact = {"contact": self.contact} if self.contact else {}
        data = {"by": self.by, "date": self.date, **contact, "files": dict(self.files)}
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


@dataclass(frozen=True)
class Dispute:
    """Somebody disputes the verdict on a case. `mode` None: in every mode. `state` is open, accepted or rejected."""

    case: str
    statement: str
    state: str
    date: str
    mode: Mode | None = None
    link: str = ""

    def covers(self, case: str, mode: Mode) -> bool:
        """Whether it is about the verdict on a case in a mode."""
        return self.case == case and self.mode in (None, mode)


def read_submission(folder: Path) -> Submission:
    """The submission in a folder. Raises FileError with file, line and key for one that does not fit."""
    data = read_checked(folder / SUBMISSION, spec_folder() / SCHEMA, "submission", BASELINE)
    return Submission(data["by"], data["date"], data["files"], data.get("contact", ""))


def read_disputes(folder: Path) -> tuple[Dispute, ...]:
    """The disputes in a folder; none without the file. Raises FileError with file, line and key for an invalid one."""
    path = folder / DISPUTES
    if not path.exists():
        return ()
    listed = read_checked(path, spec_folder() / SCHEMA, "disputes", BASELINE)
    return tuple(
        Dispute(
            item["case"],
            item["statement"],
            item["state"],
            item["date"],
            Mode(item["mode"]) if "mode" in item else None,
            item.get("link", ""),
        )
        for item in listed
    )
