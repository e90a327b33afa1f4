"""Many results side by side: equal editions, no ranking, history, evidence, disputes, and a page that stays small."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import fsspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import conformance.report
from conformance.cli import command
from conformance.model import Outcome
from conformance.report import json_file
from conformance.report import scorecard as report
from conformance.results.model import Results
from conformance.results.scorecard import Scorecard, ScoredRun, scorecard_of
from conformance.standard.submissions import Dispute
from support import sample
from support.command import command as in_process

SCHEMA = json.loads((Path(conformance.report.__file__).parent / "scorecard.schema.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 28)
WHOLE = sample.with_clients(sample.with_tiers(sample.results()))


def named(
    name: str, *, day: str = "2026-11-22", edition: str | None = "2026-11-22", results: Results = WHOLE
) -> Results:
    target = replace(results.target, name=name)
    suite = replace(results.suite, edition=edition)
    return replace(results, target=target, suite=suite, started=f"{day}T06:00:00Z")


def run(results: Results, **more: object) -> ScoredRun:
    return ScoredRun(results, f"{results.target.name}/results.json", f"{results.target.name}/report.html", **more)


def names(card: Scorecard) -> list[str]:
    return [column.run.results.target.name for column in card.columns]


def test_columns_are_in_the_order_of_submission_or_of_names_and_never_ranked() -> None:
    good = replace(WHOLE, cases=tuple(case for case in WHOLE.cases if not case.deviates), defects=(), exit_code=0)
    runs = [run(named("naga")), run(named("zeta", results=good)), run(named("Alpha"))]
    assert names(scorecard_of(runs)) == ["naga", "zeta", "Alpha"]
    assert names(scorecard_of(runs, "name")) == ["Alpha", "naga", "zeta"]


def test_only_equal_editions_are_compared() -> None:
    runs = [run(named("old", edition="2026-05-01")), run(named("naga")), run(named("none", edition=None))]
    card = scorecard_of(runs)
    assert (card.edition, names(card)) == ("2026-11-22", ["naga"])
    assert [column.run.results.target.name for column in card.apart] == ["old", "none"]
    page = report.render(card, TODAY, "submission")
    assert "Not compared: results of another edition" in page
    assert "edition 2026-05-01" in page


def test_of_one_target_the_newest_result_is_compared_and_the_others_are_its_history() -> None:
    days = ["2026-11-03", "2026-11-01", "2026-11-02"]
    card = scorecard_of([run(named("naga", day=day)) for day in days])
    (column,) = card.columns
    assert column.run.results.started.startswith("2026-11-03")
    assert [each.results.started[:10] for each in column.history] == ["2026-11-01", "2026-11-02"]
    page = report.render(card, TODAY, "submission")
    assert page.count("<rect") == 3
    assert "3 runs: 2026-11-01" in page


def test_every_row_has_a_cell_for_every_target() -> None:
    less = replace(WHOLE, cases=WHOLE.cases[3:], tiers=WHOLE.tiers[:1], clients=WHOLE.clients[:2], defects=())
    card = scorecard_of([run(named("naga")), run(named("less", results=less))])
    for rows in (card.tiers, card.clients, card.areas, card.defects, card.cases):
        assert rows
        assert {len(row.cells) for row in rows} == {2}
    assert [row.id for row in card.defects] == [defect.id for defect in WHOLE.defects]


def test_a_case_that_passes_everywhere_is_counted_and_not_listed() -> None:
    passing = {case.key for case in WHOLE.cases if case.outcome is Outcome.PASS}
    card = scorecard_of([run(named("naga")), run(named("zeta"))])
    assert passing
    assert passing.isdisjoint(row.id for row in card.cases)
    assert card.alike >= len(passing)


def test_each_cell_opens_its_evidence() -> None:
    page = report.render(scorecard_of([run(named("naga"))]), TODAY, "submission")
    case = next(case for case in WHOLE.cases if case.gates)
    assert f'href="naga/report.html#case-{case.key}"' in page
    assert f'href="naga/report.html#defect-{WHOLE.defects[0].id}"' in page
    assert f'href="naga/report.html#client-{WHOLE.clients[0].id}"' in page


def test_a_dispute_is_shown_with_its_verdict() -> None:
    case = next(case for case in WHOLE.cases if case.gates)
    dispute = Dispute(case.id, "Our page says otherwise.", "open", "2026-11-25")
    page = report.render(scorecard_of([run(named("naga"), disputes=(dispute,))]), TODAY, "submission")
    assert 'title="open: Our page says otherwise."' in page


def test_an_expired_result_says_so() -> None:
    card = scorecard_of([run(named("naga"))])
    assert "expired 2027-05-22" in report.render(card, date(2027, 6, 1), "submission")
    assert "expired" not in report.render(card, TODAY, "submission")


def test_fifty_targets_and_thirty_dates_fit_into_two_megabytes() -> None:
    cases = tuple(replace(case, id=f"{case.id}-{number}") for number in range(12) for case in WHOLE.cases)
    large = replace(WHOLE, cases=cases)
    days = [f"2026-10-{day:02}" for day in range(1, 31)]
    runs = [run(named(f"target-{number:02}", day=day, results=large)) for number in range(50) for day in days]
    card = scorecard_of(runs)
    assert len(card.columns) == 50
    assert len(report.render(card, TODAY, "submission").encode()) < 2_000_000
    assert len(report.as_json(card, TODAY, "submission").encode()) < 2_000_000


def test_hostile_results_stay_text_and_the_page_runs_nothing() -> None:
    card = scorecard_of([run(sample.poisoned(WHOLE), disputes=(Dispute("x", sample.POISON, "open", "2026-11-25"),))])
    page = report.render(card, TODAY, "submission")
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in html.unescape(page)


@pytest.mark.parametrize("order", [[], ["--by-name"]])
def test_the_command_reads_files_submissions_and_folders(tmp_path: Path, order: list[str]) -> None:
    for name in ("naga", "alpha"):
        folder = tmp_path / "nights" / "2026-11-22" / name
        folder.mkdir(parents=True)
        (folder / "results.json").write_text(json_file.render(named(name)), encoding="utf-8")
        (folder / "report.html").touch()
    seal = f'by: vendor\ndate: "2026-11-23"\nfiles: {{results.json: "{"0" * 64}"}}\n'
    (folder / "submission.yaml").write_text(seal, encoding="utf-8")
    page, document = tmp_path / "cards" / "card.html", tmp_path / "cards" / "card.json"
    arguments = ["scorecard", str(tmp_path / "nights"), "--out", str(page), "--json", str(document), *order]
    shown = CliRunner().invoke(command, arguments)
    assert shown.exit_code == 0, shown.output
    assert "2 targets of edition 2026-11-22" in shown.output
    found = json.loads(document.read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(found)
    assert [(each["name"], each["by"]) for each in found["targets"]] == [("alpha", "vendor"), ("naga", None)]
    assert 'href="../nights/2026-11-22/naga/report.html"' in page.read_text(encoding="utf-8")


def test_results_of_many_nights_are_read_from_a_location_of_fsspec(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for day in ("2026-11-21", "2026-11-22"):
        memory.pipe(f"/nights/{day}/naga/results.json", json_file.render(named("naga", day=day)).encode())
        memory.pipe(f"/nights/{day}/naga/journal.ndjson", b"not copied")
    page, document = tmp_path / "card.html", tmp_path / "card.json"
    arguments = ["scorecard", "memory://nights", "--out", str(page), "--json", str(document)]
    shown = CliRunner().invoke(command, arguments)
    assert shown.exit_code == 0, shown.output
    (target,) = json.loads(document.read_text(encoding="utf-8"))["targets"]
    assert target["place"] == "memory://nights/2026-11-22/naga/results.json"
    assert [past["started"][:10] for past in target["history"]] == ["2026-11-21"]


@pytest.mark.parametrize("place", ["gopher://nights", "memory://nothing-there"])
def test_a_location_without_results_is_refused_in_a_sentence(tmp_path: Path, place: str) -> None:
    done = in_process("scorecard", place, "--out", "card.html", cwd=tmp_path)
    assert done.returncode in (2, 4)
    assert len(done.text.splitlines()) == 1


def test_without_results_there_is_no_scorecard(tmp_path: Path) -> None:
    shown = CliRunner().invoke(command, ["scorecard", str(tmp_path), "--out", str(tmp_path / "card.html")])
    assert shown.exit_code != 0
    assert not (tmp_path / "card.html").exists()
