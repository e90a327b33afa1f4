"""What a gateway makes of a request on its way to the upstream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conformance.base.headers import is_credential, may_be_secret
from conformance.base.urls import split_url
from conformance.comparison.pairs import Seen
from conformance.comparison.values import differences
from conformance.protocol.exchange import SentRequest

_OF_THE_CONNECTION: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host",
     "keep-alive", "te", "transfer-encoding", "user-agent", "via", "x-forwarded-for", "x-forwarded-host",
     "x-forwarded-proto"}
)  # fmt: skip
"""Headers that each client and each hop writes for itself."""

_LIST: Final = "anthropic-beta"
"""The header whose value is a list of names."""


def request_differences(sent: SentRequest, arrived: tuple[SentRequest, ...]) -> Iterator[Seen]:
    """What reached the upstream differently from how it was sent, or not at all, or several times."""
    if not arrived:
        yield Seen("request-withheld", split_url(sent.url).path, "sent", "nothing arrived")
        return
    if len(arrived) > 1:
        yield Seen("request-repeated", split_url(sent.url).path, 1, len(arrived))
    last = arrived[-1]
    yield from _address(sent, last)
    yield from _headers(sent, last)
    ours, theirs = sent.json, last.json
    if ours is None and theirs is None:
        if sent.body != last.body:
            yield Seen("request-body-changed", "body", f"{len(sent.body)} bytes", f"{len(last.body)} bytes")
        return
    for found in differences(ours, theirs):
        yield Seen(f"request-part-{found.change}", found.where or "body", found.direct, found.through)


def _address(sent: SentRequest, arrived: SentRequest) -> Iterator[Seen]:
    ours, theirs = split_url(sent.url), split_url(arrived.url)
    if sent.method != arrived.method:
        yield Seen("request-method-changed", "method", sent.method, arrived.method)
    if not ours.path.endswith(theirs.path):  # a gateway may have a prefix of its own
        yield Seen("request-path-changed", ours.path, ours.path, theirs.path)
    if ours.query != theirs.query:
        yield Seen("request-query-changed", "query", ours.query, theirs.query)


def _headers(sent: SentRequest, arrived: SentRequest) -> Iterator[Seen]:
    ours, theirs = _named(sent), _named(arrived)
    for name, value in ours.items():
        if name == _LIST:
            lost = _names(value) - _names(theirs.get(name, ""))
            added = _names(theirs.get(name, "")) - _names(value)
            yield from (Seen("request-beta-lost", each, each) for each in sorted(lost))
            yield from (Seen("request-beta-added", each, None, each) for each in sorted(added))
        elif name not in theirs:
            yield Seen("request-header-lost", name, _shown(name, value))
        elif value != theirs[name] and not may_be_secret(name):
            yield Seen("request-header-changed", name, value, theirs[name])
    for name, value in theirs.items():
        if name not in ours:
            yield Seen("request-header-added", name, None, _shown(name, value))


def _shown(name: str, value: str) -> str | None:
    """A header's value, unless it may be a secret: that of the gateway, which nobody can know by its value."""
    return None if may_be_secret(name) else value


def _named(request: SentRequest) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower not in _OF_THE_CONNECTION and not is_credential(lower):
            found[lower] = f"{found[lower]},{value}" if lower in found else value
    return found


def _names(value: str) -> set[str]:
    return {name.strip() for name in value.split(",") if name.strip()}
