"""What the page shows on demand, as compressed JSON: findings, commands and exchanges of every result.

It is inert text in the page, decoded by its script and shown as text nodes only.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Final

from conformance.model import Json, SourceLink
from conformance.report import words as wording
from conformance.report.block import block, location
from conformance.report.escape import one_line, printable
from conformance.results.model import CaseResult, ExchangeSummary, FindingResult, Results, TraceLine

LIMITS: Final = (8192, 2048, 512, 128)
"""How many characters of a request and of a response are kept: the first that fits into `MOST`."""

MOST: Final = 500_000
"""Most characters of the packed text."""


def packed(results: Results) -> str:
    """The evidence of a run as Base64 of zlib-compressed JSON, cut further where it would be too large to be mailed."""
    texts = (_encoded(results, limit) for limit in LIMITS)
    return next((text for text in texts if len(text) <= MOST), _encoded(results, 0))


def address(source: SourceLink) -> str:
    """The address of a source, if it is one that a page may link to; otherwise an empty text."""
    return source.url if source.url.startswith("https://") else ""


def _encoded(results: Results, limit: int) -> str:
    data: Json = {
        "cases": {_text(case.key): _case(case) for case in results.cases},
        "clauses": {
            _text(clause.id): {
                "level": clause.level.value,
                "statement": _text(clause.statement),
                "sources": [
                    [_text(source.text), _text(address(source)), _text(source.date)] for source in clause.sources
                ],
            }
            for clause in results.clauses
        },
        "exchanges": {str(line): _exchange(exchange, limit) for line, exchange in results.exchanges.items()},
    }
    raw = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return base64.b64encode(zlib.compress(raw, 9)).decode("ascii")


def _case(case: CaseResult) -> Json:
    known = _text(wording.accepted(case))
    commands = (("rerun", case.rerun), ("curl", case.curl), ("accept", "" if known else case.accept))
    return {
        "reason": _text(case.reason),
        "known": known,
        "findings": [_finding(finding, case if number == 0 else None) for number, finding in enumerate(case.findings)],
        "clauses": [_text(name) for name in case.clauses],
        "evidence": list(case.evidence),
        "commands": [[label, one_line(text)] for label, text in commands if text],
        "block": printable(block(case)) if case.deviates else "",
    }


def _finding(finding: FindingResult, first: CaseResult | None) -> Json:
    reach = wording.reach(first) if first is not None else ""
    return {
        "expected": _text(finding.expected),
        "actual": _text(finding.actual + (f", {reach}" if reach else "")),
        "where": _text(location(finding.where)),
        "line": finding.where.line,
        "excerpt": _lines(finding.excerpt),
    }


def _lines(excerpt: Sequence[TraceLine]) -> Json:
    return [[f"{line.at:.3f} s" if line.at is not None else "", one_line(line.text), line.marked] for line in excerpt]


def _exchange(exchange: ExchangeSummary, limit: int) -> Json:
    name = exchange.place or f"{exchange.scenario}/{exchange.mode}"
    step = f", step {exchange.step}" if exchange.step > 1 else ""
    attempt = f", attempt {exchange.attempt}" if exchange.attempt > 1 else ""
    facts = [
        ("sent to", f"{exchange.method} {exchange.url}"),
        ("sent", exchange.started),
        ("status", str(exchange.status) if exchange.status is not None else "no response"),
        ("first byte", f"{exchange.first_byte:.3f} s" if exchange.first_byte is not None else ""),
        ("took", f"{exchange.elapsed:.3f} s" if exchange.elapsed is not None else ""),
        ("request id", exchange.request_id or ""),
        ("trouble", exchange.trouble or ""),
    ]
    return {
        "name": _text(f"{name}{step}{attempt}"),
        "facts": [[label, _text(text)] for label, text in facts if text],
        "request": _text(exchange.request[:limit]),
        "response": _text(exchange.response[:limit]),
        "cut": [
            exchange.request_truncated or len(exchange.request) > limit,
            exchange.response_truncated or len(exchange.response) > limit,
        ],
    }


def _text(text: str) -> str:
    return printable(text)
