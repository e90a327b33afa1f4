"""What a comparison rests on: what a model said, blocks that never come, and what no answer of the upstream shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.comparison.ids import without_ids
from conformance.comparison.pairs import NotCompared, Pair, Seen
from conformance.comparison.streams import PING, label_of
from conformance.comparison.values import canonical, label_of_item
from conformance.model import Json
from conformance.protocol.reply import Reply

LEAST_SHOWN: Final = 3
"""Answers with a block from which on it is missed where no answer through the gateway has one, whatever they say."""

_STRANGE: Final = 5
"""One word of so many in common is little, one answer of so many is a lot."""

_MOST_READ: Final = 4_000
"""Characters of a text whose words are looked at."""

_SHOWN_BY: Final = ("request-id", "retry-after", "anthropic-ratelimit-requests-limit")
"""Headers that clients read, and that an upstream may not have sent."""


def says(reply: Reply) -> str:
    """What the model said, without ids and signatures."""
    blocks = _content(reply)
    without = [
        {name: value for name, value in block.items() if name not in ("signature", "data")}
        for block in blocks
        if isinstance(block, dict)
    ]
    return canonical(without_ids(without))


def two_models(pairs: Sequence[Pair]) -> bool:
    """Whether another model answers through the gateway: often both say something, and one has nothing of the other.

    What a gateway does to a request changes some answers, and what it does to answers leaves most of their words. Where
    somebody reads what arrives at the upstream, it is known that there is one model.
    """
    if any(pair.arrived is not None for pair in pairs):
        return False
    words = [(_words(pair.direct), _words(pair.through)) for pair in pairs]
    both = [(ours, theirs) for ours, theirs in words if ours and theirs]
    strange = sum(len(ours & theirs) * _STRANGE < len(ours | theirs) for ours, theirs in both)
    return strange >= LEAST_SHOWN and strange * _STRANGE >= len(both)


def _words(reply: Reply) -> frozenset[str]:
    texts = [block.get("text") for block in _content(reply) if isinstance(block, dict)] if reply.ok else []
    return frozenset(word for text in texts if isinstance(text, str) for word in text[:_MOST_READ].lower().split())


def blocks_never_seen(pairs: Sequence[Pair]) -> Iterator[tuple[Seen, Pair]]:
    """Types of blocks that several answers of the upstream have and none through the gateway.

    One answer more or less says nothing about a model that varies; several of them do.
    """
    ours = {pair: {label_of_item(block) for block in _content(pair.direct)} for pair in pairs}
    theirs = {label_of_item(block) for pair in pairs for block in _content(pair.through)}
    for label in sorted({label for labels in ours.values() for label in labels} - theirs):
        having = [pair for pair, labels in ours.items() if label in labels and pair.through.ok]
        if len(having) >= LEAST_SHOWN:
            for pair in having:
                yield Seen("block-lost", f"content[{label}]", label), pair


def not_shown(pairs: Sequence[Pair]) -> Iterator[NotCompared]:
    """What no answer of the upstream shows, so that nobody knows what happens to it."""
    headers = {name.lower() for pair in pairs for name, _ in _headers(pair.direct)}
    for name in [each for each in _SHOWN_BY if each not in headers]:
        yield NotCompared(f"header {name}", "no answer of the upstream has it")
    streams = [pair.direct.events for pair in pairs if pair.direct.events is not None]
    if streams and not any(label_of(event) == PING for stream in streams for event in stream):
        yield NotCompared("pings", "no stream of the upstream has one")
    unread = sum(pair.arrived is None for pair in pairs)
    if unread and unread == len(pairs):
        yield NotCompared("requests", "what arrives at the upstream is read only with --loopback")
    elif unread:
        yield NotCompared(f"{unread} requests", "what arrives at the upstream is read up to a number of bytes")


def _headers(reply: Reply) -> tuple[tuple[str, str], ...]:
    return reply.exchange.response.headers if reply.exchange.response is not None else ()


def _content(reply: Reply) -> list[Json]:
    content = reply.message.get("content") if reply.message is not None else None
    return content if isinstance(content, list) else []
