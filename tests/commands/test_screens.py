"""The end of every run fits one screen, begins with the verdict that the exit code says, and has no word of pytest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.report.terminal import LINES
from support.screens import KEY, SCREENS, TEN, Shown, endpoint, on_terminal, run, shown

WORDS = {0: "PASS  ", 1: "FAIL  ", 2: "NOT DECIDED  ", 3: "ERROR  "}
PYTEST = re.compile(r"\bpytest\b|=====|\d+ (passed|failed|deselected|skipped)\b|::|\bcollected\b|!!!!|no tests ran")


def fits(screen: Shown, code: int) -> None:
    assert screen.code == code, screen.text
    assert len(screen.end) <= LINES, screen.text
    assert screen.verdict.startswith(WORDS[code])
    assert screen.verdict.startswith("FAIL") == (code == 1)
    assert screen.end[-1].startswith(f"exit    {code}, ") or "target  gate" in screen.text
    assert PYTEST.search(screen.text) is None, PYTEST.search(screen.text)


@pytest.mark.parametrize("fault", [*TEN[:4], ""])
def test_the_end_fits_one_screen_and_begins_with_the_verdict(tmp_path: Path, fault: str) -> None:
    fits(run(tmp_path, faults=(fault,)), 1 if fault else 0)


@pytest.mark.parametrize(
    ("name", "code"), [("ten defects", 1), ("two targets", 1), ("ten defects on a terminal of 80 columns", 1)]
)
def test_so_it_does_with_many_defects_and_with_several_targets(tmp_path: Path, name: str, code: int) -> None:
    screen = SCREENS[name](tmp_path)
    if name == "two targets":
        assert {line[:6] for line in screen.end if re.match("PASS|FAIL", line)} == {"PASS  ", "FAIL  "}
        assert len(screen.end) <= LINES
        assert PYTEST.search(screen.text) is None
    else:
        fits(screen, code)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("wrong key", "export OUR_KEY=..."),
        ("unknown model", "curl -s "),
        ("unreachable", "curl -sv http://127.0.0.1:9/"),
        ("interrupted", "messages-conformance run --resume reports/"),
    ],
)
def test_what_cannot_go_on_takes_five_lines_with_what_to_do(tmp_path: Path, name: str, command: str) -> None:
    screen = SCREENS[name](tmp_path)
    fits(screen, 2)
    assert len(screen.end) <= 5, screen.text
    assert any(command in line for line in screen.end)


def test_the_block_of_a_single_defect_is_on_the_screen(tmp_path: Path) -> None:
    text = SCREENS["one defect"](tmp_path).text
    for label in ("expected", "actual", "where", "breaks", "source", "set", "rerun", "curl"):
        assert f"\n      {label} " in text


def test_one_line_is_one_line(tmp_path: Path) -> None:
    assert len(SCREENS["one line"](tmp_path).text.splitlines()) == 1


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_is_asked_for_and_forbidden_by_variables(
    tmp_path: Path, variables: dict[str, str], coloured: bool
) -> None:
    screen = shown(tmp_path, "run", "--case", "response-has-id", **variables)
    assert ("\x1b[" in screen.text) == coloured


def test_a_run_that_is_stopped_before_a_result_names_what_continues_it(tmp_path: Path) -> None:
    with endpoint() as server:
        arguments = ("run", server.url, "--model", server.model, "--api-key-env", KEY, "--out", "early")
        screen = on_terminal(tmp_path, arguments, {KEY: server.key}, until=re.compile(rb"0 of \d+ results"))
    fits(screen, 2)
    assert len(screen.end) <= 5
    assert "messages-conformance run --resume early" in screen.text
