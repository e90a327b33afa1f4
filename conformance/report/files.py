"""The files of a run besides the journal."""

from __future__ import annotations

from pathlib import Path

from conformance.model import HarnessError
from conformance.report import html, json_file, junit, markdown
from conformance.results.model import Results

OUTPUTS = {
    "results.json": json_file.render,
    "summary.md": markdown.render,
    "junit.xml": junit.render,
    "report.html": html.render,
}
"""The files, and what renders them."""


def write(folder: Path, results: Results) -> None:
    """Writes every output. Raises HarnessError naming the file that could not be written."""
    for name, render in OUTPUTS.items():
        path = folder / name
        try:
            path.write_text(render(results), encoding="utf-8")
        except OSError as problem:
            raise HarnessError(f"Cannot write {path}: {problem.strerror}. The journal is complete.") from None
