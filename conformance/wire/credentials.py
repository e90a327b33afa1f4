"""Credentials in recorded traffic: the headers and query parameters that carry them, and their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.model import Exchange
from conformance.protocol.blocks import BLOCKS, DELTAS
from conformance.protocol.grammar import KNOWN_EVENTS
from conformance.protocol.stop_reasons import STOP_REASONS

NAMES: Final = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token",
     "cookie", "set-cookie", "key", "api_key", "token", "access_token"}
)  # fmt: skip
"""Headers and query parameters whose values are credentials, in lower case."""

DUMMY_KEYS: Final = frozenset(
    {"empty", "none", "null", "x", "dummy", "fake", "test", "local", "ollama", "lm-studio", "no-key", "not-needed",
     "sk-no-key-required"}
)  # fmt: skip
"""Keys that local engines document for "no key needed", in lower case. They open nothing, so they are not secret."""

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

_COOKIES: Final = ("cookie", "set-cookie")
HIDDEN: Final = "[redacted]"

_PARAMETER: Final = re.compile(rf"([?&#](?:{'|'.join(map(re.escape, sorted(NAMES)))})=)[^&#]*", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#]*@")
_SCHEMES: Final = frozenset({"bearer", "basic", "token", "digest", "negotiate"})
_MASKED: Final = re.compile(r"\W*(?:redacted|removed|filtered|masked|hidden|secret|x+|\.+|)\W*", re.IGNORECASE)
"""What recorders write where a credential was."""

_LONGEST_MARK: Final = 64
"""A longer value is not a mark; the pattern would take quadratic time on some."""

MOST_SECRETS: Final = 64
"""Credentials of one exchange that are looked for everywhere. More are hidden in their own place only."""


def is_secret(value: str) -> bool:
    """False for documented dummy keys, words of the API, the marks that recorders leave, and nothing."""
    if value.lower() in DUMMY_KEYS or value.lower() in WORDS:
        return False
    return len(value) > _LONGEST_MARK or _MASKED.fullmatch(value) is None


def recorded_secrets(exchange: Exchange) -> frozenset[str]:
    """The values of the credentials that an exchange carries in its headers and in its URL, at most `MOST_SECRETS`.

    Of a cookie that a response sets, the value counts; the attributes behind it are words of the protocol.
    """
    headers = (*exchange.request.headers, *(exchange.response.headers if exchange.response is not None else ()))
    keys_first = sorted(headers, key=lambda header: header[0].lower() in _COOKIES)
    in_headers = (word for name, value in keys_first for word in _secrets_of(name.lower(), value))
    return frozenset(islice(filter(is_secret, chain(in_headers, _in_url(exchange.request.url))), MOST_SECRETS))


def hide_in_header(name: str, value: str) -> str:
    """A header's value, or a mark in its place where it is a credential; the scheme of an authorization stays."""
    if name.lower() not in NAMES:
        return value
    scheme, _, rest = value.strip().partition(" ")
    return f"{scheme} {HIDDEN}" if rest and scheme.lower() in _SCHEMES else HIDDEN


def hide_in_url(url: str) -> str:
    """A URL with a mark in place of user name and password and of each parameter that is a credential."""
    return _USER_INFO.sub("redacted@", _PARAMETER.sub(rf"\1{HIDDEN}", url))


def _secrets_of(name: str, value: str) -> Iterator[str]:
    if name not in NAMES:
        return
    if name in _COOKIES:
        pairs = value.split(";")[: 1 if name == "set-cookie" else None]
        words = [pair.partition("=")[2].strip().strip('"') or pair.strip() for pair in pairs]
    else:
        scheme, _, rest = value.strip().partition(" ")
        words = [rest.strip() if rest and scheme.lower() in _SCHEMES else value.strip()]
    yield from words


def _in_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    user_info = parts.netloc.rpartition("@")[0]
    yield from (unquote(part) for part in user_info.split(":", 1))
    yield from (value for name, value in parse_qsl(parts.query) if name.lower() in NAMES)
