"""The command line: groups of options, one style of error, a URL without its option, plans that a run would refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.cli import command as cli
from conformance.config.options import GROUPS, OPTIONS
from support.command import command


def test_every_option_is_in_one_group() -> None:
    grouped = [option.name for options in GROUPS.values() for option in options]
    assert sorted(grouped) == sorted(option.name for option in OPTIONS)


def test_the_help_of_run_has_groups_examples_exit_codes_and_variables(tmp_path: Path) -> None:
    text = command("run", "--help", cwd=tmp_path).stdout
    for part in (*(f"\n{title}:\n" for title in GROUPS), "\nExamples:\n", "\nExit codes:\n", "\nEnvironment:\n"):
        assert part in text
    assert all(f"  --{option.name}" in text for option in OPTIONS)
    assert all(f"\n  {code}  " in text for code in range(5))
    for variable in ("MESSAGES_*", "ANTHROPIC_API_KEY", "NO_COLOR", "FORCE_COLOR"):
        assert variable in text


def test_every_example_of_the_help_is_a_command_line_that_is_understood() -> None:
    text = cli.commands["run"].get_help(cli.make_context("messages-conformance", ["--help"], resilient_parsing=True))
    for line in re.findall(r"^  messages-conformance run (.*)$", text, re.MULTILINE):
        arguments = [word.strip("'") for word in line.split()]
        cli.commands["run"].make_context("run", arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--no-such-option"],
        ["run", "--concurrency", "0"],
        ["run", "--gate", "may"],
        ["run", "--case", "no-such-case"],
        ["run", "a-file.txt"],
        ["run", "http://127.0.0.1:9", "http://127.0.0.1:10"],
        ["run", "--url", "http://127.0.0.1:9", "http://127.0.0.1:9"],
        ["plan", "ftp://example.com", "--model", "m"],
        ["list", "nothing"],
        ["no-such-command"],
        ["explain"],
        ["judge", "nowhere.ndjson"],
        ["report", "nowhere.json"],
        ["serve", "--fault", "no-such-fault"],
    ],
)
def test_bad_input_is_one_line_in_one_style(tmp_path: Path, arguments: list[str]) -> None:
    done = command(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert re.fullmatch(r"messages-conformance: \S.*\S\n", done.stderr), done.stderr


@pytest.mark.parametrize("word", ["localhost:9", "127.0.0.1:9/v1", "http://127.0.0.1:9"])
def test_the_url_needs_no_option(tmp_path: Path, word: str) -> None:
    done = command("plan", word, "--model", "m", "--case", "response-*", cwd=tmp_path)
    assert done.returncode == 0
    assert word in done.stdout


def test_a_plan_that_a_run_would_refuse_exits_with_2(tmp_path: Path) -> None:
    asked = ("http://127.0.0.1:9", "--model", "m", "--max-requests", "1")
    done = command("plan", *asked, cwd=tmp_path)
    assert done.returncode == 2
    assert "the run would not start" in done.stdout
    assert command("run", *asked, cwd=tmp_path).returncode == 2


def test_patterns_select_cases(tmp_path: Path) -> None:
    done = command("plan", "--case", "stop-m?x*", "--case", "response-has-id", cwd=tmp_path)
    assert done.returncode == 0
    done = command("plan", "--case", "stop-q*", cwd=tmp_path)
    assert done.returncode == 4


def test_the_demonstration_finds_its_defects_and_ends_well(tmp_path: Path) -> None:
    done = command("demo", cwd=tmp_path)
    assert done.returncode == 0, done.text
    assert "\nFAIL  " in done.text
    (report,) = tmp_path.rglob("report.html")
    assert report.as_uri() in done.text
