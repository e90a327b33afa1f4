"""What results say of a run: the same way for runs, rejudged journals and recordings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Finding, Judgement, Mode, Outcome, Where
from conformance.results.build import build
from conformance.results.excerpts import Excerpts
from conformance.results.model import TargetSummary
from conformance.results.run import RunFacts
from conformance.standard.library import Library

TARGET = TargetSummary("naga", "https://naga.example", "/v1/messages", "m", "2023-06-01", select=("--target", "naga"))
RUN = RunFacts(TARGET, "abc", "2026-11-27T10:00:00Z", 1.5, 2, "must")
FINE = Judgement("response-has-id", Mode.JSON, Outcome.PASS, can_gate=True)
WRONG = Judgement("response-has-id", Mode.STREAM, Outcome.FAIL, gates=True, can_gate=True)


def test_results_are_in_the_order_of_the_catalogue_whatever_the_order_of_judging(library: Library) -> None:
    last, first = library.catalogue.cases[-1], library.catalogue.cases[0]
    judged = [(Judgement(case.id, case.modes[0], Outcome.PASS), 0.0) for case in (last, first)]
    assert [case.id for case in build(RUN, judged, library, Excerpts()).cases] == [first.id, last.id]


@pytest.mark.parametrize(
    ("run", "judgement", "exit_code"),
    [
        (RUN, FINE, 0),
        (RUN, WRONG, 1),
        (replace(RUN, unfinished="no credit"), FINE, 2),
        (replace(RUN, unfinished="no credit"), WRONG, 1),
        (replace(RUN, failed=3), FINE, 3),
        (replace(RUN, failed=3), WRONG, 3),
        (replace(RUN, failed=4), FINE, 4),
        (replace(RUN, failed=2), FINE, 2),
        (replace(RUN, failed=2), WRONG, 1),
        (RUN, replace(FINE, can_gate=False), 2),
        (replace(RUN, asked=10, answered=9), FINE, 0),
        (replace(RUN, asked=10, answered=8), FINE, 2),
        (replace(RUN, asked=10, answered=8), WRONG, 1),
        (replace(RUN, asked=10, answered=8, min_decided=80), FINE, 0),
    ],
)
def test_the_exit_code_is_that_of_the_process(
    library: Library, run: RunFacts, judgement: Judgement, exit_code: int
) -> None:
    assert build(run, [(judgement, 0.0)], library, Excerpts()).exit_code == exit_code


def test_recordings_of_others_reach_no_tier_and_have_no_line_to_copy(library: Library) -> None:
    (ours,) = build(RUN, [(FINE, 0.0)], library, Excerpts()).cases
    recorded = build(replace(RUN, sent_by_us=False), [(FINE, 0.0)], library, Excerpts())
    (theirs,) = recorded.cases
    assert ours.rerun == "messages-conformance run --target naga --case response-has-id --mode json"
    assert (theirs.rerun, theirs.curl, theirs.accept) == ("", "", "")
    assert (recorded.tiers, recorded.suite.edition) == ((), None)


def test_tiers_are_named_by_id_and_an_incomplete_run_reaches_none(library: Library) -> None:
    found = build(replace(RUN, complete=False, incomplete_reason="a selection"), [(FINE, 0.0)], library, Excerpts())
    assert [(tier.id, tier.status) for tier in found.tiers] == [
        ("core", "undecided"),
        ("agent", "undecided"),
        ("full", "undecided"),
    ]


def test_findings_are_kept_up_to_a_limit_and_without_an_excerpt_where_the_exchange_is_unknown(library: Library) -> None:
    findings = tuple(Finding("check", "a", f"b{n}", Where(line=9)) for n in range(8))
    excerpts = Excerpts()
    excerpts.add_judgement(replace(WRONG, findings=findings), {}, TARGET)
    (case,) = build(RUN, [(replace(WRONG, findings=findings), 0.0)], library, excerpts).cases
    assert [(finding.actual, finding.excerpt) for finding in case.findings] == [(f"b{n}", ()) for n in range(5)]
