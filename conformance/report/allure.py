"""What an Allure report shows of a result; allure-pytest takes the status from pytest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import allure

from conformance.model import Level
from conformance.report import words as wording
from conformance.report.block import block
from conformance.report.escape import markdown, one_line, printable
from conformance.results.clauses import ClauseResult
from conformance.results.model import CaseResult, ExchangeSummary

SEVERITIES = {
    Level.MUST: allure.severity_level.CRITICAL,
    Level.SHOULD: allure.severity_level.NORMAL,
    Level.MAY: allure.severity_level.TRIVIAL,
}
"""Severity by level. A refusal that protects people, or any other must-level result that gates, is a blocker."""

EXCHANGES = 3
"""How many exchanges are attached to one result; the journal holds the others."""


@dataclass(frozen=True)
class Attachment:
    """One attached text."""

    name: str
    text: str


@dataclass(frozen=True)
class AllureResult:
    """What Allure shows of one result. `description` is Markdown."""

    title: str
    feature: str
    story: str
    severity: str
    tags: tuple[str, ...]
    description: str
    parameters: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]


def allure_result(
    case: CaseResult, exchanges: Mapping[int, ExchangeSummary], target: str, clauses: Sequence[ClauseResult] = ()
) -> AllureResult:
    """The labels, description, links and attachments of one result. Its area is the feature and the first level of
    suites, its level the severity; `clauses` are those of the case, whose sources are linked.
    """
    blocker = case.gates and case.level is Level.MUST
    return AllureResult(
        title=one_line(case.title),
        feature=one_line(case.area),
        story=one_line(case.id),
        severity=str((allure.severity_level.BLOCKER if blocker else SEVERITIES[case.level]).value),
        tags=tuple(one_line(tag) for tag in (case.level, case.plane, case.part, case.outcome, *case.clauses)),
        description=_description(case),
        parameters=(("mode", case.mode.value), ("target", one_line(target))),
        links=tuple(_links(clauses)),
        attachments=_attachments(case, exchanges),
    )


def attach(entry: AllureResult) -> None:
    """Hands a record to allure-pytest. Has an effect only while a test item runs under `--alluredir`."""
    dynamic: Any = allure.dynamic
    dynamic.title(entry.title)
    dynamic.parent_suite(entry.feature)
    dynamic.feature(entry.feature)
    dynamic.story(entry.story)
    dynamic.severity(entry.severity)
    dynamic.tag(*entry.tags)
    dynamic.description(entry.description)
    for name, value in entry.parameters:
        dynamic.parameter(name, value)
    for url, name in entry.links:
        dynamic.link(url, name=name)
    for attachment in entry.attachments:
        allure.attach(attachment.text, name=attachment.name, attachment_type=allure.attachment_type.TEXT)


def _links(clauses: Sequence[ClauseResult]) -> Iterator[tuple[str, str]]:
    """The address of each source, and what it is called; each address once."""
    found = {source.url: source for clause in clauses for source in clause.sources if source.url.startswith("https://")}
    for url, source in found.items():
        yield one_line(url), one_line(f"{source.text} ({source.date})" if source.date else source.text)


def _description(case: CaseResult) -> str:
    lines = [
        f"**{markdown(', '.join(case.clauses))}** ({case.level}): {markdown(case.statement)}",
        f"Source: {markdown(case.source)}" if case.source else "",
        f"Outcome: **{case.outcome}**, {wording.OUTCOMES[case.outcome]}.",
        f"Reason: {markdown(case.reason)}" if case.reason else "",
    ]
    return "\n\n".join(filter(None, lines))


def _attachments(case: CaseResult, exchanges: Mapping[int, ExchangeSummary]) -> tuple[Attachment, ...]:
    attached = [Attachment("finding", printable(block(case)))] if case.deviates else []
    known = [exchanges[line] for line in case.evidence if line in exchanges]
    for exchange in known[:EXCHANGES]:
        attached.append(Attachment(f"request, journal line {exchange.line}", _text(exchange.request)))
        attached.append(Attachment(f"response, journal line {exchange.line}", _response(exchange)))
    return tuple(attached)


def _response(exchange: ExchangeSummary) -> str:
    return _text(f"{exchange.response}\n\n{exchange.trouble}" if exchange.trouble else exchange.response)


def _text(text: str) -> str:
    return printable(text) or "(empty)"
