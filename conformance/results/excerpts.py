"""Exchanges and findings, cut for reading as they come, so that nothing else of an exchange has to be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.base.values import shortened
from conformance.model import DEVIATING, INVALID_KEY, Case, Finding, Judgement, Mode
from conformance.protocol.exchange import Exchange, Response, Trouble
from conformance.protocol.reply import Reply
from conformance.protocol.sse import Event
from conformance.results.model import ExchangeSummary, FindingResult, TargetSummary, TraceLine
from conformance.results.shell import LONGEST_BODY, curl
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.vendors import is_of_vendor

REQUESTS = "requests"
"""The folder, below that of the run, of bodies that are too long for a command."""

HEADERS_LIMIT = 60
REQUEST_LIMIT = 4096
RESPONSE_LIMIT = 8192
FINDINGS_LIMIT = 5
"""How many findings of a case are kept with their place; `CaseResult.deviating` says how many there were."""

BEFORE, AFTER = 3, 1
"""How many events are shown around the one that a finding is about."""

EXCERPT_WIDTH = 600


@dataclass
class Excerpts:
    """What results show of a run: each exchange by journal line; by case and mode the findings with the lines that show
    them, and the curl command that sends the request again.

    `folder` is where the files of the run are, as the commands name it; bodies that are too long for a command are kept
    in `bodies`, by the name of their file in that folder. `here` is the current folder, from which own case files are
    named.
    """

    exchanges: dict[int, ExchangeSummary] = field(default_factory=dict)
    findings: dict[tuple[str, Mode], list[FindingResult]] = field(default_factory=dict)
    curls: dict[tuple[str, Mode], str] = field(default_factory=dict)
    folder: str = ""
    here: Path | None = None
    bodies: dict[str, str] = field(default_factory=dict)

    def add_exchange(self, exchange: Exchange, place: str = "") -> None:
        """Keeps the summary of an exchange. `place` says where it is recorded, if not in the journal of a run."""
        self.exchanges.setdefault(exchange.line, replace(summary_of(exchange), place=place))

    def add_findings(self, case: str, mode: Mode, findings: Iterable[Finding], reply: Reply | None) -> None:
        """Keeps findings of one exchange."""
        self.findings.setdefault((case, mode), []).extend(finding_result(finding, reply) for finding in findings)

    def add_judgement(self, judgement: Judgement, replies: Mapping[int, Reply], target: TargetSummary) -> None:
        """Keeps the findings of a judgement, those in the smallest exchanges first, and the request of the first one as
        a curl command.
        """
        key = (judgement.case, judgement.mode)
        found = sorted(judgement.findings, key=lambda finding: _size(replies.get(finding.where.line)))
        for finding in found[:FINDINGS_LIMIT]:
            self.add_findings(*key, [finding], replies.get(finding.where.line))
        shown = found[0].where.line if found else next(iter(judgement.evidence), 0)
        if shown in replies:
            file = self._body_file(judgement, replies[shown].exchange)
            self.curls[key] = _curl(replies[shown].exchange, target, file)

    def file_of(self, case: Case) -> str:
        """The file of a case that is not of the catalogue, as a command names it; otherwise an empty text."""
        if not case.file.endswith(USER_SUFFIX) or is_of_vendor(Path(case.file)):
            return ""
        return named_from(Path(case.file), self.here)

    def _body_file(self, judgement: Judgement, exchange: Exchange) -> str:
        """The file of a body that is too long for a command; empty where it is not, or cannot be one."""
        body = exchange.request.body
        if len(body) <= LONGEST_BODY or not self.folder or judgement.outcome not in DEVIATING:
            return ""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return ""
        name = f"{REQUESTS}/{judgement.case}-{judgement.mode}.json"
        self.bodies[name] = text
        return f"{self.folder}/{name}"


def named_from(path: Path, here: Path | None) -> str:
    """A path as a command names it in the folder `here`."""
    return str(path.relative_to(here)) if here is not None and path.is_relative_to(here) else str(path)


def _size(reply: Reply | None) -> int:
    """The bytes of an exchange."""
    if reply is None:
        return 0
    response = reply.exchange.response
    return len(reply.exchange.request.body) + (len(response.body) if response is not None else 0)


def finding_result(finding: Finding, reply: Reply | None) -> FindingResult:
    """A finding with the lines of its exchange that show it."""
    return FindingResult(
        expected=finding.expected,
        actual=finding.actual,
        where=finding.where,
        kind=finding.kind,
        check=finding.check,
        excerpt=excerpt(reply, finding) if reply is not None else (),
    )


def excerpt(reply: Reply, finding: Finding) -> tuple[TraceLine, ...]:
    """The part of an exchange that a finding is about: events with their times, or status line and body."""
    response = reply.exchange.response
    if response is None:
        trouble = reply.exchange.trouble
        return (TraceLine(trouble.at, _said(trouble)),) if trouble else ()
    number = finding.where.event if finding.where.event is not None else _event_at(finding.where.offset, reply)
    if reply.events is not None and number is not None:
        place = min(number, len(reply.events))
        first = max(1, place - BEFORE)
        shown = enumerate(reply.events[first - 1 : place + AFTER], start=first)
        return tuple(line for number, event in shown for line in _event_lines(event, marked=number == place))
    head = TraceLine(response.first_byte, f"{response.http_version} {response.status}")
    kind = shortened(response.header("content-type") or "", EXCERPT_WIDTH)
    body = _text(response.body, EXCERPT_WIDTH)[0]
    return (head, TraceLine(None, f"content-type: {kind}" if kind else "no content-type"), TraceLine(None, body))


def _event_at(offset: int | None, reply: Reply) -> int | None:
    """The event at a place in the body of a stream, the last one where the place is behind it; None for no stream."""
    if offset is None or not reply.events:
        return None
    return next((number for number, event in enumerate(reply.events, start=1) if offset < event.end), len(reply.events))


def _event_lines(event: Event, *, marked: bool) -> Iterable[TraceLine]:
    if event.name is not None:
        yield TraceLine(event.at, f"event: {event.name[:EXCERPT_WIDTH]}", marked)
    data = event.data if event.data is not None else "(no data)"
    yield TraceLine(None if event.name is not None else event.at, f"data: {data[:EXCERPT_WIDTH]}", marked)


def summary_of(exchange: Exchange) -> ExchangeSummary:
    """An exchange cut for reading; the journal holds it whole."""
    sent, response = exchange.request, exchange.response
    request, request_cut = _text(sent.body, REQUEST_LIMIT)
    request = _head(f"{sent.method} {sent.url}", sent.headers) + request
    body, response_cut = "", False
    if response is not None:
        body, response_cut = _text(response.body, RESPONSE_LIMIT)
        body = _head(f"{response.http_version} {response.status}", response.headers) + body
    trouble = exchange.trouble
    return ExchangeSummary(
        line=exchange.line,
        scenario=exchange.scenario,
        mode=exchange.mode,
        step=exchange.step,
        attempt=exchange.attempt,
        method=exchange.request.method,
        url=shortened(exchange.request.url),
        status=response.status if response else None,
        started=exchange.started,
        elapsed=response.ended if response else (trouble.at if trouble else None),
        first_byte=response.first_byte if response else None,
        request_id=_request_id(response) if response else None,
        request=request,
        request_truncated=request_cut,
        response=body,
        response_truncated=response_cut,
        trouble=_said(trouble) if trouble else None,
    )


def _said(trouble: Trouble) -> str:
    return shortened(f"{trouble.kind}: {trouble.message}")


def _request_id(response: Response) -> str | None:
    identity = response.header("request-id")
    return shortened(identity, EXCERPT_WIDTH) if identity is not None else None


def _head(start: str, headers: Sequence[tuple[str, str]]) -> str:
    """The lines in front of a body, as many and as long as people read."""
    lines = [start, *(f"{name}: {value}" for name, value in headers[:HEADERS_LIMIT])]
    more = [f"({len(headers) - HEADERS_LIMIT} more headers)"] if len(headers) > HEADERS_LIMIT else []
    return "\n".join([*(shortened(line) for line in lines), *more]) + "\n\n"


def _text(body: bytes, limit: int) -> tuple[str, bool]:
    return body[:limit].decode("utf-8", "replace"), len(body) > limit


def _curl(exchange: Exchange, target: TargetSummary, file: str) -> str:
    request = exchange.request
    body = request.json
    stream = isinstance(body, dict) and body.get("stream") is True
    invalid = any(INVALID_KEY in value for _, value in request.headers)
    return curl(
        request.method,
        request.url,
        request.headers,
        request.body,
        key_env=target.key_env,
        auth="invalid" if invalid else "default",
        stream=stream,
        file=file,
        extra=target.headers,
        select=target.select,
    )
