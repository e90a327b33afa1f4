"""The command `diff`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path

from conformance.report import delta as report
from conformance.report import json_file
from conformance.results.delta import delta_of


def text(old: Path, new: Path, form: str) -> tuple[str, int]:
    """The changes as `text`, `markdown` or `json`, and the exit code.

    Exit code 1 where something that gates got worse, 2 where that could not be decided. Raises FileError for a file
    that holds no results.
    """
    found = delta_of(json_file.read(old), json_file.read(new))
    shown = {"text": report.text, "markdown": report.as_markdown, "json": report.as_json}[form]
    return shown(found), found.exit_code
