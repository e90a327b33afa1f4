"""The summary at the end of a run."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.report.terminal import render
from support import sample


def test_the_summary_reads_as_designed(results, golden):
    golden("terminal.txt", render(results, limit=2, report="reports/naga/20261122T060004Z/report.html"))


def test_a_run_without_deviations_has_no_failure_section(results, golden):
    clean = sample.with_cases(results, tuple(case for case in results.cases if not case.deviates))
    golden("terminal-holds.txt", render(clean))


def test_a_run_that_decided_nothing_says_so(results, golden):
    reason = "the endpoint answered 401 to the first request"
    empty = replace(results, complete=False, incomplete_reason=reason, gate=replace(results.gate, policy="must"))
    golden("terminal-nothing-decided.txt", render(sample.with_cases(empty, ())))


def test_a_model_that_follows_no_instruction_takes_one_line(results):
    said = "the model does not follow instructions: none of 40 replies shows what it was asked for"
    assert set(render(replace(results, unfollowed=said)).split("\n")) - set(render(results).split("\n")) == {said}


def test_colour_adds_colour_codes_and_nothing_else(results):
    coloured = render(results, colour=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[[0-9]*m", "", coloured) == render(results)


def test_nothing_of_the_endpoint_reaches_the_terminal_as_control(hostile):
    text = render(hostile, report="report.html", limit=100)
    assert all(line.isprintable() for line in text.split("\n"))
    assert r"\x1b[31m" in text


def test_nothing_in_baseline_tiers_or_capabilities_reaches_the_terminal_as_control(results):
    text = render(sample.poisoned(sample.with_baseline(results)), limit=100)
    assert all(line.isprintable() for line in text.split("\n"))


def test_blocks_are_limited_and_the_rest_is_counted(results):
    text = render(results, limit=0)
    assert "\n7 defects, 4 of them gating, worst first\n" in text
    assert text.count("rerun") == 0


def test_known_deviations_stale_entries_tiers_and_contradictions_have_their_own_part(results, golden):
    golden("terminal-baseline.txt", render(sample.with_baseline(results), limit=1))


def test_a_run_that_only_a_stale_entry_violates_says_so(results):
    clean = sample.with_baseline(replace(results, cases=tuple(case for case in results.cases if not case.gates)))
    text = render(clean)
    assert clean.exit_code == 1
    assert "1 entry of the baseline is stale" in text
    assert "exit    1, an entry of the baseline is stale" in text


def test_tiers_of_an_incomplete_run_take_one_line(results):
    tiers = tuple(replace(tier, status="undecided", deciding=()) for tier in sample.with_tiers(results).tiers)
    text = render(replace(results, tiers=tiers, complete=False, incomplete_reason="a selection of 43 results"))
    assert "tiers           Core, Agent, Full undecided: the run is incomplete" in text
