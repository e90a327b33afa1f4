"""Starts pytest on the catalogue, as the command `run` does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.base.errors import HarnessError
from conformance.base.output import reason
from conformance.base.streams import muted
from conformance.plugin.gatherer import GATHERER, SCREEN, Gatherer
from conformance.plugin.screen import CommandScreen
from conformance.report.terminal import Detail
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

OWN_OUTPUT = (
    "-h", "--help", "--version", "--co", "--collect-only", "--markers", "--fixtures", "--setup-", "--trace-config",
    "--debug", "--durations", "--tb", "-s", "-v", "-r", "--cache-show",
)  # fmt: skip
"""How the arguments begin that ask for output of pytest."""

NOTHING_SELECTED = 5
"""Exit code of pytest where there is nothing to run."""


def launch(
    options: Sequence[str], pytest_args: Sequence[str], detail: Detail = "screen", files: Sequence[Path] = ()
) -> int:
    """Runs the catalogue, or the case files that the arguments name, under pytest; returns the exit code.

    `files` are case files that belong to the catalogue of this run: those of vendors.

    What is shown is ours and not pytest's, unless the arguments ask for that. Raises HarnessError where pytest itself
    meets a folder that is gone or a disk that is full, and where nothing is selected.
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
        code = _shown([*arguments, *([] if named else map(str, (catalogue, *files)))], pytest_args, detail)
    except OSError as problem:  # a folder that is gone, a disk that is full: pytest itself does not survive that
        raise HarnessError(
            f"The run cannot be ended: {problem.filename or 'a file of pytest'}: {reason(problem)}. What was recorded "
            "is kept in its journal; `run --resume FOLDER` continues it."
        ) from problem
    finally:
        gc.set_threshold(*before)
    if code == NOTHING_SELECTED:
        raise HarnessError("Nothing is selected: no case fits all of the options. `list` shows the cases.", exit_code=4)
    return code


def _shown(arguments: Sequence[str], pytest_args: Sequence[str], detail: Detail) -> int:
    """Runs pytest and shows what there is to see; returns the exit code."""
    if asks_for_pytest(pytest_args):
        return int(pytest.main([*arguments]))
    screen = CommandScreen(sys.stdout, detail)
    seen = _Seen(screen)
    with muted():
        code = int(pytest.main([*arguments], plugins=[seen]))
    screen.progress.end()
    if seen.gatherer is not None:
        if seen.gatherer.summary:
            screen.print(seen.gatherer.summary)
        if seen.gatherer.problem:
            print(
                f"messages-conformance: {seen.gatherer.problem.removeprefix('messages-conformance: ')}", file=sys.stderr
            )
    return code


def asks_for_pytest(arguments: Sequence[str]) -> bool:
    """Whether arguments ask for what pytest prints, or name tests of other kinds."""
    tests = [each for each in arguments if not each.startswith("-") and each.partition("::")[0].endswith(".py")]
    return bool(tests) or any(argument.startswith(OWN_OUTPUT) for argument in arguments)


class _Seen:
    """Registers the screen, and keeps the gatherer, which pytest forgets at the end."""

    def __init__(self, screen: CommandScreen) -> None:
        self._screen = screen
        self.gatherer: Gatherer | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._screen, SCREEN)
        found: Gatherer | None = config.pluginmanager.get_plugin(GATHERER)
        self.gatherer = found
