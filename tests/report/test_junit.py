"""junit.xml."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from conformance.model import Outcome
from conformance.report.junit import render
from support import sample


def suite_of(results):
    return ElementTree.fromstring(render(results)).find("testsuite")


def test_every_result_is_one_test_case(results):
    names = [(case.get("classname"), case.get("name")) for case in suite_of(results).iter("testcase")]
    assert len(names) == len(set(names)) == len(results.cases)
    assert ("messages-conformance.streaming", "stream-usage-counts-input[stream]") in names


def test_failures_are_the_deviations_that_gate_and_no_others(results):
    suite = suite_of(results)
    failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert failed == {f"{case.id}[{case.mode}]" for case in results.cases if case.gates}
    assert suite.get("failures") == str(len(failed))


def test_a_failure_carries_the_block_and_a_deviation_that_does_not_gate_carries_it_as_output(results):
    suite = suite_of(results)
    blocks = [element.text for element in suite.iter("failure")]
    assert all("rerun" in text for text in blocks)
    quiet = next(case for case in suite.iter("testcase") if case.get("name") == "usage-cache-counters[json]")
    assert quiet.find("failure") is None
    assert quiet.findtext("system-out").startswith("FAIL  usage-cache-counters")


def test_results_without_a_verdict_are_skipped_with_their_reason(results):
    skipped = {
        case.find("skipped").get("message")
        for case in suite_of(results).iter("testcase")
        if case.find("skipped") is not None
    }
    assert "the budget of 167 requests was used up" in skipped
    open_cases = [case for case in results.cases if not case.decided]
    assert suite_of(results).get("skipped") == str(len(open_cases))


def test_a_run_that_could_not_decide_is_an_error_and_never_green(results):
    cases = tuple(replace(case, outcome=Outcome.NOT_RUN, gates=False) for case in results.cases)
    lost = replace(results, complete=False, incomplete_reason="no credit")
    suite = suite_of(sample.with_cases(lost, cases))
    assert (suite.get("errors"), suite.get("tests")) == ("1", str(len(cases) + 1))
    assert "no credit" in next(suite.iter("error")).get("message")


def test_a_hostile_endpoint_leaves_the_document_well_formed_and_the_counts_alone(hostile, results):
    assert len(list(suite_of(hostile).iter("testcase"))) == len(results.cases)
    assert suite_of(hostile).get("failures") == suite_of(results).get("failures")


def test_known_deviations_are_skipped_with_their_reason_and_stale_entries_fail(results):
    suite = suite_of(sample.with_baseline(results))
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    skipped = cases["models-list-shape[json]"].find("skipped")
    assert skipped.get("type") == "known"
    assert "fixed in the next release (until 2027-02-20, platform team; known.yaml:5)" in skipped.get("message")
    assert cases["models-list-shape[json]"].findtext("system-out").startswith("FAIL  models-list-shape")
    stale = next(case for case in suite.iter("testcase") if case.get("classname") == "messages-conformance.baseline")
    assert "known.yaml:13" in stale.find("failure").get("message")
    assert suite.get("failures") == str(sum(1 for _ in suite.iter("failure")))
    assert suite.get("skipped") == str(sum(1 for _ in suite.iter("skipped")))
    assert suite.get("tests") == str(sum(1 for _ in suite.iter("testcase")))


def test_the_readiness_of_each_client_is_a_property(results):
    found = sample.with_clients(results)
    suite = ElementTree.fromstring(render(found)).find("testsuite")
    values = {item.get("name"): item.get("value") for item in suite.find("properties")}
    assert {f"client.{client.id}": client.readiness for client in found.clients}.items() <= values.items()
