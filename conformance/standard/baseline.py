"""The baseline file: known deviations, each with a reason and a last day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import yaml

from conformance.base.errors import UsageError
from conformance.base.files import BASELINE
from conformance.base.pointer import join
from conformance.model import Json, Mode
from conformance.standard.paths import spec_folder
from conformance.standard.schemas import read_schema
from conformance.standard.source import SourceError, check_shape, read_yaml

SCHEMA = "baseline.schema.json"

HEADER = """\
# Known deviations, written by `messages-conformance run --baseline FILE --baseline-update`.
# They are shown and do not gate; every other deviation does. Explain each `reason`; `link` and `owner` are optional.
# An entry gates when its deviation is gone, when it matches nothing, and when its last day (`expires`) is over.
# Comments of your own do not survive the next update; reasons, links, owners and dates do.
"""


@dataclass(frozen=True)
class Entry:
    """One known deviation. `mode` None: every mode. `expires` is the last day on which it is accepted.

    `line` is its line in the file, 0 for an entry that is not written yet.
    """

    case: str
    mode: Mode | None
    reason: str
    expires: date
    link: str = ""
    owner: str = ""
    line: int = 0

    def covers(self, case: str, mode: Mode) -> bool:
        """Whether the entry covers a case in a mode."""
        return self.case == case and self.mode in (None, mode)

    def expired(self, today: date) -> bool:
        """Whether the last day is over."""
        return today > self.expires


@dataclass(frozen=True)
class Baseline:
    """The entries of a file. `file` is its name as the user wrote it."""

    file: str
    entries: tuple[Entry, ...] = ()

    def entry(self, case: str, mode: Mode) -> Entry | None:
        """The entry that covers a case in a mode, or None."""
        return next((entry for entry in self.entries if entry.covers(case, mode)), None)

    def place(self, entry: Entry) -> str:
        """The place of an entry, as in `known.yaml:12`."""
        return f"{self.file}:{entry.line}" if entry.line else self.file


def read_baseline(path: Path, name: str, aliases: Mapping[str, str]) -> Baseline:
    """The baseline in a file. `name` is the file as the user wrote it, `aliases` maps old case ids to present ones.

    Raises SourceError with file, line and key for an invalid entry, and for two entries that cover the same case.
    """
    if not path.exists():
        raise UsageError(f"There is no baseline {name}; --baseline-update writes it.")
    file = read_yaml(path, BASELINE)
    check_shape(file.value, read_schema(spec_folder() / SCHEMA), path)
    entries: list[Entry] = []
    by_case: dict[str, list[Entry]] = {}
    for index, item in enumerate(file.value):
        entry = _entry(path, index, item, aliases, file.line_of(f"/{index}"))
        others = by_case.setdefault(entry.case, [])
        twin = next((other for other in others if _overlap(entry, other)), None)
        if twin is not None:
            problem = f"Duplicate entry for {entry.case} (first listed on line {twin.line})"
            raise SourceError(problem, path=path, pointer=join("", index, "case"), line=entry.line)
        others.append(entry)
        entries.append(entry)
    return Baseline(name, tuple(entries))


def _entry(path: Path, index: int, item: Mapping[str, Json], aliases: Mapping[str, str], line: int) -> Entry:
    try:
        expires = date.fromisoformat(item["expires"])
    except ValueError:
        problem = f"{item['expires']} is not a day of the calendar"
        raise SourceError(problem, path=path, pointer=join("", index, "expires")) from None
    return Entry(
        case=aliases.get(item["case"], item["case"]),
        mode=Mode(item["mode"]) if "mode" in item else None,
        reason=item["reason"],
        expires=expires,
        link=item.get("link", ""),
        owner=item.get("owner", ""),
        line=line,
    )


def _overlap(one: Entry, other: Entry) -> bool:
    """Whether two entries for one case cover the same mode."""
    return one.mode == other.mode or None in (one.mode, other.mode)


def render(entries: Sequence[Entry]) -> str:
    """The text of a baseline file: sorted by case and mode, the same for the same entries."""
    ordered = _ordered(entries)
    if not ordered:
        return f"{HEADER}[]\n"
    return HEADER + "".join(f"\n{_written(entry)}" for entry in ordered)


def placed(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries as they are in the file that `render` gives: in its order, each with its line."""
    ordered, lines = _ordered(entries), []
    line = HEADER.count("\n") + 1
    for entry in ordered:
        lines.append(replace(entry, line=line + 1))
        line += 1 + _written(entry).count("\n")
    return tuple(lines)


def _ordered(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.case, entry.mode or ""))


def _written(entry: Entry) -> str:
    keys = {
        "case": entry.case,
        "mode": entry.mode.value if entry.mode else "",
        "reason": entry.reason,
        "link": entry.link,
        "owner": entry.owner,
        "expires": entry.expires.isoformat(),
    }
    lines = [f"{key}: {_scalar(value)}" for key, value in keys.items() if value]
    return "".join(f"{'- ' if position == 0 else '  '}{line}\n" for position, line in enumerate(lines))


def _scalar(text: str) -> str:
    """A string as a YAML scalar that reads back as the same string: plain if that is safe, otherwise quoted."""
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./()+;=?%-]*(?:[ ,:]?[A-Za-z0-9_./()+;=?%-]+)*", text)
    if plain and ": " not in text and not re.fullmatch(r"null|true|false|-?[0-9].*", text):
        return text
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return quoted.strip()
