"""What a gateway changes, as text and as JSON (`comparison.json`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from conformance.base.values import shortened, show
from conformance.comparison.pairs import GatewayComparison, GatewayFinding, Pair
from conformance.model import Json
from conformance.report.escape import cut, one_line
from conformance.report.words import plural

COMPARISON = "comparison.json"
"""The file with all findings."""

ARRIVED = "arrived.ndjson"
"""The file with what reached the upstream of the requests through the gateway, one in a line."""

SHOWN = 40
"""Findings that the text shows; the JSON document holds all."""

LONGEST = 4_000
"""Characters of a value in the JSON document; of a longer one, the beginning is there as a text."""

EXAMPLES = 5
"""Pairs that the JSON document names for each finding."""

_THINGS: Mapping[str, str] = {
    "answer-cut-off": "the answer breaks off",
    "answer-missing": "no answer arrives through the gateway",
    "answer-refused": "a request that the upstream answers is refused",
    "answer-unreadable": "the body is not JSON",
    "block": "content block",
    "delay-added": "the first byte comes later",
    "deltas": "deltas of a stream",
    "error-envelope": "error envelope",
    "error-hidden": "an error of the upstream becomes a success",
    "error-member": "member of an error",
    "error-type": "type of an error",
    "error-words": "words of an error",
    "event": "event of a stream",
    "event-member": "member of an event",
    "event-name": "event line of a stream",
    "form": "form of the answer",
    "header": "header",
    "id": "id of a block",
    "id-form-changed": "ids have another form",
    "item": "item of a list",
    "member": "member of the answer",
    "ping": "pings",
    "refusal-by-gateway": "the gateway refuses what the upstream would refuse",
    "request-added": "the gateway sends a request of its own",
    "request-beta": "beta in the request",
    "request-body": "request body",
    "request-header": "request header",
    "request-method": "method of the request",
    "request-part": "part of the request",
    "request-path": "path of the request",
    "request-query": "query parameter of the request",
    "request-repeated": "the gateway sends a request several times",
    "request-withheld": "a request never reaches the upstream",
    "status": "status",
    "stream-buffered": "the stream is held back and sent at once",
    "stream-slowed": "the stream takes longer",
    "usage": "usage",
}
"""What a kind is about, by the kind or by what it starts with."""


def text(found: GatewayComparison, direct: str, through: str, folder: Path) -> str:
    """The findings for people."""
    return "\n".join(map(one_line, _lines(found, direct, through, folder)))


def _lines(found: GatewayComparison, direct: str, through: str, folder: Path) -> Iterator[str]:
    yield f"{through} compared with {direct}: {plural(found.compared, 'pair')} of answers"
    yield ""
    together = _together(found.findings)
    for findings in together[:SHOWN]:
        yield from _entry(findings)
    if len(together) > SHOWN:
        yield f"and {len(together) - SHOWN} more in {folder / COMPARISON}"
    if found.timing is not None:
        direct_ms, through_ms = found.timing.direct_ms, found.timing.through_ms
        yield f"first byte at the median: {direct_ms:.0f} ms direct, {through_ms:.0f} ms through the gateway"
    for left in found.not_compared[:SHOWN]:
        yield f"not compared: {left.what}: {cut(left.why, 160)}"
    if len(found.not_compared) > SHOWN:
        yield f"not compared: {len(found.not_compared) - SHOWN} more"
    yield _verdict(found)


def _verdict(found: GatewayComparison) -> str:
    if not found.compared:
        return "NOTHING COMPARED: the upstream answered nothing"
    if not found.defects:
        return "NOTHING CHANGED: what the upstream says arrives as it was said"
    return f"CHANGED: {plural(len(found.defects), 'difference')} through the gateway"


def _together(findings: Sequence[GatewayFinding]) -> list[list[GatewayFinding]]:
    """Findings of one kind that the same pairs show, which is what one cause looks like."""
    groups: dict[tuple[str, tuple[Pair, ...]], list[GatewayFinding]] = {}
    for finding in findings:
        groups.setdefault((finding.seen.kind, finding.pairs), []).append(finding)
    return list(groups.values())


def _entry(findings: Sequence[GatewayFinding]) -> Iterator[str]:
    finding, seen = findings[0], findings[0].seen
    mark = "note" if finding.informs else "LOSS" if seen.kind.endswith("-lost") else "DIFF"
    yield f"{mark}  {thing(seen.kind)}: {', '.join(each.seen.where for each in findings)}"
    yield f"      in {plural(len(finding.pairs), 'pair')}, first {_named(finding.pairs[0])}"
    if seen.direct is not None or seen.through is not None:
        yield f"      direct   {_value(seen.direct)}"
        yield f"      through  {_value(seen.through)}"


def thing(kind: str) -> str:
    """What a finding says, in a few words."""
    if kind in _THINGS:
        return _THINGS[kind]
    about, _, change = kind.rpartition("-")
    return f"{_THINGS[about]} {change}"


def _value(value: Json) -> str:
    return "nothing" if value is None else show(value, 160)


def _bounded(value: Json) -> Json:
    """A value as it is, or the beginning of its text where that is long."""
    text = json.dumps(value)
    return value if len(text) <= LONGEST else shortened(text, LONGEST)


def _named(pair: Pair) -> str:
    lines = f"direct line {pair.direct.exchange.line}, through line {pair.through.exchange.line}"
    return f"{pair.scenario}, step {pair.step} ({lines})"


def document(found: GatewayComparison, direct: str, through: str, *, loopback: bool) -> dict[str, Json]:
    """The document for machines; `comparison.schema.json` describes it."""
    return {
        "schema_version": 1,
        "direct": direct,
        "through": through,
        "loopback": loopback,
        "findings": [_as_json(finding) for finding in found.findings],
        "compared": found.compared,
        "not_compared": [{"what": left.what, "why": left.why} for left in found.not_compared],
        "first_byte_ms": None
        if found.timing is None
        else {"direct": round(found.timing.direct_ms, 1), "through": round(found.timing.through_ms, 1)},
    }


def arrivals(pairs: Iterable[Pair]) -> str:
    """What arrived, with the line of `through/journal.ndjson` that holds the request as it was sent."""
    lines = [
        json.dumps(
            {
                "scenario": pair.scenario,
                "step": pair.step,
                "through_line": pair.through.exchange.line,
                "method": request.method,
                "url": request.url,
                "headers": [list(header) for header in request.headers],
                "body": request.body.decode("utf-8", "replace"),
            }
        )
        for pair in pairs
        for request in pair.arrived or ()
    ]
    return "".join(f"{line}\n" for line in lines)


def _as_json(finding: GatewayFinding) -> dict[str, Json]:
    return {
        "kind": finding.seen.kind,
        "where": finding.seen.where,
        "direct": _bounded(finding.seen.direct),
        "through": _bounded(finding.seen.through),
        "informs": finding.informs,
        "pairs": len(finding.pairs),
        "evidence": [
            {
                "scenario": pair.scenario,
                "step": pair.step,
                "direct_line": pair.direct.exchange.line,
                "through_line": pair.through.exchange.line,
            }
            for pair in finding.pairs[:EXAMPLES]
        ],
    }
