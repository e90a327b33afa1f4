"""One defect as Markdown: it holds what a maintainer needs, and nothing in it acts where it is pasted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.cli import command
from conformance.model import Level, SourceLink
from conformance.report import issue, json_file
from conformance.results.clauses import ClauseResult
from conformance.results.model import Results
from support import sample


@pytest.fixture(scope="module")
def results() -> Results:
    return sample.with_clients(sample.results())


def test_every_defect_can_be_pasted_with_expectation_evidence_and_command(results: Results) -> None:
    by_key = {case.key: case for case in results.cases}
    assert results.defects
    for defect in results.defects:
        text = issue.render(results, defect.id)
        case = by_key[defect.cases[0]]
        assert text.startswith("# ")
        assert case.findings[0].expected[:40] in text or "expected: " in text
        assert f"--case {case.id}" in text
        assert "## See it again" in text
        assert "messages-conformance serve" in text


def test_a_case_leads_to_its_defect(results: Results) -> None:
    defect = results.defects[0]
    case = defect.cases[0].partition("/")[0]
    assert issue.render(results, case) == issue.render(results, defect.cases[0]) == issue.render(results, defect.id)


def test_a_clause_is_cited_with_links_to_its_sources(results: Results) -> None:
    case = next(case for case in results.cases if case.key == results.defects[0].cases[0])
    link = SourceLink("Streaming messages", "https://docs.example/streaming", "2026-11-22")
    clause = ClauseResult(case.clauses[0], Level.MUST, "The stream reports its input.", (link,))
    text = issue.render(replace(results, clauses=(clause,)), case.id)
    assert "The stream reports its input. ([Streaming messages](https://docs.example/streaming), 2026-11-22)" in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/) [y](https://y.example", "", "https://"])
def test_a_source_that_is_no_plain_address_is_no_link(results: Results, url: str) -> None:
    case = next(case for case in results.cases if case.key == results.defects[0].cases[0])
    clause = ClauseResult(case.clauses[0], Level.MUST, "It is so.", (SourceLink("Page", url, ""),))
    assert "](" not in issue.render(replace(results, clauses=(clause,)), case.id)


def test_hostile_results_stay_text(results: Results) -> None:
    poisoned = sample.poisoned(results)
    poisoned = replace(poisoned, defects=sample.poisoned_titles(poisoned))
    for defect in poisoned.defects:
        text = issue.render(poisoned, defect.id)
        outside = re.sub(r"(`{3,})text\n.*?\n\1", "", text, flags=re.DOTALL)
        assert "<script" not in outside
        assert "\x1b" not in text
        assert not re.search(r"(^|\s)@\w", outside)


def test_an_unknown_defect_is_refused_with_the_nearest_name(results: Results) -> None:
    name = results.defects[0].id
    with pytest.raises(UsageError, match=re.escape(f"Did you mean {name!r}?")):
        issue.render(results, f"{name}x")
    with pytest.raises(UsageError, match="no defects"):
        issue.render(replace(results, defects=()), name)


def test_the_command_prints_it_or_exits_with_4(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json_file.render(results), encoding="utf-8")
    shown = CliRunner().invoke(command, ["issue", str(path), results.defects[0].id])
    assert shown.exit_code == 0
    assert shown.output == issue.render(json_file.read(path), results.defects[0].id)
