"""What the results keep of an exchange: its summary, and the lines that show a finding.

Belongs here: cutting recorded, already redacted exchanges down to what a report shows. Does not belong here: sending,
judging, escaping (every output escapes for its own place).
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.model import Event, Exchange, Response, SentRequest, Where
from conformance.results import ExchangeSummary, TraceLine

REQUEST_LIMIT = 4096
"""Characters kept of a request."""

RESPONSE_LIMIT = 8192
"""Characters kept of a response."""

EXCERPT_LIMIT = 600
"""Characters kept of one line of an excerpt."""

AROUND = 80
"""Bytes shown before and after a byte offset."""


def exchange_summary(exchange: Exchange) -> ExchangeSummary:
    """An exchange as the reports show it: start line, headers and body as text, cut."""
    response, trouble = exchange.response, exchange.trouble
    sent, sent_cut = _cut(_request_text(exchange.request), REQUEST_LIMIT)
    got, got_cut = _cut(_response_text(response), RESPONSE_LIMIT) if response is not None else ("", False)
    return ExchangeSummary(
        line=exchange.line,
        scenario=exchange.scenario,
        mode=exchange.mode,
        step=exchange.step,
        attempt=exchange.attempt,
        method=exchange.request.method,
        url=exchange.request.url,
        status=response.status if response is not None else None,
        started=exchange.started,
        elapsed=_elapsed(exchange),
        first_byte=response.first_byte if response is not None else None,
        request_id=response.header("request-id") if response is not None else None,
        request=sent,
        request_truncated=sent_cut,
        response=got,
        response_truncated=got_cut,
        trouble=f"{trouble.kind}: {trouble.message}, after {trouble.at:.3f} s" if trouble is not None else None,
    )


def excerpt(exchange: Exchange, where: Where, events: Sequence[Event] | None = None) -> tuple[TraceLine, ...]:
    """The lines of an exchange that show a finding: the event it names, the bytes around its offset, or the body."""
    trouble, response = exchange.trouble, exchange.response
    lines: list[TraceLine] = []
    if events is not None and where.event is not None and 1 <= where.event <= len(events):
        lines += _event_lines(events[where.event - 1])
    elif response is not None:
        lines.append(TraceLine(response.first_byte, f"{response.http_version} {response.status}"))
        body, offset = response.body, where.offset
        if offset is not None and len(body) > EXCERPT_LIMIT:
            body = body[max(0, offset - AROUND) : offset + AROUND]
        if body:
            lines.append(TraceLine(None, _short(_decoded(body))))
    if trouble is not None:
        lines.append(TraceLine(trouble.at, _short(f"{trouble.kind}: {trouble.message}")))
    return tuple(lines)


def _event_lines(event: Event) -> list[TraceLine]:
    texts = [] if event.name is None else [f"event: {event.name}"]
    if event.data is not None:
        texts += [f"data: {line}" for line in event.data.split("\n")]
    return [TraceLine(None if index else event.at, _short(text)) for index, text in enumerate(texts[:8])]


def _elapsed(exchange: Exchange) -> float | None:
    if exchange.response is not None and exchange.response.ended is not None:
        return exchange.response.ended
    return exchange.trouble.at if exchange.trouble is not None else None


def _request_text(request: SentRequest) -> str:
    headers = "".join(f"{name}: {value}\n" for name, value in request.headers)
    return f"{request.method} {request.url}\n{headers}\n{_decoded(request.body)}"


def _response_text(response: Response) -> str:
    headers = "".join(f"{name}: {value}\n" for name, value in response.headers)
    return f"{response.http_version} {response.status}\n{headers}\n{_decoded(response.body[: 4 * RESPONSE_LIMIT])}"


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", errors="backslashreplace")


def _short(text: str) -> str:
    return _cut(text, EXCERPT_LIMIT)[0]


def _cut(text: str, limit: int) -> tuple[str, bool]:
    return text[:limit], len(text) > limit
