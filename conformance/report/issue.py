"""One defect as Markdown for an issue tracker: what is wrong, who breaks, the evidence, and how to see it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.base.urls import names_host
from conformance.model import SourceLink
from conformance.report.block import location
from conformance.report.escape import cut, markdown, markdown_block, markdown_code
from conformance.report.words import HARMS, actual, plural
from conformance.results.clauses import ClauseResult
from conformance.results.model import AffectedClient, CaseResult, DefectResult, ExchangeSummary, Results

LONGEST: Final = 4_000
"""Characters of a request or a response that are shown; the report of the run has more."""

_SERVED: Final = "http://127.0.0.1:4100"
"""Where `serve` listens by default."""

MOST_CLIENTS: Final = 8
MOST_CASES: Final = 12


def render(results: Results, name: str) -> str:
    """The defect with this id, or the one behind a case, as GitHub-flavoured Markdown.

    Raises UsageError where the results have no such defect.
    """
    defect = _find(results, name)
    witness = _witness(results, defect)
    sections = [
        _head(results, defect),
        _claim(results, witness),
        _evidence(results, witness),
        _clients(defect.affects),
        _extent(defect),
        _reproduction(witness),
        _foot(results),
    ]
    return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section))) + "\n"


def _find(results: Results, name: str) -> DefectResult:
    case = name.partition("/")[0]
    for defect in results.defects:
        if name == defect.id or any(case == key.partition("/")[0] for key in defect.cases):
            return defect
    known = [defect.id for defect in results.defects]
    if not known:
        raise UsageError("These results have no defects.")
    raise UsageError(unknown("defect", name, known, "defects"))


def _witness(results: Results, defect: DefectResult) -> CaseResult | None:
    """The result that shows the defect in the smallest exchange."""
    by_key = {case.key: case for case in results.cases}
    return next((by_key[key] for key in defect.cases if key in by_key), None)


def _head(results: Results, defect: DefectResult) -> Iterator[str]:
    target = results.target
    yield f"# {markdown(defect.title)}"
    yield ""
    harm = HARMS[defect.harm]
    yield (
        f"{markdown_code(target.url)} with model {markdown_code(target.model)} and API version "
        f"{markdown(target.api_version)} deviates from the Messages API. {harm[:1].upper()}{harm[1:]}."
    )


def _claim(results: Results, case: CaseResult | None) -> Iterator[str]:
    if case is None:
        return
    yield "## What the specification says"
    yield ""
    yield markdown(f"{case.title}.")
    clauses = {clause.id: clause for clause in results.clauses}
    for name in case.clauses:
        yield from _clause(clauses[name]) if name in clauses else [f"- {markdown(name)}"]


def _clause(clause: ClauseResult) -> Iterator[str]:
    statement = f"- {markdown(clause.id)} ({markdown(clause.level)}): {markdown(clause.statement)}"
    yield " ".join([statement, *([f"({'; '.join(map(_source, clause.sources))})"] if clause.sources else [])])


def _source(link: SourceLink) -> str:
    dated = f", {link.date}" if link.date else ""
    if link.url and names_host(link.url, ("https",)) and not set(link.url) & set(" ()<>[]\"'`"):
        return f"[{markdown(link.text)}]({link.url}){markdown(dated)}"
    return markdown(f"{link.text}{dated}")


def _evidence(results: Results, case: CaseResult | None) -> Iterator[str]:
    if case is None:
        return
    finding = case.findings[0] if case.findings else None
    yield "## What the endpoint does"
    yield ""
    if finding is not None:
        yield f"- expected: {markdown(cut(finding.expected, LONGEST))}"
    yield f"- actual: {markdown(cut(actual(case), LONGEST))}"
    if finding is not None and (where := location(finding.where)):
        yield f"- where: {markdown(where)}"
    if finding is not None and finding.excerpt:
        lines = [f"{'> ' if line.marked else '  '}{_time(line.at)}{line.text}" for line in finding.excerpt]
        yield ""
        yield markdown_block("\n".join(lines))
    exchange = next((results.exchanges[line] for line in case.evidence if line in results.exchanges), None)
    if exchange is not None:
        yield from _exchange(exchange)


def _time(at: float | None) -> str:
    return f"{at:8.3f} s  " if at is not None else " " * 12


def _exchange(exchange: ExchangeSummary) -> Iterator[str]:
    status = f", answered with {exchange.status}" if exchange.status is not None else ""
    request = f", request id {exchange.request_id}" if exchange.request_id else ""
    yield ""
    yield markdown(f"The smallest exchange that shows it: {exchange.method} {exchange.url}{status}{request}")
    for text in (exchange.request, exchange.response):
        if text:
            more = f"\n... ({len(text):,} characters)" if len(text) > LONGEST else ""
            yield ""
            yield markdown_block(text[:LONGEST] + more)


def _clients(affected: Sequence[AffectedClient]) -> Iterator[str]:
    if not affected:
        return
    yield "## Who is affected"
    yield ""
    for client in affected[:MOST_CLIENTS]:
        way = f" Until then: {client.workaround}" if client.workaround else ""
        yield f"- {markdown(client.title)} ({markdown(client.impact)}): {markdown(f'{client.symptom}{way}')}"
    if len(affected) > MOST_CLIENTS:
        yield f"- and {plural(len(affected) - MOST_CLIENTS, 'more client')}"


def _extent(defect: DefectResult) -> Iterator[str]:
    if len(defect.cases) < 2 and not defect.hides:
        return
    yield "## How far it reaches"
    yield ""
    named = ", ".join(map(markdown_code, defect.cases[:MOST_CASES]))
    more = f" and {len(defect.cases) - MOST_CASES} more" if len(defect.cases) > MOST_CASES else ""
    yield f"{plural(len(defect.cases), 'result')} in {plural(len(defect.exchanges), 'exchange')}: {named}{more}."
    if defect.hides:
        yield f"It keeps {plural(len(defect.hides), 'result')} from being decided."


def _reproduction(case: CaseResult | None) -> Iterator[str]:
    if case is None or not (case.rerun or case.curl):
        return
    yield "## See it again"
    yield ""
    yield markdown_block("\n".join(filter(None, [case.rerun, case.curl])))
    yield ""
    yield "An endpoint that does it right, to compare with:"
    yield ""
    yield markdown_block(
        "messages-conformance serve &\n"
        f"ANTHROPIC_API_KEY=any messages-conformance run --url {_SERVED} --model reference-1 --case {case.id}"
    )


def _foot(results: Results) -> Iterator[str]:
    suite = results.suite
    edition = f", edition {suite.edition}" if suite.edition else ""
    yield markdown(f"Found by messages-conformance {suite.version}{edition} on {results.started}.")
