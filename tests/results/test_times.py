"""How fast an endpoint answered: first byte, silence, tokens per second, and the limits of clients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Trouble
from conformance.protocol.reply import Reply
from conformance.results.times import timing
from conformance.standard.clients import KnownClient
from support import make, streams


def answered(body: Any, *, line: int = 1, at: tuple[float, ...] = (1.0,), ended: float = 3.0) -> Reply:
    """A reply whose body arrives in as many pieces as there are times."""
    data = make.encoded(body) if isinstance(body, dict) else body.encode()
    size = len(data) // len(at) + 1
    pieces = tuple(Chunk(moment, data[size * number : size * (number + 1)]) for number, moment in enumerate(at))
    return make.reply(body, chunks=pieces, first_byte=at[0], ended=ended, line=line)


def spoken(tokens: int) -> dict[str, Any]:
    return make.message("LAPIS", usage={"input_tokens": 9, "output_tokens": tokens})


def client(modes: tuple[Mode, ...] = (Mode.STREAM,), **limits: int) -> KnownClient:
    named = {kind.replace("_", "-"): seconds for kind, seconds in limits.items()}
    return KnownClient("chat", "Chat", "1", "2026-11-28", ("x",), "Run.", modes, {"requests": "one"}, (), named)


def test_first_bytes_are_a_median_and_a_worst_with_its_line() -> None:
    replies = [answered(spoken(20), line=line, at=(moment,)) for line, moment in ((4, 1.0), (5, 2.0), (6, 1.5))]
    found = timing(replies, [])
    assert found is not None
    (json,) = found.modes
    assert (json.mode, json.replies) == (Mode.JSON, 3)
    assert (json.first_byte, json.first_byte_worst, json.first_byte_line) == (1.5, 2.0, 5)


def test_the_longest_silence_may_be_anywhere_in_a_stream() -> None:
    stream = answered(streams.whole(), line=8, at=(0.5, 1.0, 9.0), ended=10.0)
    found = timing([stream], [])
    assert found is not None
    assert (found.modes[0].silence, found.modes[0].silence_line) == (8.0, 8)


def test_speed_is_measured_where_a_reply_is_long_enough() -> None:
    long = timing([answered(spoken(60))], [])
    short = timing([answered(spoken(2))], [])
    assert long is not None
    assert short is not None
    assert long.modes[0].tokens_per_second == pytest.approx(20.0)
    assert short.modes[0].tokens_per_second is None


def test_without_an_answer_nothing_is_timed() -> None:
    refused = make.reply(make.error(), 400)
    assert timing([refused, make.reply(None, None)], []) is None


def test_a_limit_is_held_against_the_worst_in_the_modes_of_the_client() -> None:
    replies = [
        answered(spoken(20), at=(50.0,), ended=51.0),
        answered(streams.whole(), at=(1.0, 9.0), ended=9.5),
    ]
    found = timing(replies, [client(silence=10), client(silence=5), client((Mode.JSON,), first_byte=10)])
    assert found is not None
    assert [(each.kind, each.measured, each.holds) for each in found.limits] == [
        ("silence", 8.0, True),
        ("silence", 8.0, False),
        ("first-byte", 50.0, False),
    ]


def test_a_limit_of_what_was_not_measured_is_not_exceeded() -> None:
    found = timing([answered(spoken(20))], [client(silence=5)])
    assert found is not None
    assert [(each.measured, each.holds) for each in found.limits] == [(None, True)]


def test_a_silence_that_ended_the_exchange_counts() -> None:
    trouble = Trouble("timeout-gap", "nothing for 60 s", 61.0)
    silent = make.reply(streams.whole(), chunks=(Chunk(1.0, b"event: ping"),), trouble=trouble).exchange
    assert silent.longest_silence == 60.0
    assert replace(silent, trouble=None).longest_silence is None
