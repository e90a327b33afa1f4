"""How fast an endpoint answered, beside what clients put up with. Speed is no claim: nothing here gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Final

from conformance.model import Mode
from conformance.protocol.reply import Reply
from conformance.protocol.usage import billed
from conformance.results.durations import LimitResult, ModeTiming, TimingResult
from conformance.standard.clients import FIRST_BYTE, SILENCE, KnownClient

FEWEST_TOKENS: Final = 8
SHORTEST_SECONDS: Final = 0.001
"""A shorter reply says nothing about the speed of a model."""


def timing(replies: Sequence[Reply], clients: Iterable[KnownClient]) -> TimingResult | None:
    """The times of the messages among the replies; None where no message was answered."""
    answered = [reply for reply in replies if reply.ok and reply.message is not None and _first_byte(reply) is not None]
    modes = [(mode, [reply for reply in answered if reply.exchange.mode is mode]) for mode in Mode]
    found = tuple(_of_mode(mode, members) for mode, members in modes if members)
    if not found:
        return None
    return TimingResult(found, tuple(limit for client in clients for limit in _limits(client, found)))


def _of_mode(mode: Mode, replies: Sequence[Reply]) -> ModeTiming:
    slowest = max(replies, key=lambda reply: _first_byte(reply) or 0.0)
    silences = [(silence, reply) for reply in replies if (silence := reply.exchange.longest_silence) is not None]
    silence, silent = max(silences, key=lambda item: item[0], default=(None, None))
    speeds = [speed for reply in replies if (speed := _speed(reply)) is not None]
    return ModeTiming(
        mode=mode,
        replies=len(replies),
        first_byte=median(_first_byte(reply) or 0.0 for reply in replies),
        first_byte_worst=_first_byte(slowest) or 0.0,
        first_byte_line=slowest.exchange.line,
        silence=silence,
        silence_line=silent.exchange.line if silent is not None else 0,
        tokens_per_second=median(speeds) if speeds else None,
    )


def _first_byte(reply: Reply) -> float | None:
    return reply.exchange.response.first_byte if reply.exchange.response is not None else None


def _speed(reply: Reply) -> float | None:
    """Output tokens per second: of a stream from its first byte on, of other replies from the request on."""
    response = reply.exchange.response
    _, tokens = billed(reply.usage)
    if response is None or response.ended is None or tokens < FEWEST_TOKENS:
        return None
    begun = (response.first_byte or 0.0) if reply.events is not None else 0.0
    seconds = response.ended - begun
    return tokens / seconds if seconds >= SHORTEST_SECONDS else None


def _limits(client: KnownClient, modes: Sequence[ModeTiming]) -> Iterator[LimitResult]:
    asked = [each for each in modes if each.mode in client.modes]
    measured = {
        FIRST_BYTE: max((each.first_byte_worst for each in asked), default=None),
        SILENCE: max((each.silence for each in asked if each.silence is not None), default=None),
    }
    for kind, seconds in client.limits.items():
        worst = measured[kind]
        yield LimitResult(client.id, client.title, kind, seconds, worst, worst is None or worst <= seconds)
