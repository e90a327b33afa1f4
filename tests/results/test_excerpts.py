"""What results show of an exchange has a bound, wherever an endpoint puts its text."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from conformance.base.values import LONGEST
from conformance.model import Finding, Where
from conformance.protocol.exchange import Exchange, Trouble
from conformance.protocol.reply import Reply
from conformance.results.excerpts import (
    AFTER,
    BEFORE,
    EXCERPT_WIDTH,
    HEADERS_LIMIT,
    REQUEST_LIMIT,
    RESPONSE_LIMIT,
    excerpt,
    summary_of,
)
from support import make

LONG = "x" * 100_000
HEAD = (HEADERS_LIMIT + 3) * (LONGEST + 1)


def with_url(exchange: Exchange) -> Exchange:
    return replace(exchange, request=replace(exchange.request, url=make.URL + LONG))


EXCHANGES = {
    "body": make.exchange(LONG.encode()),
    "headers": make.exchange({}, headers=[(f"x-{number}", LONG) for number in range(2000)]),
    "request id and type": make.exchange({}, headers={"request-id": LONG, "content-type": LONG}),
    "trouble": make.exchange(None, None, trouble=Trouble("protocol", LONG, 0.1)),
    "URL": with_url(make.exchange({})),
    "event": make.reply(f"event: {LONG}\ndata: {LONG}\n\n" * 5).exchange,
    "request": make.exchange({}, sent=make.request(LONG)),
}


@pytest.mark.parametrize("what", EXCHANGES)
def test_a_summary_has_a_bound(what: str) -> None:
    shown = asdict(summary_of(EXCHANGES[what]))
    texts = {name: len(value) for name, value in shown.items() if isinstance(value, str)}
    most = {"request": HEAD + REQUEST_LIMIT, "response": HEAD + RESPONSE_LIMIT}
    assert {name: size for name, size in texts.items() if size > most.get(name, LONGEST)} == {}


@pytest.mark.parametrize("what", EXCHANGES)
def test_a_line_of_an_excerpt_has_a_bound(what: str) -> None:
    finding = Finding("check", "this", "that", Where(7, event=4))
    lines = excerpt(Reply(EXCHANGES[what]), finding)
    assert lines
    assert all(len(line.text) <= LONGEST for line in lines)
    assert len(lines) <= 2 * (BEFORE + 1 + AFTER)
    assert EXCERPT_WIDTH < LONGEST


def test_the_event_that_a_finding_is_about_is_marked_among_its_neighbours() -> None:
    reply = make.reply("".join(f"event: e{number}\ndata: {{}}\n\n" for number in range(1, 8)))
    lines = excerpt(reply, Finding("check", "this", "that", Where(7, event=4)))
    assert [line.text for line in lines if line.text.startswith("event")] == [f"event: e{n}" for n in range(1, 6)]
    assert [line.text for line in lines if line.marked] == ["event: e4", "data: {}"]
