"""The summary at the end of a run."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.model import KnownDeviation
from conformance.report import html, markdown, words
from conformance.report.terminal import render
from conformance.results.conclusions.instructions import SENTENCE
from support import sample

UNFOLLOWED = SENTENCE.format(count=40)


def test_the_summary_reads_as_designed(results, golden):
    golden("terminal.txt", render(results, limit=2, report="reports/naga/20261122T060004Z/report.html"))


def test_readiness_names_what_the_users_of_each_client_see(results, golden):
    golden("terminal-clients.txt", section(render(sample.with_clients(results)), "clients"))


def test_clients_of_which_none_was_decided_take_one_line(results):
    found = sample.with_clients(results)
    undecided = tuple(replace(client, readiness="undecided") for client in found.clients)
    shown = section(render(replace(found, clients=undecided)), "clients")
    assert shown.split("\n") == [
        "clients         undecided for all 4: this run did not decide what they need",
        "",
    ]


def test_times_take_a_line_for_each_mode_and_a_limit_only_where_it_is_exceeded(results):
    assert section(render(sample.with_clients(results)), "timing").split("\n") == [
        "timing          json    first byte 0.013 s, at worst 1.500 s; longest silence 2.250 s; tokens per second 40",
        "                stream  first byte 0.250 s, at worst 61 s; longest silence 12 s",
        "  exceeded      Plain SDK hangs up after 60 s without a first byte",
        "",
    ]


def section(text: str, title: str) -> str:
    """The part of a summary that begins with this title."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(f"{title} ")]
    return f"{found}\n"


def test_a_run_without_deviations_has_no_failure_section(results, golden):
    clean = sample.with_cases(results, tuple(case for case in results.cases if not case.deviates))
    golden("terminal-holds.txt", render(clean))


def test_a_run_that_decided_nothing_says_so(results, golden):
    reason = "the endpoint answered 401 to the first request"
    empty = replace(results, complete=False, incomplete_reason=reason, gate=replace(results.gate, policy="must"))
    golden("terminal-nothing-decided.txt", render(sample.with_cases(empty, ())))


def test_a_model_that_follows_no_instruction_takes_one_line(results):
    found = replace(results, unfollowed=UNFOLLOWED)
    assert set(render(found).split("\n")) - set(render(results).split("\n")) == {UNFOLLOWED}
    said = f"{UNFOLLOWED[0].upper()}{UNFOLLOWED[1:]}."
    for report in (html.render, markdown.render):
        assert said in report(found)
        assert said not in report(results)


def test_a_declined_capability_that_no_result_needs_is_a_defect_in_every_report(results):
    bare = replace(results.defects[0], id="tier-needs-x", title="Agent needs x: declined", cases=())
    others = [replace(bare, id=f"tier-needs-{number}", title=f"Agent needs {number}") for number in range(20)]
    found = replace(results, defects=(bare, *others))
    for text in (render(found), html.render(found), markdown.render(found)):
        assert "Agent needs x: declined" in text


def test_the_result_to_read_first_is_one_that_the_baseline_does_not_list(results):
    known = KnownDeviation("later", "2027-01-01", "known.yaml:1")
    defect = next(each for each in results.defects if len(each.cases) > 1)
    cases = tuple(replace(case, known=known) if case.key == defect.cases[0] else case for case in results.cases)
    ((_, members),) = words.defects(replace(results, cases=cases, defects=(defect,)))
    assert members[0].known is None
    assert [case.key for case in members[-1:]] == [defect.cases[0]]


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
