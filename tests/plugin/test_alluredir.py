"""`--alluredir`: area as feature, level as severity, the evidence attached."""

from __future__ import annotations

import json
from typing import Any

from support.project import chosen


def told(project) -> dict[str, dict[str, Any]]:
    folder = project.folder / "allure"
    loaded = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]
    return {label["value"]: result for result in loaded for label in result["labels"] if label["name"] == "story"}


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def attached(project, result: dict[str, Any]) -> dict[str, str]:
    folder = project.folder / "allure"
    return {item["name"]: (folder / item["source"]).read_text(encoding="utf-8") for item in result["attachments"]}


def test_area_level_and_evidence_are_told(project, canned) -> None:
    cases = ("models-page-has-data", "response-has-id", "usage-cache-counters-present")
    project.catalogue(*canned, *chosen(*cases), "-k", "json", "--alluredir=allure")
    results = told(project)
    assert set(results) == set(cases)
    severity = {case: labels(result, "severity") for case, result in results.items()}
    assert severity == {
        "models-page-has-data": ["blocker"],
        "response-has-id": ["critical"],
        "usage-cache-counters-present": ["normal"],
    }
    assert labels(results["models-page-has-data"], "feature") == ["models"]
    assert results["models-page-has-data"]["status"] in ("failed", "broken")
    assert results["response-has-id"]["status"] == "passed"
    texts = attached(project, results["models-page-has-data"])
    assert texts["finding"].startswith("FAIL  models-page-has-data")
    request = next(text for name, text in texts.items() if name.startswith("request, journal line"))
    response = next(text for name, text in texts.items() if name.startswith("response, journal line"))
    assert "/v1/models" in request
    assert '"msg_01CannedAnswerForEveryone"' in response


def test_workers_tell_allure_as_well(project) -> None:
    done = project.catalogue(*chosen("models-page-has-data", "system-string"), "--alluredir=allure", "-n", "2")
    assert done.ret == 0
    results = told(project)
    assert {case: labels(result, "feature") for case, result in results.items()} == {
        "models-page-has-data": ["models"],
        "system-string": ["system"],
    }
    assert len(attached(project, results["system-string"])) >= 2


def test_without_the_option_nothing_is_told(project, monkeypatch) -> None:
    import conformance.plugin.items as items

    def tell(*args: object) -> None:
        raise AssertionError("Allure was told although nobody asked")

    monkeypatch.setattr(items, "show_to_allure", tell)
    assert project.catalogue(*chosen("models-page-has-data")).ret == 0


def test_what_could_not_be_judged_for_lack_of_an_endpoint_is_told_too(project) -> None:
    target = ("--messages-url=http://127.0.0.1:9", "--messages-model=m")
    assert project.catalogue(*target, *chosen("models-page-has-data"), "--alluredir=allure").ret == 2
    assert told(project)["models-page-has-data"]["status"] == "skipped"
