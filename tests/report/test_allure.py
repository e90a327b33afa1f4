"""What Allure is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.report.allure import allure_result, attach
from conformance.report.block import block

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]

PLUGIN = """
import sys
sys.path[:0] = [{checkout!r}, {tests!r}]
import pytest
from support import sample
from conformance.report.allure import allure_result, attach

class Item(pytest.Item):
    def runtest(self):
        results = sample.results()
        attach(allure_result(sample.usage_zero(), results.exchanges, "naga"))

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".sample":
        return File.from_parent(parent, path=file_path)

class File(pytest.File):
    def collect(self):
        yield Item.from_parent(self, name="stream-usage-counts-input[stream]")
"""


def case_of(results, slug):
    return next(case for case in results.cases if case.id == slug)


def test_area_is_the_feature_and_level_the_severity(results):
    severities = {
        "stream-usage-counts-input": "blocker",
        "errors-envelope": "critical",
        "usage-cache-counters": "normal",
        "streaming-ping-legal": "trivial",
    }
    for slug, severity in severities.items():
        entry = allure_result(case_of(results, slug), results.exchanges, "naga")
        assert (entry.feature, entry.severity) == (case_of(results, slug).area, severity)


def test_the_finding_and_its_exchange_are_attached(results):
    case = case_of(results, "stream-usage-counts-input")
    attached = {item.name: item.text for item in allure_result(case, results.exchanges, "naga").attachments}
    assert attached["finding"] == block(case)
    assert attached["request, journal line 12"].endswith('"stream":true}')
    assert "message_start" in attached["response, journal line 12"]


def test_nothing_of_the_endpoint_is_active_in_labels_or_attachments(hostile):
    for case in hostile.cases:
        entry = allure_result(case, hostile.exchanges, hostile.target.name)
        words = [entry.title, entry.feature, entry.story, *entry.tags, *(value for _, value in entry.parameters)]
        assert all(word.isprintable() for word in words)
        assert "<script" not in entry.description
        for item in entry.attachments:
            assert all(line.isprintable() for line in item.text.replace("\t", "").split("\n"))


def test_handing_over_without_allure_running_has_no_effect(results):
    assert attach(allure_result(results.cases[0], results.exchanges, "naga")) is None


def test_allure_results_carry_the_record(tmp_path):
    plugin = PLUGIN.format(checkout=str(CHECKOUT), tests=str(CHECKOUT / "tests"))
    (tmp_path / "conftest.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "one.sample").write_text("", encoding="utf-8")
    arguments = ["-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", f"--alluredir={tmp_path / 'allure'}"]
    command = [sys.executable, "-m", "pytest", *arguments, str(tmp_path / "one.sample")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    written = json.loads(next((tmp_path / "allure").glob("*-result.json")).read_text(encoding="utf-8"))
    labels = {(label["name"], label["value"]) for label in written["labels"]}
    assert {("feature", "streaming"), ("severity", "blocker"), ("story", "stream-usage-counts-input")} <= labels
    assert written["name"] == "A stream's message_start reports the input tokens"
    assert written["attachments"][0]["name"] == "finding"
