"""How far a run is, in words."""

from __future__ import annotations

import io

from conformance.model import Outcome
from conformance.report.progress import Progress


def noted(output: io.StringIO, results: int, outcome: Outcome = Outcome.PASS, **more: object) -> Progress:
    moments = iter(range(10_000))
    progress = Progress(output, clock=lambda: float(next(moments)), **more)  # type: ignore[arg-type]
    progress.begin([("naga", results)])
    for number in range(1, results + 1):
        progress.note("naga", "tools", outcome, {"requests": number, "planned": results, "cost": 0.01 * number})
    progress.end()
    return progress


def test_a_run_that_is_piped_says_ten_times_how_far_it_is() -> None:
    output = io.StringIO()
    noted(output, 200)
    lines = output.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[4].startswith(" 50 %  100 of 200 results, tools, 100 of 200 requests, ")
    for part in (" a second", " left", "USD 1.0000"):
        assert part in lines[4]
    assert " left" not in lines[-1]


def test_deviations_are_counted() -> None:
    output = io.StringIO()
    noted(output, 10, Outcome.FAIL)
    assert output.getvalue().splitlines()[-1].endswith("10 deviating")


def test_a_run_that_could_not_begin_and_a_quiet_one_say_nothing() -> None:
    output = io.StringIO()
    noted(output, 10, Outcome.NOT_RUN)
    noted(output, 10, quiet=True)
    assert output.getvalue() == ""


def test_several_targets_are_named_and_a_display_leaves_nothing_behind() -> None:
    output = io.StringIO()
    progress = Progress(output, clock=lambda: 1.0)
    progress.begin([("one", 10), ("two", 10)])
    for name in ("one", "two") * 10:
        progress.note(name, "tools", Outcome.PASS, {"requests": 1, "planned": 10, "cost": None})
    assert {line.split("%  ")[1].split(":")[0] for line in output.getvalue().splitlines()} == {"one", "two"}
    assert noted(io.StringIO(), 10, live=True).line(progress._runs["one"])
