"""Answers that differ because their requests do, which is no finding of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from conformance.comparison.ids import without_ids
from conformance.comparison.pairs import Pair, Seen, informs
from conformance.comparison.requests import request_differences
from conformance.comparison.values import canonical
from conformance.model import Json
from conformance.protocol.reply import Reply

_CONSEQUENCES: Final = frozenset({"error-type-changed", "error-words-changed", "status-changed", "usage-changed"})
"""Kinds of differences that an altered request has, beside what the model says."""

_OTHERWISE: Final = frozenset(
    {"refusal-by-gateway", "request-added", "request-query-lost", "request-repeated", "request-withheld"}
)
"""Kinds of findings about a request that leave what the upstream reads as it is, or of which it reads nothing."""

_LOOKED_AT: Final = 200


def requests_of(pair: Pair) -> Iterator[Seen]:
    """What reached the upstream differently from how it was sent through the gateway; nothing where nobody read it."""
    if pair.arrived is not None:
        yield from request_differences(pair.through.exchange.request, pair.arrived, refused=not pair.direct.ok)


def is_altered(pair: Pair) -> bool:
    """Whether the upstream has read two different requests: one arrived altered, or an earlier answer changed it."""
    if _asked(pair.direct) != _asked(pair.through):
        return True
    changed = (seen for seen in islice(requests_of(pair), _LOOKED_AT) if seen.kind not in _OTHERWISE)
    return any(not informs(seen) or seen.kind == "request-part-respelled" for seen in changed)


def follows(seen: Seen) -> bool:
    """Whether a difference may come from that of the requests."""
    return seen.kind in _CONSEQUENCES or (seen.kind, seen.where) == ("member-changed", "input_tokens")


def _asked(reply: Reply) -> str:
    """What a request asks, whatever the model is called and whichever ids the calls have."""
    body: Mapping[str, Json] = reply.request
    return canonical(without_ids({name: value for name, value in body.items() if name != "model"}))
