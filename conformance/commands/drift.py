"""The command `drift`: the OpenAPI document against the installed `anthropic` package."""

from __future__ import annotations

import json

from conformance import sdk_drift
from conformance.report import drift as report
from conformance.report.files import save
from conformance.sdk_drift import notes


def text(*, as_json: bool) -> tuple[str, int]:
    """All differences, for people or as JSON, and the exit code: 1 where one has no explanation."""
    found = sdk_drift.as_json(sdk_drift.drift())
    return f"{json.dumps(found, indent=1)}\n" if as_json else report.text(found), 1 if found["unexplained"] else 0


def note() -> str:
    """Writes what the SDK says beside its types into the file that it is compared with; says so in a sentence."""
    found = sdk_drift.drift()
    path = found.document.folder / notes.FILE
    save({path: notes.written(found.notes)})
    return f"noted in {path} what anthropic {found.release} says\n"
