"""Starts pytest for the command, and writes outputs from a results file.

Belongs here: how the command calls pytest. Does not belong here: options (`settings.py`), the run itself.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.model import HarnessError
from conformance.report import html as html_report
from conformance.report import json_file, terminal
from conformance.report import junit as junit_report
from conformance.report import markdown as markdown_report
from conformance.standard.paths import catalogue_folder

QUIET = (
    "-q", "-rN", "--tb=no", "--no-header", "--assert=plain",
    "-pno:hypothesispytest", "-pno:cov", "-pno:unraisableexception",
)  # fmt: skip
"""What a run does not need of pytest: tracebacks, rewriting of assertions, other people's summaries, and the search for
lost exceptions, which collects garbage five times at the end."""

GARBAGE = (100_000, 20, 20)
"""Thresholds of the garbage collector during a run: nearly everything that is loaded is kept to the end, so looking
through it again and again is a tenth of the time of a run."""


def launch(options: Sequence[str], pytest_args: Sequence[str]) -> int:
    """Runs the catalogue under pytest and returns the exit code.

    A configuration of the current folder's own tests does not apply: what a run does depends on its options only.
    """
    catalogue = catalogue_folder()
    arguments = [
        f"-c{catalogue.parent / 'commands' / 'pytest.ini'}",
        f"--rootdir={catalogue.parent}",
        f"-ocache_dir={Path.cwd() / '.pytest_cache'}",
        *QUIET,
        *options,
        *pytest_args,
    ]
    named = [argument for argument in pytest_args if not argument.startswith("-") and argument.endswith(".yaml")]
    before = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    try:
        return int(pytest.main(arguments if named else [*arguments, str(catalogue)]))
    finally:
        gc.set_threshold(*before)


def render_report(results: Path, *, html: Path | None, markdown: Path | None, junit: Path | None) -> str:
    """Writes the asked outputs of a results file; returns the verdict as text.

    Raises HarnessError (exit code 4) where the file cannot be read or is none, or an output cannot be written.
    """
    try:
        loaded = json_file.load(results.read_text(encoding="utf-8"))
    except OSError as problem:
        raise HarnessError(f"{results} cannot be read: {problem.strerror}", exit_code=4) from None
    wanted = ((html, html_report.render), (markdown, markdown_report.render), (junit, junit_report.render))
    for path, render in wanted:
        if path is not None:
            try:
                path.write_text(render(loaded), encoding="utf-8")
            except OSError as problem:
                raise HarnessError(f"{path} cannot be written: {problem.strerror}", exit_code=4) from None
    return terminal.render(loaded)
