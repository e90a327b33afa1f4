"""The command `schema`: the JSON Schema of a file that users write, or that a command writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.report.json_file import SCHEMA_FILE
from conformance.standard.paths import CASE_SCHEMA, spec_folder
from conformance.standard.schemas import read_schema

WRITTEN_BY_USERS = ("targets", "pyproject", "cases", "baseline")
"""What users write."""


def schemas() -> Mapping[str, Path]:
    """The schemas by the name of what they describe: first what users write, then what commands write."""
    own = {name: spec_folder() / f"{name}.schema.json" for name in WRITTEN_BY_USERS}
    reports = sorted(SCHEMA_FILE.parent.glob("*.schema.json"))
    return {**own, "cases": CASE_SCHEMA, **{path.name.removesuffix(".schema.json"): path for path in reports}}


def text(name: str | None) -> str:
    """The schema of a kind of file, or the names of all. Raises UsageError for an unknown name."""
    known = schemas()
    if name is None:
        return "\n".join([*known, "", "print one with `messages-conformance schema NAME`"]) + "\n"
    if name not in known:
        raise UsageError(unknown("schema", name, known, "schemas"))
    return f"{json.dumps(read_schema(known[name]), indent=2, ensure_ascii=False)}\n"
