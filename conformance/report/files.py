"""The files of a run besides the journal, and every other file that a command writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from conformance.base.errors import HarnessError
from conformance.base.output import OutputError, Outputs
from conformance.report import badge, html, json_file, junit, markdown
from conformance.results.model import Results

OUTPUTS = {
    "results.json": json_file.render,
    "summary.md": markdown.render,
    "junit.xml": junit.render,
    "report.html": html.render,
    "badge.json": badge.render,
}
"""The files, and what renders them."""


def write(folder: Path, results: Results, others: Mapping[Path, str] | None = None) -> None:
    """Writes every output, and the texts of `others`: all of them or none.

    Raises HarnessError, with exit code 3, naming the file that could not be written.
    """
    try:
        with Outputs() as outputs:
            for name, render in OUTPUTS.items():
                outputs.add(folder / name).write(render(results))
            for path, text in (others or {}).items():
                outputs.add(path, make_folder=True).write(text)
            outputs.commit()
    except OutputError as problem:
        journal = folder / "journal.ndjson"
        raise HarnessError(
            f"{problem}. No report was written or changed. What was recorded is kept: "
            f"`messages-conformance judge {journal}` judges it."
        ) from problem


def save(files: Mapping[Path, str], *, make_folder: bool = False) -> None:
    """Writes files that a command was asked for: all of them or none.

    Raises HarnessError naming the file: exit code 4 for a path that is unusable, 3 for a disk that is full or broken.
    """
    with saving() as outputs:
        for path, text in files.items():
            outputs.add(path, make_folder=make_folder).write(text)


@contextmanager
def saving() -> Iterator[Outputs]:
    """Files that a command writes bit by bit; at the end of the context they take their places together.

    Raises HarnessError as `save` does.
    """
    try:
        with Outputs() as outputs:
            yield outputs
            outputs.commit()
    except OutputError as problem:
        raise HarnessError(f"{problem}.", exit_code=3 if problem.disk else 4) from problem
