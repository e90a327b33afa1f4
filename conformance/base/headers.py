"""Headers and query parameters: which carry credentials, which are harmless, and what of a value is secret."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

_CREDENTIALS: Final = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token",
     "cookie", "set-cookie", "key", "api_key", "token", "access_token"}
)  # fmt: skip
"""Headers and query parameters whose values are credentials, in lower case."""

DUMMY_KEYS: Final = frozenset(
    {"empty", "none", "null", "x", "dummy", "fake", "test", "local", "ollama", "lm-studio", "no-key", "not-needed",
     "sk-no-key-required"}
)  # fmt: skip
"""Keys that local engines document for "no key needed", in lower case. They open nothing, so they are not secret."""

_HARMLESS: Final = frozenset(
    {"accept", "accept-charset", "accept-encoding", "accept-language", "anthropic-beta", "anthropic-version",
     "anthropic-dangerous-direct-browser-access", "cache-control", "connection", "content-encoding",
     "content-language", "content-length", "content-type", "date", "dnt", "expect", "host", "keep-alive", "origin",
     "pragma", "priority", "proxy-connection", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform",
     "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "te", "trailer", "transfer-encoding",
     "upgrade", "upgrade-insecure-requests", "user-agent", "via", "x-app",
     "x-stainless-arch", "x-stainless-async", "x-stainless-helper", "x-stainless-helper-method", "x-stainless-lang",
     "x-stainless-os", "x-stainless-package-version", "x-stainless-raw-response", "x-stainless-read-timeout",
     "x-stainless-retry-count", "x-stainless-runtime", "x-stainless-runtime-version", "x-stainless-stream-helper",
     "x-stainless-timeout"}
)  # fmt: skip


_HARMLESS_PARAMETERS: Final = frozenset(
    {"beta", "limit", "before_id", "after_id", "page", "order", "stream", "alt", "api-version", "version"}
)

COOKIES: Final = ("cookie", "set-cookie")
MOST_PARTS: Final = 64

_SCHEMES: Final = frozenset({"bearer", "basic", "token", "digest", "negotiate"})
_PLAIN: Final = re.compile(r"[0-9.]{1,7}|\d{4}-\d{2}-\d{2}|[A-Za-z][a-z]*(?:[_/-][a-z]+){0,9}(?:[_-]20\d{6})?")
"""Values of unknown headers that are numbers, dates or words. They are hidden in their place and looked for nowhere
else, because words of the API are among them, and hiding those would change what is judged.
"""

_PART: Final = re.compile(r"[^\s,;=:\"'(){}\[\]]{8,4096}")
"""Parts of a value that are looked for on their own: `Signature=...`, a list, JSON."""


def is_credential(name: str) -> bool:
    """Whether a header or query parameter of this name carries a credential."""
    return name.lower() in _CREDENTIALS


def may_be_secret(name: str) -> bool:
    """Whether a request header of this name may hold a secret. Only what is known to be harmless does not."""
    return name.lower() not in _HARMLESS


def may_be_secret_parameter(name: str) -> bool:
    """Whether a query parameter of this name may hold a secret. Only what is known to be harmless does not."""
    return name.lower() not in _HARMLESS_PARAMETERS


def scheme_of(value: str) -> tuple[str, str]:
    """The scheme of an authorization, or an empty text, and what is behind it."""
    scheme, _, rest = value.strip().partition(" ")
    return (scheme, rest.strip()) if rest and scheme.lower() in _SCHEMES else ("", value.strip())


def secrets_in(name: str, value: str) -> Iterator[str]:
    """What is secret of a header: the whole value, the parts of it that are long enough, user and password.

    Of a cookie that a response sets, the value counts; the attributes behind it are words of the protocol.
    """
    if name.lower() in COOKIES:
        pairs = value.split(";")[: 1 if name.lower() == "set-cookie" else None]
        yield from (pair.partition("=")[2].strip().strip('"') or pair.strip() for pair in pairs)
        return
    scheme, rest = scheme_of(value)
    if is_credential(name) or not _PLAIN.fullmatch(rest):
        yield rest
    yield from (part for part in islice(_PART.findall(rest), MOST_PARTS) if not _PLAIN.fullmatch(part))
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield from b64decode(rest, validate=True).decode().split(":", 1)
