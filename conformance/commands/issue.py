"""The command `issue`: one defect of a results file as Markdown to paste."""

from __future__ import annotations

from pathlib import Path

from conformance.report import issue as report
from conformance.report import json_file


def text(results: Path, defect: str) -> str:
    """The Markdown. Raises FileError for a file without results, UsageError where it has no such defect."""
    return report.render(json_file.read(results), defect)
