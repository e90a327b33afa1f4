"""A realistic set of results: an endpoint that serves most of the API, with a handful of defects of known kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from conformance.model import Direction, Harm, KnownDeviation, Level, Mode, Outcome, Plane, SourceLink, Where
from conformance.report.words import worst_first
from conformance.results.claims import ClaimResult, VendorResult
from conformance.results.clauses import ClauseResult
from conformance.results.conclusions.gate import gate
from conformance.results.durations import LimitResult, ModeTiming, TimingResult
from conformance.results.model import (
    BaselineResult,
    CapabilityResult,
    CaseResult,
    ClientResult,
    DefectResult,
    EntryResult,
    ExchangeSummary,
    FindingResult,
    NeedResult,
    Results,
    Suite,
    TargetSummary,
    TierResult,
    Tokens,
    TraceLine,
)
from conformance.results.shell import accept, curl, rerun

SELECT = ("--target", "naga")
URL = "https://api.naga.example/anthropic/v1/messages"
HEADERS = (("content-type", "application/json"), ("anthropic-version", "2023-06-01"), ("x-api-key", "[redacted]"))
TEXT_REQUEST = (
    '{"model":"claude-sonnet-4-5","max_tokens":32,"messages":[{"role":"user","content":"Reply with LAPIS-7431."}],'
    '"stream":true}'
)

# id, title, area, level, modes, clause, statement
PASSING = [
    ("transport-json-content-type", "A JSON answer names application/json", "transport", "must", "js", "REQ-HTTP-014"),
    ("transport-request-id", "Every response carries a request-id", "transport", "should", "js", "REQ-HTTP-020"),
    (
        "transport-bearer-accepted",
        "A bearer token is accepted in place of x-api-key",
        "transport",
        "must",
        "j",
        "REQ-HTTP-009",
    ),
    ("errors-envelope", "Every error is the JSON error envelope", "errors", "must", "js", "REQ-ERR-001"),
    (
        "errors-unknown-model",
        "An unknown model is answered with 404 not_found_error",
        "errors",
        "must",
        "js",
        "REQ-ERR-007",
    ),
    ("request-messages-missing", "A request without messages is refused", "request", "must", "js", "REQ-BODY-002"),
    ("messages-consecutive-user", "Consecutive user messages are accepted", "messages", "must", "js", "REQ-MSG-004"),
    ("system-string-honoured", "A system string reaches the model", "system", "must", "js", "REQ-BODY-006"),
    (
        "stop-max-tokens",
        "An answer cut by max_tokens says stop_reason max_tokens",
        "stop",
        "must",
        "js",
        "REQ-STOP-003",
    ),
    ("usage-fields", "usage has input_tokens and output_tokens as integers", "usage", "must", "js", "REQ-USAGE-001"),
    (
        "streaming-ends-with-message-stop",
        "A stream ends with message_stop and nothing follows it",
        "streaming",
        "must",
        "s",
        "REQ-STREAM-001",
    ),
    ("streaming-content-type", "A stream names text/event-stream", "streaming", "must", "s", "REQ-SSE-001"),
    (
        "streaming-ping-legal",
        "ping events stand anywhere after message_start",
        "streaming",
        "may",
        "s",
        "REQ-STREAM-019",
    ),
    ("tools-auto-call", "A declared tool is called when the prompt asks for it", "tools", "must", "js", "REQ-TOOL-012"),
    (
        "counting-agrees",
        "count_tokens agrees with the usage of the same request",
        "counting",
        "should",
        "j",
        "REQ-COUNT-004",
    ),
    (
        "response-shape",
        "A message has id, type, role, content, model, stop_reason and usage",
        "response",
        "must",
        "js",
        "REQ-RESP-001",
    ),
]


def results(*, complete: bool = True) -> Results:
    """The sample: 43 results of all outcomes, 5 of them gating."""
    cases = (*_passing(), *_deviating(), *_open())
    ordered = tuple(sorted(cases, key=lambda case: (_AREAS.index(case.area), case.id, case.mode)))
    reason = "" if complete else "the endpoint closed 3 connections in a row after request 41"
    decided, exit_code = gate(ordered, "must-level conformance, protecting refusals", reason)
    return Results(
        suite=Suite("0.1.0", "2026-11-22", "2026-10-21", "sha256:4f1c09ab"),
        target=TargetSummary(
            name="naga",
            url="https://api.naga.example/anthropic",
            path="/v1/messages",
            model="claude-sonnet-4-5",
            api_version="2023-06-01",
            auth="x-api-key",
            declared=("tools", "forced-tool-choice", "vision"),
            key_env="NAGA_API_KEY",
            select=SELECT,
        ),
        started="2026-11-22T06:00:04Z",
        duration_s=48.31,
        requests=167,
        tokens=Tokens(14210, 2377),
        cost=0.0783,
        complete=complete,
        incomplete_reason=reason,
        cases=ordered,
        defects=_defects(ordered),
        gate=decided,
        exit_code=exit_code,
        exchanges={summary.line: summary for summary in _exchanges()},
        clauses=tuple(_clauses(ordered)),
    )


def _clauses(cases: tuple[CaseResult, ...]) -> Iterator[ClauseResult]:
    page = SourceLink("Claude docs: Errors", "https://platform.claude.com/docs/en/api/errors", "2026-08-22")
    for case in {case.clauses[0]: case for case in cases if case.clauses}.values():
        sources = (page, SourceLink(case.source)) if case.source else (page,)
        yield ClauseResult(case.clauses[0], case.level, case.statement, sources)


_AREAS = [
    "transport", "errors", "request", "messages", "system", "stop", "usage", "streaming", "tools", "counting",
    "models", "response",
]  # fmt: skip


def with_cases(results: Results, cases: tuple[CaseResult, ...], *, stale: int = 0) -> Results:
    """The same results about other cases: the gate is decided anew."""
    policy, complete, reason = results.gate.policy, results.complete, results.incomplete_reason
    decided, exit_code = gate(cases, policy, "" if complete else reason, stale=stale)
    return replace(results, cases=cases, defects=_defects(cases), gate=decided, exit_code=exit_code)


def _defects(cases: tuple[CaseResult, ...]) -> tuple[DefectResult, ...]:
    """A defect for each case that deviates, worst first."""
    members: dict[str, list[CaseResult]] = {}
    for case in worst_first(cases):
        members.setdefault(case.id, []).append(case)
    hidden = tuple(case.key for case in cases if case.outcome is Outcome.INCONCLUSIVE)[:2]
    return tuple(
        DefectResult(
            id=f"defect-{name}",
            title=f"Does not hold: {found[0].title}",
            harm=Harm.BREAKS if found[0].gates else Harm.TOLERATES,
            gates=found[0].gates,
            level=found[0].level,
            cases=tuple(case.key for case in found),
            exchanges=tuple(sorted({line for case in found for line in case.evidence})),
            hides=hidden if number == 0 else (),
        )
        for number, (name, found) in enumerate(members.items())
    )


def with_tiers(results: Results) -> Results:
    """The same results with tiers."""
    return replace(
        results,
        tiers=(
            TierResult(
                "core", "Core", "not-reached", 14, 16, 18, ("stream-usage-counts-input",), "text, errors and streams"
            ),
            TierResult("agent", "Agent", "not-reached", 5, 8, 11, ("tools-any-forces-a-call",)),
            TierResult(
                "full", "Full", "undecided", 0, 0, 12, covers="documents", reason="no result is about documents"
            ),
        ),
    )


def with_clients(results: Results) -> Results:
    """The same results with a client of each readiness, and with times."""
    usage, tools = "stream-usage-counts-input/stream", "tools-any-forces-a-call/json"
    zero = NeedResult(
        "reads-usage",
        "reads the usage of message_start",
        "degrades",
        "violated",
        (usage,),
        "The meter shows 0.",
        "None.",
    )
    calls = NeedResult(
        "forces-calls", "forces a call with tool_choice", "breaks", "violated", (tools,), "No tool runs."
    )
    lists = NeedResult(
        "lists-models", "lists the models", "degrades", "undecided", ("models-list-shape/json",), "Empty."
    )
    return replace(
        results,
        clients=(
            ClientResult(
                "naga-code", "Naga Code", "2.1", "not-ready", ("tools-any-forces-a-call",),
                ("No tool runs.", "The meter shows 0."), (zero, calls),
            ),
            ClientResult(
                "chat", "Chat <b>", "1.0", "limited", ("stream-usage-counts-input",), ("The meter shows 0.",), (zero,)
            ),
            ClientResult("browser", "Browser", "3", "undecided", ("models-list-shape",), (), (lists,)),
            ClientResult("plain-sdk", "Plain SDK", "0.9", "ready"),
        ),
        timing=TimingResult(
            (
                ModeTiming(Mode.JSON, 30, 0.0125, 1.5, 12, 2.25, 31, 40.4),
                ModeTiming(Mode.STREAM, 40, 0.25, 61.0, 41, 12.345, 52),
            ),
            (
                LimitResult("naga-code", "Naga Code", "silence", 300, 12.345, True),
                LimitResult("plain-sdk", "Plain SDK", "first-byte", 60, 61.0, False),
            ),
        ),
    )  # fmt: skip


def with_claims(results: Results) -> Results:
    """The same results with a claim of each verdict in a vendor's documents."""
    page = ("Messages", "https://docs.naga.example/messages", "2026-11-22")
    return replace(
        results,
        vendor=VendorResult("naga", "Naga", "2026-11-22"),
        claims=(
            ClaimResult("ids", "Every reply has an id.", "support", "kept", "a", ("a/json",), "", *page),
            ClaimResult("usage", "Streams count.", "support", "broken", "b", ("b/stream",), "", *page, ("sample",)),
            ClaimResult("sample", "Samples lack usage.", "deviation", "deviates", "b", ("b/stream",), "", *page),
            ClaimResult("errors", "Errors are flat.", "deviation", "conforms", "c", ("c/json",), "", *page),
            ClaimResult("speed", "It is fast.", "support", "undecided", "", (), "No clause is about speed.", *page),
        ),
    )


def with_baseline(results: Results) -> Results:
    """The same results with a baseline: two deviations are known, one entry is stale, one was left alone."""
    known = {
        "models-list-shape": KnownDeviation(
            "fixed in the next release", "2027-02-20", "known.yaml:5", owner="platform team"
        ),
        "usage-cache-counters": KnownDeviation(
            "to be explained", "2027-01-31", "known.yaml:9", link="https://naga.example/7"
        ),
    }
    cases = tuple(
        replace(case, known=known[case.id], gates=False) if case.id in known else replace(case)
        for case in results.cases
    )
    baseline = BaselineResult(
        "known.yaml",
        4,
        (EntryResult("stop-max-tokens", None, "passes", "known.yaml:13", "passes now: remove the entry"),),
        (EntryResult("counting-text", Mode.JSON, "open", "known.yaml:17", "not decided in this run; left alone"),),
    )
    capabilities = (
        CapabilityResult("tools", "tools", False, True, "accepted", True, evidence=(14,)),
        CapabilityResult(
            "vision", "images", False, True, "declined", None, "declared, but its probe is declined", (21,)
        ),
    )
    tiered = replace(with_tiers(results), baseline=baseline, capabilities=capabilities)
    return with_cases(tiered, cases, stale=1)


def _passing() -> list[CaseResult]:
    return [
        CaseResult(
            id=slug,
            title=title,
            area=area,
            level=Level(level),
            informational=level == "may",
            plane=Plane.BEHAVIOUR if slug == "tools-auto-call" else Plane.PROTOCOL,
            mode=mode,
            outcome=Outcome.PASS,
            can_gate=True,
            clauses=(clause,),
            statement=f"{title}.",
            source="DOC Messages API",
            direction=Direction.REFUSE
            if slug in {"request-messages-missing", "errors-unknown-model"}
            else Direction.SERVE,
            axis="strictness" if slug == "request-messages-missing" else "conformance",
            evidence=(12,) if mode is Mode.STREAM else (11,),
            seen=4,
            rerun=rerun(slug, SELECT),
            duration=0.004,
        )
        for slug, title, area, level, modes, clause in PASSING
        for mode in _modes(modes)
    ]


def _modes(letters: str) -> list[Mode]:
    return [mode for mode in Mode if mode[0] in letters]


def usage_zero() -> CaseResult:
    """The deviation that DESIGN.md shows."""
    data = (
        'data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","content":[],'
        '"model":"claude-sonnet-4-5","stop_reason":null,"stop_sequence":null,'
        '"usage":{"input_tokens":0,"output_tokens":1}}}'
    )
    return _deviation(
        "stream-usage-counts-input",
        "A stream's message_start reports the input tokens",
        "streaming",
        mode=Mode.STREAM,
        clause="REQ-STREAM-003",
        statement="message_start.message is a full Message with a usage object that has input_tokens.",
        expected="usage.input_tokens greater than 0",
        actual="0",
        where=Where(12, "text/stream", "/message/usage/input_tokens", 1, 0),
        excerpt=(TraceLine(0.412, "event: message_start"), TraceLine(None, data)),
        seen=37,
        deviating=37,
    )


def _deviating() -> list[CaseResult]:
    any_dropped = [
        _deviation(
            "tools-any-forces-a-call",
            'tool_choice "any" makes the model call a tool',
            "tools",
            mode=mode,
            clause="REQ-TOOL-005",
            statement="tool_choice any forces at least one tool_use; stop_reason is tool_use.",
            outcome=Outcome.IGNORED,
            expected="a tool_use block with name get_weather",
            actual='one text block, "Hello! How can I help you today?"',
            where=Where(15 if mode is Mode.STREAM else 14, f"tools-any-forces-a-call/{mode}", "/content/0"),
            excerpt=(
                TraceLine(0.871, 'HTTP/1.1 200, content: [{"type":"text","text":"Hello! How can I help you today?"}]'),
            ),
        )
        for mode in Mode
    ]
    lenient = [
        _deviation(
            f"request-{field}-wrong-type",
            f"A request with {field} of a wrong type is refused",
            "request",
            mode=mode,
            clause="REQ-BODY-003",
            statement=f"{field} has to have the documented type; anything else is 400 invalid_request_error.",
            expected="a refusal with status 400 and the error envelope",
            actual="accepted with status 200",
            where=Where(20, f"request-{field}-wrong-type/{mode}"),
            kind="accepted",
            direction=Direction.REFUSE,
            axis="strictness",
            gates=False,
        )
        for field in ("temperature", "top_k")
        for mode in Mode
    ]
    return [
        usage_zero(),
        *any_dropped,
        *lenient,
        _deviation(
            "errors-malformed-json",
            "A body that is not JSON is refused with 400 invalid_request_error",
            "errors",
            mode=Mode.JSON,
            clause="REQ-ERR-014",
            statement="A body that is not JSON is 400 invalid_request_error in the error envelope.",
            expected="status 400 with the error envelope",
            actual='status 500, body {"detail": "Internal Server Error"}',
            where=Where(18, "errors-malformed-json/json"),
            excerpt=(TraceLine(0.021, "HTTP/1.1 500"), TraceLine(None, '{"detail": "Internal Server Error"}')),
            direction=Direction.REFUSE,
            axis="strictness",
        ),
        _deviation(
            "models-list-shape",
            "GET /v1/models lists models with type, id, display_name and created_at",
            "models",
            mode=Mode.JSON,
            clause="REQ-MODELS-001",
            statement="The list has data, has_more, first_id and last_id; each entry is a ModelInfo.",
            expected="data[*].type is model, has_more, first_id, last_id",
            actual='an OpenAI list: {"object": "list", "data": [{"id": "claude-sonnet-4-5", "object": "model"}]}',
            where=Where(19, "models/json", "/data/0/type"),
        ),
        _deviation(
            "usage-cache-counters",
            "usage reports cache counters as integers or null",
            "usage",
            mode=Mode.JSON,
            level=Level.SHOULD,
            clause="REQ-USAGE-004",
            statement="cache_creation_input_tokens and cache_read_input_tokens are integers or null.",
            expected="an integer or null",
            actual='"0"',
            where=Where(11, "text/json", "/usage/cache_read_input_tokens"),
            gates=False,
        ),
    ]


def _deviation(
    slug: str,
    title: str,
    area: str,
    *,
    mode: Mode,
    clause: str,
    statement: str,
    expected: str,
    actual: str,
    where: Where,
    level: Level = Level.MUST,
    outcome: Outcome = Outcome.FAIL,
    kind: str = "deviation",
    excerpt: tuple[TraceLine, ...] = (),
    seen: int = 1,
    deviating: int = 1,
    direction: Direction = Direction.SERVE,
    axis: str = "conformance",
    gates: bool = True,
) -> CaseResult:
    return CaseResult(
        id=slug,
        title=title,
        area=area,
        level=level,
        plane=Plane.PROTOCOL,
        mode=mode,
        outcome=outcome,
        clauses=(clause,),
        statement=statement,
        source="DOC Streaming messages; PY types/message.py",
        direction=direction,
        axis=axis,
        findings=(FindingResult(expected, actual, where, kind, "sample", excerpt),),
        evidence=(where.line,),
        seen=seen,
        deviating=deviating,
        gates=gates,
        can_gate=gates,
        rerun=rerun(slug, SELECT),
        curl=curl("POST", URL, HEADERS, TEXT_REQUEST.encode(), key_env="NAGA_API_KEY", stream=mode is Mode.STREAM),
        accept=accept(slug),
        duration=0.006,
    )


def _open() -> list[CaseResult]:
    rows = [
        (
            "tools-parallel-calls",
            "Two independent questions give two tool_use blocks",
            "tools",
            "j",
            Outcome.INCONCLUSIVE,
            "the model called one tool in 3 of 3 attempts",
        ),
        (
            "counting-text",
            "count_tokens answers with input_tokens",
            "counting",
            "j",
            Outcome.UNSUPPORTED,
            "declined with 404 not_found_error; the target does not declare counting",
        ),
        (
            "models-one",
            "GET /v1/models/{id} returns the one model",
            "models",
            "j",
            Outcome.NOT_APPLICABLE,
            "the target declares no models endpoint",
        ),
        (
            "streaming-error-event",
            "An error inside a stream is an error event",
            "streaming",
            "s",
            Outcome.NOT_RUN,
            "the budget of 167 requests was used up",
        ),
        (
            "messages-long-history",
            "A conversation of 40 messages is accepted",
            "messages",
            "js",
            Outcome.NOT_RUN,
            "the budget of 167 requests was used up",
        ),
    ]
    return [
        CaseResult(
            id=slug,
            title=title,
            area=area,
            level=Level.MUST if outcome is not Outcome.INCONCLUSIVE else Level.SHOULD,
            plane=Plane.PROTOCOL,
            mode=mode,
            outcome=outcome,
            clauses=("REQ-MSG-001",),
            statement=f"{title}.",
            source="DOC Messages API",
            reason=reason,
            rerun=rerun(slug, SELECT),
        )
        for slug, title, area, modes, outcome, reason in rows
        for mode in _modes(modes)
    ]


def _exchanges() -> list[ExchangeSummary]:
    stream = (
        "HTTP/1.1 200 OK\ncontent-type: text/event-stream; charset=utf-8\nrequest-id: req_011CSample\n\n"
        "event: message_start\n"
        'data: {"type":"message_start","message":{"id":"msg_01","usage":{"input_tokens":0,"output_tokens":1}}}\n\n'
        "event: content_block_start\n"
        'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
        "event: content_block_delta\n"
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"LAPIS-7431"}}'
        "\n\n"
        'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )
    body = 'HTTP/1.1 200 OK\ncontent-type: application/json\nrequest-id: req_011CSample\n\n{"type":"message","content":[{"type":"text","text":"LAPIS-7431"}],"usage":{"input_tokens":14,"output_tokens":8,"cache_read_input_tokens":"0"}}'  # noqa: E501
    refusal = (
        'HTTP/1.1 500 Internal Server Error\ncontent-type: application/json\n\n{"detail": "Internal Server Error"}'
    )
    models = 'HTTP/1.1 200 OK\ncontent-type: application/json\n\n{"object": "list", "data": [{"id": "claude-sonnet-4-5", "object": "model"}]}'  # noqa: E501
    rows = [
        (11, "text", Mode.JSON, 200, body),
        (12, "text", Mode.STREAM, 200, stream),
        (14, "tools-any-forces-a-call", Mode.JSON, 200, body),
        (15, "tools-any-forces-a-call", Mode.STREAM, 200, stream),
        (18, "errors-malformed-json", Mode.JSON, 500, refusal),
        (19, "models", Mode.JSON, 200, models),
        (20, "request-temperature-wrong-type", Mode.JSON, 200, body),
    ]
    head = "POST /anthropic/v1/messages HTTP/1.1\ncontent-type: application/json\nanthropic-version: 2023-06-01\nx-api-key: [redacted]\n\n"  # noqa: E501
    return [
        ExchangeSummary(
            line=line,
            scenario=scenario,
            mode=mode,
            step=1,
            attempt=1,
            method="GET" if scenario == "models" else "POST",
            url=URL,
            status=status,
            started="2026-11-22T06:00:05.120Z",
            elapsed=1.204,
            first_byte=0.411,
            request_id="req_011CSample",
            request=head + TEXT_REQUEST,
            response=response,
            response_truncated=mode is Mode.STREAM,
        )
        for line, scenario, mode, status, response in rows
    ]


POISON = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\x9b31m| `x` ``` ]]>\x00\ud800\u202e\"'></pre>"
    "{{7*7}}\r\n## head @someone #1 [a](javascript:alert(1)) https://evil.example www.evil.example\u2028\ufffe"
)


def poisoned(value: Any) -> Any:
    """The same results with `POISON` in every text that is no fixed word."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"schema_version", "axis", "status"}
        changes = {item.name: poisoned(getattr(value, item.name)) for item in fields(value) if item.name not in kept}
        changed = replace(value, **changes)
        return replace(changed, defects=poisoned_titles(changed)) if isinstance(changed, Results) else changed
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return f"{value[:20]}{POISON}"
    if isinstance(value, tuple):
        return tuple(poisoned(item) for item in value)
    if isinstance(value, dict):
        return {key: poisoned(item) for key, item in value.items()}
    return value


def poisoned_titles(results: Results) -> tuple[DefectResult, ...]:
    """The defects of poisoned results, which still refer to their cases, with `POISON` in their titles."""
    return tuple(replace(defect, title=poisoned(defect.title)) for defect in _defects(results.cases))
