"""summary.md: what fits on the summary page of a CI job.

Belongs here: the Markdown. Does not belong here: evidence beyond the worst deviations (see the HTML report).
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report import wording
from conformance.report.block import block
from conformance.report.escape import cut, markdown, markdown_block, markdown_code
from conformance.results import CaseResult, Count, Results

_MARKS = {0: "✅", 1: "❌", 2: "⚠️"}
_OPEN_SHOWN = 12


def render(results: Results, *, limit: int = 10, blocks: int = 3) -> str:
    """The summary as GitHub-flavoured Markdown: `limit` deviations in the table, the worst `blocks` of them in full."""
    sections = [_head(results), _numbers(results), _deviations(results, limit, blocks), _undecided(results)]
    return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section))) + "\n"


def _head(results: Results) -> Iterator[str]:
    target, suite = results.target, results.suite
    yield f"## {_MARKS.get(results.gate.exit_code, '⚠️')} {wording.verdict(results)}: {markdown(target.name)}"
    yield ""
    yield markdown(wording.verdict_sentence(results))
    yield ""
    yield "| model | endpoint | API version | date | suite |"
    yield "|---|---|---|---|---|"
    edition = f", edition {markdown(suite.edition)}" if suite.edition else ""
    yield (
        f"| {markdown_code(target.model)} | {markdown_code(target.url)} answered on {markdown_code(target.path)} "
        f"| {markdown(target.api_version)} | {markdown(results.started)} | {markdown(suite.version)}{edition} |"
    )


def _numbers(results: Results) -> Iterator[str]:
    axes = results.summary.by_axis
    yield "| area | passed of decided | failed | ignored | not decided |"
    yield "|---|--:|--:|--:|---|"
    part = axes["conformance"]
    for area, count in part.by_area.items():
        yield _row(markdown(area), count)
    yield _row("**conformance, all areas**", part.total)
    for level, count in part.by_level.items():
        if count.total:
            yield _row(f"of these {level.upper()}", count)
    for name, title in (
        ("strictness", "**strictness** (refuses what the API refuses)"),
        ("informational", "informational"),
    ):
        if axes[name].total.total:
            yield _row(title, axes[name].total)
    yield ""
    yield f"{markdown(wording.effort(results))}. {wording.counted(results)}."


def _row(title: str, count: Count) -> str:
    rest = f"{count.open}: {wording.open_words(count)}" if count.open else "0"
    return f"| {title} | {wording.of(count)} | {count.failed} | {count.ignored} | {rest} |"


def _deviations(results: Results, limit: int, blocks: int) -> Iterator[str]:
    groups = wording.decisive(results.cases)
    if not groups:
        return
    yield f"### Deviations ({min(limit, len(groups))} of {len(groups)} cases, worst first)"
    yield ""
    yield "| case | level | what does not hold | what was seen |"
    yield "|---|---|---|---|"
    for group in groups[:limit]:
        yield _deviation(group[0])
    for group in groups[: min(limit, blocks)]:
        yield ""
        yield f"<details><summary>{markdown_code(group[0].id)}: evidence, to paste into an issue</summary>"
        yield ""
        yield markdown_block(block(group[0], group[1:]))
        yield ""
        yield "</details>"


def _deviation(case: CaseResult) -> str:
    level = f"{case.level.upper()}{'' if case.gates else ', does not gate'}"
    seen = f"{case.outcome}: {cut(wording.actual(case), 160)}"
    return f"| {markdown_code(case.id)} | {level} | {markdown(case.title)} | {markdown_code(seen)} |"


def _undecided(results: Results) -> Iterator[str]:
    groups = wording.undecided(results.cases)
    if not groups:
        return
    total = results.summary.total
    yield f"### Not decided ({total.open} of {total.total})"
    yield ""
    yield "| results | outcome | reason |"
    yield "|--:|---|---|"
    for outcome, reason, members in groups[:_OPEN_SHOWN]:
        yield f"| {len(members)} | {outcome} | {markdown_code(cut(reason, 160))} |"
    if len(groups) > _OPEN_SHOWN:
        more = sum(len(members) for _, _, members in groups[_OPEN_SHOWN:])
        yield f"| {more} | | for {len(groups) - _OPEN_SHOWN} other reasons |"
