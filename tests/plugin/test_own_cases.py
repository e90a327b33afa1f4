"""A user's own `*.messages.yaml` beside ordinary tests."""

from __future__ import annotations

import pytest

from support.project import chosen

CASES = """
- id: own-marker
  title: The reply carries the marker
  send: {$base: text}
  expect:
    - status: 200
    - honoured: {marker: LAPIS-7431}
"""
ORDINARY = """
import pytest

def test_that_passes():
    pass

@pytest.mark.skipif("not config.getoption('--messages-name')")
def test_that_fails():
    assert False
"""


@pytest.fixture
def own(project, reference, monkeypatch):
    """A project with a case file and ordinary tests, and the reference endpoint as its target."""
    for name, value in (("URL", reference.url), ("MODEL", reference.model), ("API_KEY_ENV", "OUR_KEY")):
        monkeypatch.setenv(f"MESSAGES_{name}", value)
    monkeypatch.setenv("OUR_KEY", reference.key)
    project.write("our-cases.messages.yaml", CASES)
    project.write("test_ordinary.py", ORDINARY)
    return project


def test_own_cases_run_against_the_reference_and_ordinary_tests_beside_them(own) -> None:
    done = own.run()
    assert done.ret == 0
    done.assert_outcomes(passed=3, skipped=1)
    assert own.outcomes == {("own-marker", "json"): "pass", ("own-marker", "stream"): "pass"}
    assert {case["area"] for case in own.results["cases"]} == {"our-cases"}


def test_own_cases_run_against_the_configured_target(own, canned) -> None:
    done = own.run(*canned)
    assert done.ret == 1
    done.assert_outcomes(passed=1, failed=2, skipped=1)
    assert own.outcomes == {("own-marker", "json"): "ignored", ("own-marker", "stream"): "ignored"}


def test_the_failure_of_an_ordinary_test_is_told_by_pytest_and_makes_exit_code_1(own) -> None:
    done = own.run("--messages-name=ours")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["*def test_that_fails*", "E *assert False", "PASS *"])
    assert own.results["exit_code"] == 0


def test_the_marker_of_an_own_file_is_registered(own) -> None:
    done = own.run("--strict-markers", "-W", "error", "-m", "messages_our_cases")
    assert done.ret == 0
    done.assert_outcomes(passed=2, deselected=2)


def test_own_cases_share_the_area_options(own) -> None:
    done = own.run("--messages-area=our-cases", "--messages-mode=json")
    done.assert_outcomes(passed=2, deselected=1, skipped=1)
    assert set(own.outcomes) == {("own-marker", "json")}


def test_own_cases_of_two_files_go_to_one_worker_and_ordinary_tests_anywhere(own) -> None:
    own.write("more.messages.yaml", CASES.replace("own-marker", "own-other"))
    done = own.run("-n", "2", "-v")
    assert done.ret == 0
    used = {line.split()[0] for line in done.outlines if line.startswith("[gw") and ".messages.yaml::" in line}
    assert len(used) == 1
    assert len(own.outcomes) == 4


@pytest.mark.parametrize("dist", ["loadfile", "worksteal"])
def test_every_way_of_spreading_keeps_a_target_together(own, dist) -> None:
    own.write("more.messages.yaml", CASES.replace("own-marker", "own-other"))
    done = own.run("-n", "2", "--dist", dist)
    assert done.ret == 0
    assert set(own.outcomes.values()) == {"pass"}


def test_an_own_case_and_the_catalogue_in_one_run(own) -> None:
    done = own.run("our-cases.messages.yaml", "--pyargs", "conformance", *chosen("own-marker", "models-page-has-data"))
    assert done.ret == 0
    assert {case for case, _ in own.outcomes} == {"own-marker", "models-page-has-data"}


def test_own_cases_without_a_target_are_refused(project) -> None:
    project.write("our-cases.messages.yaml", CASES)
    done = project.run("our-cases.messages.yaml")
    told = done.stdout.str() + done.stderr.str()
    assert done.ret == 4
    assert "our-cases.messages.yaml has cases of your own, and no endpoint is named" in told
    assert "--url and --model" in told
    assert "Traceback" not in told
    assert project.wrote_nothing
