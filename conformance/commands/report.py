"""The command `report`: outputs made again from a results file."""

from __future__ import annotations

from pathlib import Path

from conformance.report import html as html_report
from conformance.report import json_file, terminal
from conformance.report import junit as junit_report
from conformance.report import markdown as markdown_report
from conformance.report.files import save


def render(results: Path, *, html: Path | None, markdown: Path | None, junit: Path | None) -> str:
    """Writes the requested outputs of a results file; returns the verdict as text.

    Raises HarnessError: exit code 4 where the file cannot be read or holds no results, or an output has an unusable
    path; 3 where the disk is full.
    """
    loaded = json_file.read(results)
    wanted = ((html, html_report.render), (markdown, markdown_report.render), (junit, junit_report.render))
    save({path: make(loaded) for path, make in wanted if path is not None})
    return terminal.render(loaded)
