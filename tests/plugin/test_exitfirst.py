"""`-x`: stops at the first gating failure, and keeps what there is."""

from __future__ import annotations

from support.project import chosen


def test_x_stops_and_the_results_are_written_and_incomplete(project, canned) -> None:
    done = project.catalogue("-x", *canned, "--messages-area=tools", "--messages-area=system")
    assert done.ret == 1
    results = project.results
    assert results["complete"] is False
    assert "before the run was stopped" in results["incomplete_reason"]
    assert results["exit_code"] == 1
    assert [case["gates"] for case in results["cases"]].count(True) == 1
    header = (project.folder / "out" / "journal.ndjson").read_text(encoding="utf-8").splitlines()[0]
    assert '"items"' in header
    assert {path.name for path in (project.folder / "out").iterdir()} >= {"report.html", "summary.md", "junit.xml"}


def test_x_has_no_effect_on_what_does_not_gate(project, canned) -> None:
    selection = chosen("messages-text-block-blank", "response-has-id")
    done = project.catalogue("-x", *canned, *selection, "--messages-min-decided=0")  # one result stays undecided
    assert done.ret == 0
    assert set(project.outcomes) == {
        ("messages-text-block-blank", "json"),
        ("response-has-id", "json"),
        ("response-has-id", "stream"),
    }


def test_maxfail_counts_gating_failures(project, canned) -> None:
    done = project.catalogue("--maxfail=2", *canned, "--messages-area=tools")
    assert done.ret == 1
    assert [case["gates"] for case in project.results["cases"]].count(True) == 2
