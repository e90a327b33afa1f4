"""All outputs tell the same numbers."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from conformance.report import html, json_file, junit, markdown, terminal

FRACTIONS = {"conformance": (24, 29), "strictness": (2, 7), "must": (21, 25), "should": (3, 4)}


def pair(pattern: str, text: str) -> tuple[int, int]:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return int(match[1]), int(match[2])


def test_results_json_tells_them(results):
    summary = json.loads(json_file.render(results))["summary"]
    conformance = summary["by_axis"]["conformance"]
    counts = {
        "conformance": conformance["total"],
        "strictness": summary["by_axis"]["strictness"]["total"],
        "must": conformance["by_level"]["must"],
        "should": conformance["by_level"]["should"],
    }
    assert {name: (count["passed"], count["decided"]) for name, count in counts.items()} == FRACTIONS


def test_the_terminal_tells_them(results):
    text = terminal.render(results, detail="all")
    assert pair(r"\n  all +(\d+) of (\d+)", text) == FRACTIONS["conformance"]
    assert pair(r"strictness +(\d+) of (\d+)", text) == FRACTIONS["strictness"]
    assert pair(r"MUST (\d+) of (\d+)", text) == FRACTIONS["must"]
    assert pair(r"SHOULD (\d+) of (\d+)", text) == FRACTIONS["should"]
    beside, whole = pair(r"\n(\d+) of (\d+) results do not apply", text)
    others = re.findall(r"\n(?:open|lacks|      )  ?.*?(\d+) (?:inconclusive|not run|result\))", text)
    assert (beside + sum(map(int, others)), whole) == (6, 43)


def test_the_markdown_summary_tells_them(results):
    text = markdown.render(results)
    assert pair(r"all areas\*\* \| (\d+) of (\d+)", text) == FRACTIONS["conformance"]
    assert pair(r"\*\*strictness\*\*.*? \| (\d+) of (\d+)", text) == FRACTIONS["strictness"]
    assert pair(r"of these MUST \| (\d+) of (\d+)", text) == FRACTIONS["must"]
    assert pair(r"of these SHOULD \| (\d+) of (\d+)", text) == FRACTIONS["should"]
    assert pair(r"Not decided \((\d+) of (\d+)\)", text) == (6, 43)


def test_junit_tells_them(results):
    suite = ElementTree.fromstring(junit.render(results)).find("testsuite")
    values = {item.get("name"): item.get("value") for item in suite.find("properties")}
    for name in ("conformance", "strictness"):
        assert (int(values[f"{name}.passed"]), int(values[f"{name}.decided"])) == FRACTIONS[name]
    assert (suite.get("skipped"), suite.get("tests"), suite.get("failures")) == ("6", "43", "5")


def test_the_html_report_tells_them(results):
    text = html.render(results)
    assert pair(r"(\d+) of (\d+) MUST results pass", text) == FRACTIONS["must"]
    for level in ("must", "should"):
        assert pair(rf'{level.upper()} <span class="number">(\d+) of (\d+)', text) == FRACTIONS[level]
    strictness = text[text.index('id="strictness"') :]
    assert pair(r'class="number">(\d+) of (\d+)', strictness) == FRACTIONS["strictness"]
    areas = text[text.index('class="areas"') : text.index('class="levels"')]
    found = [(int(passed), int(decided)) for passed, decided in re.findall(r"(\d+) of (\d+)", areas)]
    assert tuple(map(sum, zip(*found, strict=True))) == FRACTIONS["conformance"]


def test_area_numbers_agree_between_terminal_markdown_and_html(results):
    shown = terminal.render(results, detail="all"), markdown.render(results), html.render(results)
    for area, count in results.summary.by_axis["conformance"].by_area.items():
        patterns = (
            rf"\n  {area} +(\d+) of (\d+)",
            rf"\n\| {area} \| (\d+) of (\d+)",
            rf'#area={area}">{area}</a>.*?(\d+) of (\d+)',
        )
        for pattern, text in zip(patterns, shown, strict=True):
            assert pair(f"(?s){pattern}", text) == (count.passed, count.decided)
