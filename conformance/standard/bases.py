"""The base requests of the catalogue, which the `send` of a case is merged onto."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.base.pointer import join
from conformance.base.suggestions import nearest
from conformance.model import Json, Step
from conformance.standard.paths import CASE_SCHEMA
from conformance.standard.requests import SendError, steps_of
from conformance.standard.schemas import read_checked
from conformance.standard.sendable import check_steps
from conformance.standard.source import SourceError

FILES = ("bases.yaml", "frames.yaml")


@dataclass(frozen=True)
class Bases:
    """The base requests by name: as they are written, and resolved into steps."""

    sends: Mapping[str, dict[str, Json]]
    steps: Mapping[str, tuple[Step, ...]]

    def steps_of(self, send: Mapping[str, Json], path: Path, pointer: str) -> tuple[Step, ...]:
        """The steps of a send. Raises SourceError for an invalid one; `pointer` is its place in the file."""
        try:
            steps = steps_of(send, self.sends)
            check_steps(steps)
        except SendError as problem:
            near = nearest(str(send.get("$base", "")), self.sends) if problem.key == "$base" else None
            raise SourceError(str(problem), path=path, pointer=join(pointer, problem.key), suggestion=near) from None
        return steps


def load_bases(folder: Path) -> Bases:
    """The base requests below a folder. Raises SourceError with file, line and key for an invalid or duplicate one."""
    sends: dict[str, dict[str, Json]] = {}
    homes: dict[str, Path] = {}
    for path in sorted(found for name in FILES for found in folder.rglob(name)):
        for name, send in read_checked(path, CASE_SCHEMA, "bases").items():
            if name in sends:
                problem = f"Duplicate base request {name!r} (first defined in {homes[name].name})"
                raise SourceError(problem, path=path, pointer=join("", name))
            sends[name], homes[name] = send, path
    bases = Bases(sends, {})
    steps = {name: bases.steps_of(send, homes[name], join("", name)) for name, send in sends.items()}
    return Bases(sends, steps)
