"""`--junitxml`: pytest's own file."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from support.project import chosen


def test_junitxml_has_every_outcome_as_pytest_means_it(project, canned) -> None:
    project.catalogue(
        *canned, *chosen("response-has-id", "models-page-has-data", "models-retrieved"), "--junitxml=own.xml"
    )
    suite = ET.parse(project.folder / "own.xml").getroot().find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "2", "errors": "0", "skipped": "1"}
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    failed = cases["models-page-has-data[127.0.0.1-" + project.results["target"]["name"].rpartition("-")[2] + "-json]"]
    failure = failed.find("failure")
    assert failure is not None
    assert "expected" in (failure.text or "")
    assert "Traceback" not in (failure.text or "")
    properties = {item.get("name"): item.get("value") for item in failed.iter("property")}
    assert properties == {"outcome": "fail", "level": "must"}


def test_the_file_of_the_run_and_pytests_own_are_both_written(project) -> None:
    project.catalogue(*chosen("models-page-has-data"), "--junitxml=own.xml")
    assert (project.folder / "own.xml").is_file()
    assert (project.folder / "out" / "junit.xml").is_file()
