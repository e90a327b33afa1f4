"""Names of headers and query parameters: which carry credentials, and which are known to be harmless."""

from __future__ import annotations

from typing import Final

CREDENTIALS: Final = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token",
     "cookie", "set-cookie", "key", "api_key", "token", "access_token"}
)  # fmt: skip
"""Headers and query parameters whose values are credentials, in lower case."""

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


def is_credential(name: str) -> bool:
    """Whether a header or query parameter of this name carries a credential."""
    return name.lower() in CREDENTIALS


def may_be_secret(name: str) -> bool:
    """Whether a request header of this name may hold a secret. Only what is known to be harmless does not."""
    return name.lower() not in _HARMLESS
