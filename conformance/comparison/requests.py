"""What a gateway makes of a request on its way to the upstream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from conformance.base.headers import is_credential, may_be_secret, may_be_secret_parameter
from conformance.base.urls import split_url
from conformance.base.values import shortened
from conformance.comparison.pairs import Seen
from conformance.comparison.values import LONGEST_NAME, differences
from conformance.model import Json
from conformance.protocol.exchange import SentRequest

_OF_THE_CONNECTION: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host",
     "keep-alive", "te", "transfer-encoding", "user-agent", "via", "x-forwarded-for", "x-forwarded-host",
     "x-forwarded-proto"}
)  # fmt: skip
"""Headers that each client and each hop writes for itself."""

_LIST: Final = "anthropic-beta"
"""The header whose value is a list of names."""


REDACTED: Final = "[redacted]"
"""What replaces a secret."""

_MOST_PARAMETERS: Final = 100
"""Parameters of a query that are looked at."""


def request_differences(sent: SentRequest, arrived: Sequence[SentRequest], *, refused: bool = False) -> Iterator[Seen]:
    """What reached the upstream differently from how it was sent, or not at all, several times, or beside it.

    `refused` is True for a request that the upstream refuses, which a gateway may do in its place.
    """
    path = split_url(sent.url).path
    own = [request for request in arrived if _leads_to(path, request)]
    for other in [request for request in arrived if request not in own] if own else arrived[:-1]:
        where = shortened(split_url(other.url).path, LONGEST_NAME)
        yield Seen("request-added", where, None, other.method)
    if not arrived:
        yield Seen("refusal-by-gateway" if refused else "request-withheld", path, "sent", "nothing arrived")
        return
    if len(own) > 1:
        yield Seen("request-repeated", path, 1, len(own))
    last = own[-1] if own else arrived[-1]
    yield from _address(sent, last)
    yield from _headers(sent, last)
    ours, theirs = sent.json, last.json
    if ours is None and theirs is None:
        if sent.body != last.body:
            yield Seen("request-body-changed", "body", f"{len(sent.body)} bytes", f"{len(last.body)} bytes")
        return
    for found in differences(ours, theirs):
        if _hidden(found.direct, found.through) or _hidden(found.through, found.direct):
            continue
        yield Seen(f"request-part-{found.change}", found.where or "body", found.direct, found.through)


def _hidden(whole: Json, value: Json) -> bool:
    """Whether two texts differ only in what was hidden as a secret, which the two sides may not have in common."""
    if not isinstance(whole, str) or not isinstance(value, str) or REDACTED not in value:
        return False
    return whole.startswith(value[: value.index(REDACTED)])


def _leads_to(path: str, arrived: SentRequest) -> bool:
    """Whether a request arrived where it was sent to; a gateway may have a prefix of its own."""
    return path.endswith(split_url(arrived.url).path)


def _address(sent: SentRequest, arrived: SentRequest) -> Iterator[Seen]:
    path, theirs = split_url(sent.url).path, split_url(arrived.url).path
    if sent.method != arrived.method:
        yield Seen("request-method-changed", "method", sent.method, arrived.method)
    if not _leads_to(path, arrived):
        yield Seen("request-path-changed", path, path, theirs)
    asked, got = (_parameters(each.url) for each in (sent, arrived))
    for name, value in asked.items():
        if name not in got:
            yield Seen("request-query-lost", name, _shown_parameter(name, value))
        elif value != got[name] and not may_be_secret_parameter(name):
            yield Seen("request-query-changed", name, value, got[name])
    for name in [each for each in got if each not in asked]:
        yield Seen("request-query-added", name, None, _shown_parameter(name, got[name]))


def _parameters(url: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(split_url(url).query, keep_blank_values=True)[:_MOST_PARAMETERS]:
        found.setdefault(shortened(name, LONGEST_NAME), value)
    return found


def _shown_parameter(name: str, value: str) -> str | None:
    return None if may_be_secret_parameter(name) else value


def _headers(sent: SentRequest, arrived: SentRequest) -> Iterator[Seen]:
    ours, theirs = _named(sent), _named(arrived)
    for name, values in ours.items():
        if name == _LIST:
            lost, added = _names(values) - _names(theirs.get(name, ())), _names(theirs.get(name, ())) - _names(values)
            yield from (Seen("request-beta-lost", each, each) for each in sorted(lost))
            yield from (Seen("request-beta-added", each, None, each) for each in sorted(added))
        elif name not in theirs:
            yield Seen("request-header-lost", name, _shown(name, values))
        elif len(theirs[name]) > len(values):
            yield Seen("request-header-repeated", name, len(values), len(theirs[name]))
        elif values != theirs[name] and not may_be_secret(name):
            yield Seen("request-header-changed", name, ",".join(values), ",".join(theirs[name]))
    for name, values in theirs.items():
        if name in ours:
            continue
        if name == _LIST:
            yield from (Seen("request-beta-added", each, None, each) for each in sorted(_names(values)))
        else:
            yield Seen("request-header-added", name, None, _shown(name, values))


def _shown(name: str, values: Sequence[str]) -> str | None:
    """A header's value, unless it may be a secret: that of the gateway, which nobody can know by its value."""
    return None if may_be_secret(name) else ",".join(values)


def _named(request: SentRequest) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower not in _OF_THE_CONNECTION and not is_credential(lower):
            found.setdefault(shortened(lower, LONGEST_NAME), []).append(value)
    return found


def _names(values: Sequence[str]) -> set[str]:
    """The names in a list, whatever number of lines it has."""
    named = (name.strip() for value in values for name in value.split(","))
    return {shortened(name, LONGEST_NAME) for name in named if name}
