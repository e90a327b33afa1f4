"""Allure's page, made by Allure 3 of what a run hands over."""

from __future__ import annotations

import json
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from support.allure_page import page
from support.reports import run
from support.servers import serving

PATIENCE_MS = 300_000


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("allure")
    options = ("--area", "streaming", "--area", "stop", "--", f"--alluredir={folder / 'results'}")
    done = run(folder, "red", ["start-input-tokens-zero"], *options)
    assert done.returncode == 1, done.text
    return page(folder / "results", folder)


def test_areas_are_the_first_level(report, browser):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    with serving(partial(Quiet, directory=str(report))) as url:
        page.goto(url)
        page.get_by_test_id("tree-section-title").first.wait_for()
        shown = page.get_by_test_id("tree-section-title").all_inner_texts()
        page.close()
    assert {"streaming", "stop"} <= set(shown)
    assert not any("catalogue" in name for name in shown)


def test_a_failure_is_called_one_and_has_our_words_and_links_to_the_sources(report):
    stats = json.loads((report / "summary.json").read_text(encoding="utf-8"))["stats"]
    assert (stats["failed"], stats.get("broken", 0)) == (1, 0)
    shown = [json.loads(path.read_text(encoding="utf-8")) for path in (report / "data" / "test-results").glob("*.json")]
    failed = next(each for each in shown if each["status"] == "failed")
    assert failed["name"] == "A stream's message_start reports the input tokens"
    assert "does something other than the clause says" in failed["descriptionHtml"]
    links = {link["url"]: link["name"] for link in failed["links"]}
    page = "https://platform.claude.com/docs/en/build-with-claude/streaming"
    assert links[page] == "Claude docs: Streaming messages (2026-08-22)"
