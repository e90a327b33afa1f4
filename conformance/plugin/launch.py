"""Starts pytest on the catalogue, as the command `run` does."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.base.errors import HarnessError
from conformance.base.output import reason
from conformance.standard.paths import catalogue_folder

CONFIGURATION = Path(__file__).with_name("pytest.ini")
"""Takes the place of the configuration of the current folder's own tests: what a run does depends on its options."""

QUIET = (
    "-q", "-rN", "--tb=no", "--no-header", "--assert=plain", "--capture=sys",
    "-pno:hypothesispytest", "-pno:cov", "-pno:unraisableexception",
)  # fmt: skip
"""Switches off what a run does not need of pytest: tracebacks, rewriting of assertions, temporary files for what tests
print, summaries of other plugins, and the search for lost exceptions, which collects garbage five times at the end."""

GARBAGE = (100_000, 20, 20)
"""Thresholds of the garbage collector during a run. Nearly everything that is loaded is kept to the end; searching it
for garbage again and again would take a tenth of the time of a run."""


def launch(options: Sequence[str], pytest_args: Sequence[str]) -> int:
    """Runs the catalogue, or the case files that the arguments name, under pytest; returns the exit code.

    Raises HarnessError where pytest itself meets a folder that is gone or a disk that is full.
    """
    catalogue = catalogue_folder()
    arguments = [
        f"-c{CONFIGURATION}",
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
    except OSError as problem:  # a folder that is gone, a disk that is full: pytest itself does not survive that
        raise HarnessError(
            f"The run cannot be ended: {problem.filename or 'a file of pytest'}: {reason(problem)}. What was recorded "
            "is kept in its journal; `run --resume FOLDER` continues it."
        ) from problem
    finally:
        gc.set_threshold(*before)
