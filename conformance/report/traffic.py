"""What the proxy prints while traffic passes, and the counts at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.model import Caller, Case, Experience, Finding
from conformance.protocol.exchange import Exchange
from conformance.report.block import location
from conformance.report.escape import cut, one_line

LINE_LIMIT = 500
"""Longest sentence on a client, in characters."""

VALUE_LIMIT = 300
"""Longest expected or actual value, in characters."""

_INDENT = " " * 6


def finding(case: Case, found: Finding, exchange: Exchange) -> str:
    """A new kind of finding as a compact block, without a trailing newline."""
    level = f"{case.level.upper()}{', informational' if case.informational else ''}"
    request = f"{exchange.request.method} {_path(exchange)}, status {_status(exchange)}"
    rows = (("expected", found.expected), ("actual", found.actual), ("where", f"{location(found.where)}: {request}"))
    head = one_line(f"{case.id}   {level}   {', '.join(case.clauses)}".rstrip())
    return "\n".join(
        [
            head,
            _INDENT + one_line(case.title),
            *(f"{_INDENT}{label:<10}{cut(text, VALUE_LIMIT)}" for label, text in rows),
        ]
    )


def trouble(exchange: Exchange) -> str:
    """What went wrong between the proxy and the endpoint, and what the client saw of it."""
    found = exchange.trouble
    what = f"{found.kind}, {found.message}" if found is not None else "no response"
    seen = (
        "the client got status 502" if exchange.response is None else "the client received only the part that arrived"
    )
    return f"endpoint  {cut(f'{exchange.request.method} {_path(exchange)}: {what}', VALUE_LIMIT)}; {seen}"


def caller(met: Caller) -> str:
    """A client that sent its first request, in one line."""
    return f"client    {_named(met)}"


def callers(met: Sequence[Caller]) -> Iterator[str]:
    """The clients and the number of their requests, a line each, under a headline."""
    if met:
        yield "Clients"
        yield from (f"  {each.requests:>7,}  {_named(each)}" for each in met)


def _named(met: Caller) -> str:
    return cut(f"{met.client} ({met.agent})" if met.agent else met.client, LINE_LIMIT)


def experience(told: Experience) -> str:
    """What a client lived through, in one line."""
    times = f", {told.count:,} times" if told.count > 1 else ""
    return f"client    {cut(f'{told.client} {told.what}', LINE_LIMIT)}{times} ({one_line(', '.join(told.places))})"


def experiences(told: Sequence[Experience]) -> Iterator[str]:
    """What clients lived through, a line each, under a headline."""
    if told:
        yield "What clients lived through"
        yield from (f"  {experience(each)}" for each in told)


def counts(passed: int, judged: int, others: Mapping[str, int]) -> str:
    """How many exchanges passed, how many of them were judged, and why the others were not."""
    return "\n".join(_counts(passed, judged, others))


def _counts(passed: int, judged: int, others: Mapping[str, int]) -> Iterator[str]:
    yield f"{judged:,} of {passed:,} exchange{'' if passed == 1 else 's'} judged"
    yield from (f"  {number:>7,}  not judged: {one_line(why)}" for why, number in sorted(others.items()))


def _path(exchange: Exchange) -> str:
    _, _, rest = exchange.request.url.partition("://")
    return f"/{rest.partition('/')[2]}"


def _status(exchange: Exchange) -> str:
    return str(exchange.response.status) if exchange.response is not None else "none"
