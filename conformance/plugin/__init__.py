"""The hooks of the pytest plugin (https://docs.pytest.org/en/stable/reference/reference.html#hooks).

Everything that costs time to import is imported inside the hook that needs it, so that a project without case files
pays nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import pytest

from conformance.base.errors import HarnessError, UsageError
from conformance.config.keys import check_arguments
from conformance.config.options import OPTIONS, PREFIX
from conformance.plugin.gatherer import GATHERER, KNOWN, WORDS, Gatherer

CATALOGUE = Path(__file__).parents[1] / "catalogue"
NOT_CASES = ("bases.yaml", "frames.yaml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds an option for each line of the settings table."""
    group = parser.getgroup(PREFIX, "conformance of Messages API endpoints")
    for option in OPTIONS:
        more: dict[str, Any] = {"action": "store_true"} if option.kind == "flag" else {"metavar": option.metavar}
        if option.kind == "list":
            more |= {"action": "append", "default": []}
        default = f" (default: {option.default})" if option.default is not None else ""
        group.addoption(
            f"--{PREFIX}-{option.name}", dest=f"{PREFIX}_{option.key}", help=f"{option.full_help}{default}", **more
        )


def pytest_load_initial_conftests(args: list[str]) -> None:
    """Refuses a key as an argument before anything can repeat it."""
    try:
        check_arguments(args, f"--{PREFIX}-")
    except UsageError as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_configure(config: pytest.Config) -> None:
    """Registers what gathers judgements, where results are written."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gatherer(config), GATHERER)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects `*.messages.yaml` and the shipped catalogue."""
    shipped = file_path.suffix == ".yaml" and CATALOGUE in file_path.parents and file_path.name not in NOT_CASES
    if not shipped and not file_path.name.endswith(".messages.yaml"):
        return None
    from conformance.plugin.items import CaseFile

    return CaseFile.from_parent(parent, path=file_path)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Attaches to the report that bad input, which ends with exit code 4, and no bug is why a file has no items."""
    report = yield
    problem = getattr(collector, "problem", None)
    if isinstance(problem, HarnessError):
        report.messages_error = problem.exit_code  # type: ignore[attr-defined]
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects what the options do not select."""
    cases = [item for item in items if hasattr(item, "case") and hasattr(item, "selected")]
    if not cases:
        return
    from conformance.plugin.crash import foreseen
    from conformance.plugin.items import BROKEN, CaseItem, sessions

    if config.stash.get(BROKEN, False):
        items[:] = [item for item in items if item not in cases]  # what is wrong has been reported
        return
    try:
        with foreseen(config):
            for session in sessions(config).values():
                session.check_options()
    except HarnessError as problem:
        _refuse(problem, config.pluginmanager.get_plugin(GATHERER))
    out = {item for item in cases if isinstance(item, CaseItem) and not item.selected}
    if out:
        config.hook.pytest_deselected(items=list(out))
        items[:] = [item for item in items if item not in out]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Starts sending before the first item runs. A worker of pytest-xdist starts with the first item it is given.

    Returns True, and no item runs, where the run cannot start.
    """
    config = session.config
    if config.option.collectonly or session.testsfailed or hasattr(config, "workerinput"):
        return None
    if any(hasattr(item, "case") for item in session.items):
        from conformance.base.interrupt import interruptible
        from conformance.plugin.crash import foreseen
        from conformance.plugin.items import start

        signals = ExitStack()
        signals.enter_context(interruptible())
        config.add_cleanup(signals.close)
        try:
            with foreseen(config):
                start(session)
        except HarnessError as problem:
            gatherer: Any = config.pluginmanager.get_plugin(GATHERER)
            if problem.exit_code == 4 and gatherer.screen is None:
                raise pytest.UsageError(str(problem)) from None
            gatherer.add(problem.exit_code, str(problem))
            return True
    return None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Ends the session where another plugin, such as allure-pytest, cannot write its files for a case."""
    if not hasattr(item, "case"):
        return (yield)
    try:
        return (yield)
    except OSError as problem:
        from conformance.base.output import reason

        sentence = f"a file of another plugin of pytest cannot be written: {reason(problem)}."
        gatherer: Any = item.config.pluginmanager.get_plugin(GATHERER)
        if gatherer is not None:
            gatherer.add(3, sentence)
        else:
            item.config.workeroutput["messages_error"] = (3, sentence)  # type: ignore[attr-defined]
        item.session.shouldstop = "a file cannot be written"
        return True


def _refuse(problem: HarnessError, gatherer: Any) -> NoReturn:
    """Ends the session with the sentence and the exit code of an error. A worker of pytest-xdist has no gatherer."""
    if gatherer is not None and gatherer.screen is not None:
        gatherer.add(problem.exit_code, str(problem))
        pytest.exit(str(problem), returncode=problem.exit_code)
    if problem.exit_code != 4:
        pytest.exit(str(problem), returncode=problem.exit_code)
    raise pytest.UsageError(str(problem)) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attaches the judgement to the report, as plain data that pytest-xdist can carry."""
    report = yield
    judged = getattr(item, "judged", None)
    if call.when == "call" and judged is not None:
        report.messages_judged = judged.pack()  # type: ignore[attr-defined]
    elif hasattr(item, "judged") and call.excinfo is not None and isinstance(call.excinfo.value, HarnessError):
        report.messages_error = call.excinfo.value.exit_code  # type: ignore[attr-defined]
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str | tuple[str, Mapping[str, bool]]] | None:
    """Gives outcomes that are neither passed nor failed their own words, and no green but to what passes."""
    packed = getattr(report, "messages_judged", None)
    if packed is None or report.failed:
        return None
    outcome = packed["judgement"]["outcome"]
    category, letter, word = KNOWN if packed["judgement"]["known"] else WORDS[outcome]
    return category, letter, word if outcome == "pass" else (word, {"yellow": True})


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends what a worker of pytest-xdist started. The gatherer does it in the process that writes the files."""
    config: Any = session.config
    if hasattr(config, "workerinput") and any(hasattr(item, "case") for item in getattr(session, "items", ())):
        from conformance.plugin.session import close_sessions, release_sessions

        problem = close_sessions(config)
        release_sessions(config)
        if problem is not None:
            config.workeroutput["messages_error"] = (problem.exit_code, str(problem))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Gives the workers of pytest-xdist the folder that the controller writes to."""
    gatherer = node.config.pluginmanager.get_plugin(GATHERER)
    node.workerinput["messages_stamp"] = gatherer.stamp


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Generator[None, Any, Any]:
    """Gives whole targets to workers, where there are cases; other projects keep the scheduler they asked for."""
    plain = yield
    if plain is None or config.getoption("dist") == "each":
        return plain
    from conformance.plugin.scheduler import CaseScheduling

    return CaseScheduling(plain, config, log)
