"""The summary at the end of a run."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.model import KnownDeviation, Outcome
from conformance.report import html, markdown, words
from conformance.report.terminal import LINES, render
from conformance.report.verdict import VERDICTS
from conformance.results.conclusions.instructions import SENTENCE
from support import sample

UNFOLLOWED = SENTENCE.format(count=40)


def test_the_summary_reads_as_designed(results, golden):
    golden("terminal.txt", render(results, folder="reports/naga/20261122T060004Z"))


def test_readiness_names_what_the_users_of_each_client_see(results, golden):
    golden("terminal-clients.txt", render(sample.with_clients(results), width=80))


def test_clients_of_which_none_was_decided_take_one_line(results):
    found = sample.with_clients(results)
    undecided = tuple(replace(client, readiness="undecided") for client in found.clients)
    shown = render(replace(found, clients=undecided))
    assert "\nclients undecided for all 4: this run did not decide what they need\n" in shown


def test_times_take_a_line_for_each_mode_and_a_limit_only_where_it_is_exceeded(results):
    lines = [
        "timing  json    first byte 0.013 s, at worst 1.500 s; longest silence 2.250 s; tokens per second 40",
        "        stream  first byte 0.250 s, at worst 61 s; longest silence 12 s",
        "        exceeded: Plain SDK hangs up after 60 s without a first byte",
    ]
    assert "\n".join(lines) in render(sample.with_clients(results))


def test_a_run_without_deviations_has_no_failure_section(results, golden):
    clean = sample.with_cases(results, tuple(case for case in results.cases if not case.deviates))
    golden("terminal-holds.txt", render(clean))


def test_a_run_that_decided_nothing_says_so(results, golden):
    reason = "the endpoint answered 401 to the first request"
    empty = replace(results, complete=False, incomplete_reason=reason, gate=replace(results.gate, policy="must"))
    golden("terminal-nothing-decided.txt", render(sample.with_cases(empty, ())))


def test_a_model_that_follows_no_instruction_takes_one_line(results):
    found = replace(results, unfollowed=UNFOLLOWED)
    assert UNFOLLOWED in render(found).split("\n")
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
    assert "\x1b[31" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(results)


def test_nothing_of_the_endpoint_reaches_the_terminal_as_control(hostile):
    text = render(hostile, folder="reports", detail="all")
    assert all(line.isprintable() for line in text.split("\n"))
    assert r"\x1b[31m" in text


def test_nothing_in_baseline_tiers_or_capabilities_reaches_the_terminal_as_control(results):
    text = render(sample.poisoned(sample.with_baseline(results)), detail="all")
    assert all(line.isprintable() for line in text.split("\n"))


def test_blocks_are_limited_and_the_rest_is_counted(results):
    text = render(results, blocks=0)
    assert "\n7 defects, 4 of them gating, worst first\n" in text
    assert "  rerun " not in text
    assert render(results, detail="all").count("  rerun ") == len(words.decisive(results.cases))


def test_known_deviations_stale_entries_tiers_and_contradictions_have_their_own_part(results, golden):
    golden("terminal-baseline.txt", render(sample.with_baseline(results)))


def test_a_run_that_only_a_stale_entry_violates_says_so(results):
    clean = sample.with_baseline(replace(results, cases=tuple(case for case in results.cases if not case.gates)))
    text = render(clean)
    assert clean.exit_code == 1
    assert "1 entry of the baseline is stale" in text
    assert "exit    1, an entry of the baseline is stale" in text


def test_tiers_of_an_incomplete_run_take_one_line(results):
    tiers = tuple(replace(tier, status="undecided", deciding=()) for tier in sample.with_tiers(results).tiers)
    text = render(replace(results, tiers=tiers, complete=False, incomplete_reason="a selection of 43 results"))
    assert "tiers   Core, Agent and Full undecided: the run is incomplete" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_screen_has_at_most_forty_lines_and_no_line_is_wider_but_for_commands(results, width):
    busy = sample.with_clients(sample.with_baseline(results))
    many = replace(busy, defects=tuple(replace(busy.defects[0], id=f"d{number}") for number in range(30)))
    for shown in (results, busy, many):
        lines = render(shown, width=width, folder="reports/naga/20261122T060004Z").rstrip("\n").split("\n")
        assert sum(max(1, -(-len(line) // width)) for line in lines) <= LINES
        pasted = ("next", "        messages-conformance", "report", "      curl", "      rerun")
        assert [line for line in lines if len(line) > width and not line.startswith(pasted)] == []


@pytest.mark.parametrize("exit_code", sorted(VERDICTS))
@pytest.mark.parametrize("detail", ["line", "screen", "all"])
def test_the_first_word_follows_from_the_exit_code(results, exit_code, detail):
    first = render(replace(results, exit_code=exit_code), detail=detail).split("\n")[0]
    assert first.startswith(VERDICTS[exit_code])
    assert first.startswith("FAIL") == (exit_code == 1)


def test_one_line_was_asked_for_and_one_line_comes(results):
    assert render(results, detail="line", width=80).count("\n") == 1


def test_what_does_not_apply_is_not_called_undecided(results):
    beside = [case for case in results.cases if case.outcome in (Outcome.NOT_APPLICABLE, Outcome.UNSUPPORTED)]
    assert beside
    text = render(results)
    assert f"{len(beside)} results do not apply to this endpoint" in text
    assert all(case.id not in text for case in beside)


def test_the_block_of_the_worst_defect_is_shown_where_there_is_room(results):
    one = replace(results, defects=results.defects[:1])
    assert "  rerun " in render(one)
    assert "  rerun " not in render(one, lines=20)


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        (
            "https://x.example cannot be reached (connect: refused)",
            "curl -sv https://api.naga.example/anthropic/v1/models",
        ),
        ("https://x.example refuses the key in NAGA_API_KEY with status 401", "export NAGA_API_KEY=..."),
        ("https://x.example does not accept the model 'm' with status 404", "curl -s https://api.naga.example/"),
        ("3 of 43 results were judged before the run was stopped", "messages-conformance run --resume out"),
    ],
)
def test_what_could_not_begin_or_was_interrupted_takes_five_lines_and_says_what_to_do(results, reason, command):
    cases = tuple(replace(case, outcome=Outcome.NOT_RUN, gates=False) for case in results.cases)
    found = replace(results, cases=cases, defects=(), complete=False, incomplete_reason=reason, exit_code=2)
    lines = render(found, width=80, folder="out").rstrip("\n").split("\n")
    assert len(lines) <= 5
    assert any(command in line for line in lines)
    assert reason.split("(")[0].split()[0] in " ".join(lines)
