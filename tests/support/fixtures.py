"""The fixtures that all tests may use. What they hand out is made in the other modules of this package."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.server import LocalServer
from conformance.results.model import Results
from conformance.standard.library import Library
from support import sample, standard, worst
from support.data import CHECKOUT, corpora
from support.endpoint import Before, Done, Endpoint, Intervene, handler_of, run_cases
from support.project import Project
from support.servers import serving

GOLDEN = CHECKOUT / "tests" / "golden"
OURS = ("MESSAGES_", "ANTHROPIC_", "PYTEST_ADDOPTS", "PYTEST_XDIST")
"""Variables of the environment that would change a run."""


@pytest.fixture(scope="session", params=corpora())
def corpus(request: pytest.FixtureRequest) -> Path:
    """A file of recorded exchanges: the one in `tests/data/`, and the large one where the environment names it."""
    path: Path = request.param
    return path


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped catalogue, ledger and document in the first API version."""
    return standard.library()


@pytest.fixture(scope="session")
def reference() -> Iterator[LocalServer]:
    """The reference endpoint on a socket."""
    with LocalServer() as running:
        yield running


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    """Starts a reference endpoint in whose answers a test intervenes: `serve(intervene)`."""
    with ExitStack() as servers:

        def start(intervene: Intervene = lambda call, number: None, before: Before = lambda number: None) -> Endpoint:
            endpoint = Endpoint(intervene, before)
            endpoint.url = servers.enter_context(serving(handler_of(endpoint)))
            return endpoint

        yield start


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Done]:
    """Runs cases against an endpoint in this process: `run(endpoint, case=[...])`."""
    count = 0

    def start(endpoint: Endpoint, **options: Any) -> Done:
        nonlocal count
        count += 1
        return run_cases(endpoint.url, tmp_path / f"run-{count}", **options)

    return start


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project in which pytest runs."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    return Project(pytester)


@pytest.fixture(scope="session")
def canned_url() -> Iterator[str]:
    """A server with one canned answer for everybody, whatever the key."""
    with serving(worst.Canned) as url:
        yield url


@pytest.fixture(scope="session")
def canned(canned_url: str) -> tuple[str, ...]:
    """The options that point a run of pytest to the server with one canned answer."""
    return (f"--messages-url={canned_url}", "--messages-model=some-model")


@pytest.fixture(scope="session")
def broken() -> Iterator[tuple[str, ...]]:
    """The options that point a run of pytest to a server that answers everything with status 500."""
    with serving(worst.Broken) as url:
        yield (f"--messages-url={url}", "--messages-model=some-model")


@pytest.fixture(scope="session")
def results() -> Results:
    """The results of a run with all outcomes."""
    return sample.results()


@pytest.fixture(scope="session")
def hostile() -> Results:
    """The same run against an endpoint that attacks whoever reads the report, with its text in every place."""
    return sample.poisoned(sample.results())


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with a golden file; `UPDATE_GOLDEN=1` writes the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
