"""Pages of the reports in a browser. Not part of the ordinary tests: `tox -e browser`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from conformance.report import html, json_file
from conformance.results.model import Results
from support.browser import launched
from support.reports import MANY, run

DESKTOP = {"width": 1280, "height": 860}

PATIENCE_MS = 300_000
"""After so long something hangs: a browser on a busy machine takes its time."""

Opened = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def red_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run that finds defects of every kind."""
    folder = tmp_path_factory.mktemp("reports")
    done = run(folder, "red", MANY)
    assert done.returncode == 1, done.text
    return folder / "red"


@pytest.fixture(scope="session")
def red_results(red_folder: Path) -> Results:
    return json_file.read(red_folder / "results.json")


@pytest.fixture(scope="session")
def red(red_folder: Path) -> str:
    return (red_folder / "report.html").as_uri()


@pytest.fixture(scope="session")
def hostile_page(tmp_path_factory: pytest.TempPathFactory, hostile: Results) -> str:
    """A page on which every text that an endpoint chooses attacks the reader."""
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_text(html.render(hostile), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens a page; it may say nothing in the console, ask for nothing, and load nothing but itself."""
    contexts: list[BrowserContext] = []
    noted: list[str] = []

    def open_page(address: str, viewport: dict[str, int] = DESKTOP, **options: object) -> Page:
        context = browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: noted.append(f"console: {message.text}"))
        page.on("pageerror", lambda problem: noted.append(f"error: {problem}"))
        page.on("dialog", lambda dialog: (noted.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: noted.append(f"request: {asked.url}") if asked.url[:4] == "http" else None)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert noted == []
