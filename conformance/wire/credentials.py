"""Credentials in recorded traffic: their values, and marks in their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Final
from urllib.parse import unquote

from conformance.base.headers import (
    COOKIES,
    DUMMY_KEYS,
    is_credential,
    may_be_secret,
    may_be_secret_parameter,
    scheme_of,
    secrets_in,
)
from conformance.base.marks import is_mark
from conformance.protocol.blocks import BLOCKS, DELTAS
from conformance.protocol.exchange import Exchange, SentRequest
from conformance.protocol.grammar import KNOWN_EVENTS
from conformance.protocol.stop_reasons import STOP_REASONS

WORDS: Final = frozenset(
    word
    for word in (
        *BLOCKS, *DELTAS, *STOP_REASONS, *KNOWN_EVENTS,
        "type", "text", "id", "role", "user", "model", "models", "name", "input", "usage", "index", "delta", "error",
        "message", "content", "system", "tool", "tools", "stop", "stream", "json", "true", "false", "image", "source",
        "url", "data", "base64", "file", "title", "http", "https", "v1", "post", "get", "ping", "auto", "any",
        "bearer",
    )
)  # fmt: skip
"""Words of the API, in lower case. A key that is one of them is public, and hiding it would change what is judged."""

HIDDEN: Final = "[redacted]"

_PARAMETER: Final = re.compile(r"(?<=[?&;#])([^=&;#]*+)=([^&;#]*+)")
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#]*@")
MOST_SECRETS: Final = 64
"""Credentials of one exchange that are looked for everywhere. More are hidden in their own place only."""


def is_secret(value: str) -> bool:
    """False for documented dummy keys, words of the API, the marks that recorders leave, and nothing."""
    if value.lower() in DUMMY_KEYS or value.lower() in WORDS:
        return False
    return not is_mark(value)


def recorded_secrets(exchange: Exchange) -> frozenset[str]:
    """The values of the credentials that an exchange carries in its headers and in its URL, at most `MOST_SECRETS`.

    A request header that is not known to be harmless carries one. Of a cookie that a response sets, the value counts;
    the attributes behind it are words of the protocol.
    """
    request, response = exchange.request, exchange.response
    sent = [(name.lower(), value) for name, value in request.headers if may_be_secret(name)]
    got = [(name.lower(), value) for name, value in (response.headers if response is not None else ())]
    headers = [*sent, *((name, value) for name, value in got if is_credential(name))]
    keys_first = sorted(headers, key=lambda header: (not is_credential(header[0]), header[0] in COOKIES))
    found = chain(_in_url(request.url), *(secrets_in(name, value) for name, value in keys_first))
    secrets = frozenset(islice(filter(is_secret, found), MOST_SECRETS))
    body = request.json if secrets else None
    model = body.get("model") if isinstance(body, dict) else None
    return secrets - {model} if isinstance(model, str) and not _carries(request, model) else secrets


def hide_in_sent(name: str, value: str) -> str:
    """The value of a request header, or a mark in its place unless it is known to be harmless."""
    return _hidden(value) if may_be_secret(name) else value


def hide_in_got(name: str, value: str) -> str:
    """The value of a response header, or a mark in its place where it is a credential."""
    return _hidden(value) if is_credential(name) else value


def hide_in_url(url: str) -> str:
    """A URL with a mark in place of user name and password and of each parameter not known to be harmless."""
    return _USER_INFO.sub("redacted@", _PARAMETER.sub(_hidden_parameter, url))


def _hidden_parameter(match: re.Match[str]) -> str:
    return f"{match[1]}={HIDDEN}" if match[2] and may_be_secret_parameter(unquote(match[1])) else match[0]


def _hidden(value: str) -> str:
    scheme, rest = scheme_of(value)
    return f"{scheme} {HIDDEN}" if scheme and rest else HIDDEN


def _carries(request: SentRequest, value: str) -> bool:
    """Whether a credential header has this value."""
    return any(is_credential(name) and scheme_of(sent)[1] == value for name, sent in request.headers)


def _in_url(url: str) -> Iterator[str]:
    user_info = _USER_INFO.search(url)
    yield from (unquote(part) for part in (user_info[0][:-1].split(":", 1) if user_info else ()))
    for match in _PARAMETER.finditer(url):
        name = unquote(match[1])
        if may_be_secret_parameter(name):
            yield from secrets_in(name, unquote(match[2].replace("+", " ")))
            yield from secrets_in(name, unquote(match[2])) if "+" in match[2] else ()
