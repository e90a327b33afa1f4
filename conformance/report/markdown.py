"""summary.md: what fits on the summary page of a CI job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.report import vendor, verdict
from conformance.report import words as wording
from conformance.report.block import block
from conformance.report.escape import cut, markdown, markdown_block, markdown_code
from conformance.results.count import Count
from conformance.results.model import CaseResult, Results

_MARKS = {0: "✅", 1: "❌", 2: "⚠️"}
_OPEN_SHOWN = 12


def render(results: Results, *, limit: int = 10, blocks: int = 3) -> str:
    """The summary as GitHub-flavoured Markdown: `limit` deviations in the table, the worst `blocks` of them in full."""
    sections = [
        _head(results),
        _clients(results),
        _defects(results, limit),
        _vendor(results, limit),
        _tiers(results),
        _timing(results),
        _numbers(results),
        _contradictions(results),
        _deviations(results, limit, blocks),
        _known(results, limit),
        _undecided(results),
    ]
    return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section))) + "\n"


def _head(results: Results) -> Iterator[str]:
    target, suite = results.target, results.suite
    yield f"## {_MARKS.get(results.exit_code, '⚠️')} {verdict.word(results)}: {markdown(target.name)}"
    yield ""
    yield markdown(f"{verdict.sentence(results)} Exit code {results.exit_code}, {verdict.exit_meaning(results)}.")
    if results.unfollowed:
        yield ""
        yield markdown(wording.sentence(results.unfollowed))
    yield ""
    yield "| model | endpoint | API version | date | suite |"
    yield "|---|---|---|---|---|"
    edition = f", edition {markdown(suite.edition)}" if suite.edition else ""
    yield (
        f"| {markdown_code(target.model)} | {markdown_code(target.url)} answered on {markdown_code(target.path)} "
        f"| {markdown(target.api_version)} | {markdown(results.started)} | {markdown(suite.version)}{edition} |"
    )


_STANDINGS = {"reached": "✅", "not-reached": "❌"}


def _tiers(results: Results) -> Iterator[str]:
    if not results.tiers:
        return
    yield "| tier | | passed of decided | covers | decided by |"
    yield "|---|---|--:|---|---|"
    for tier in results.tiers:
        status = f"{_STANDINGS.get(tier.status, '⚠️')} {tier.status.replace('-', ' ')}"
        deciding = _listed(tier.deciding) or markdown(tier.reason)
        numbers = markdown(f"{tier.passed} of {tier.decided}, {tier.total} in all")
        yield f"| {markdown(tier.title)} | {status} | {numbers} | {markdown(tier.covers)} | {deciding} |"


_READINESS = {"ready": "✅", "limited": "⚠️", "not-ready": "❌", "undecided": "❔"}


def _clients(results: Results) -> Iterator[str]:
    groups = wording.clients(results)
    if not groups:
        return
    if [status for status, _ in groups] == ["undecided"]:
        yield f"Clients: undecided for all {len(results.clients)}, because this run did not decide what they need."
        return
    yield f"### Clients: {wording.client_counts(results)}"
    yield ""
    yield "| client | | what its users see | decided by |"
    yield "|---|---|---|---|"
    for status, members in groups:
        word = f"{_READINESS[status]} {wording.READINESS[status]}"
        if status == "ready":
            yield f"| {markdown(', '.join(client.title for client in members))} | {word} | | |"
            continue
        for client in members:
            name = markdown(f"{client.title} {client.version}")
            note = markdown(cut(wording.client_note(client), 200))
            yield f"| {name} | {word} | {note} | {_listed(client.deciding)} |"


def _timing(results: Results) -> Iterator[str]:
    if results.timing is None:
        return
    yield "| timing | replies | first byte | longest silence | tokens per second |"
    yield "|---|--:|--:|--:|--:|"
    for each in results.timing.modes:
        times = dict(wording.timing(each))
        cells = (times["first byte"], times["longest silence"], times.get("tokens per second", ""))
        yield f"| {each.mode} | {each.replies} | {' | '.join(cells)} |"
    if exceeded := [found for found in results.timing.limits if not found.holds]:
        yield ""
        yield from (f"- ❌ {markdown(f'{found.title} {wording.limit(found)}')}" for found in exceeded)


def _contradictions(results: Results) -> Iterator[str]:
    found = wording.contradictions(results)
    if not found:
        return
    yield f"### Contradictions between what the target declares and what it does ({len(found)})"
    yield ""
    yield "| capability | declared | probed | observed | contradiction |"
    yield "|---|---|---|---|---|"
    for each in found:
        facts = " | ".join(wording.three_facts(each))
        yield f"| {markdown(each.title)} | {facts} | {markdown(each.contradiction)} |"


def _known(results: Results, limit: int) -> Iterator[str]:
    baseline, groups = results.baseline, wording.known(results.cases)
    if baseline is None:
        return
    yield "### Baseline"
    yield ""
    yield f"{markdown(wording.baseline(results))}."
    if baseline.stale:
        yield ""
        yield from (f"- ❌ {markdown(wording.entry_line(entry))}" for entry in baseline.stale)
    if baseline.open:
        yield ""
        yield from (f"- {markdown(wording.entry_line(entry))}" for entry in baseline.open[:limit])
        if len(baseline.open) > limit:
            yield f"- and {len(baseline.open) - limit} more that were left alone"
    if groups:
        yield ""
        yield "| known deviation | modes | reason |"
        yield "|---|---|---|"
        for group in groups:
            reason = markdown(cut(wording.accepted(group[0]), 200))
            yield f"| {markdown_code(group[0].id)} | {wording.modes(group)} | {reason} |"


def _listed(ids: Sequence[str], shown: int = 4) -> str:
    more = f", +{len(ids) - shown}" if len(ids) > shown else ""
    return ", ".join(markdown_code(name) for name in ids[:shown]) + more


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
        ("unscored", "newer than the edition"),
    ):
        if axes[name].total.total:
            yield _row(title, axes[name].total)
    yield ""
    yield f"{markdown(wording.effort(results))}. {wording.counted(results)}."


def _row(title: str, count: Count) -> str:
    rest = f"{count.open}: {wording.open_words(count)}" if count.open else "0"
    return f"| {title} | {wording.of(count)} | {count.failed} | {count.ignored} | {rest} |"


def _defects(results: Results, limit: int) -> Iterator[str]:
    found = wording.defects(results)
    if not found:
        return
    yield f"### Defects ({min(limit, len(found))} of {len(found)}, worst first)"
    yield ""
    yield "| defect | what it does | extent | read first |"
    yield "|---|---|---|---|"
    for defect, members in found[:limit]:
        harm, extent = wording.affected(defect) or wording.HARMS[defect.harm], wording.extent(defect)
        first = markdown_code(members[0].id) if members else ""
        yield f"| {markdown(defect.title)} | {markdown(harm)} | {markdown(extent)} | {first} |"


def _vendor(results: Results, limit: int) -> Iterator[str]:
    if results.vendor is None:
        return
    yield f"### Against {markdown(results.vendor.title)}'s own documents: {markdown(vendor.counted(results))}"
    broken = vendor.broken(results)
    if broken:
        yield ""
        yield "| broken claim | page | decided by |"
        yield "|---|---|---|"
    for claim in broken[:limit]:
        yield f"| {markdown(claim.says)} | {markdown(f'{claim.page}, {claim.date}')} | {markdown_code(claim.case)} |"
    if len(broken) > limit:
        yield f"| and {len(broken) - limit} more | | |"


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
