"""What is tested: base URL, model, credentials, API version, declared capabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlencode, urlsplit

from conformance.base.errors import UsageError
from conformance.base.urls import names_host
from conformance.base.versions import DEFAULT_VERSION
from conformance.config.keys import HOW, is_key
from conformance.model import INVALID_KEY, Json

PRIVATE_DOMAINS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""Domains that no public host is in (RFC 6761, RFC 6762, RFC 8375, and what routers and containers use)."""

AUTHENTICATION = "authentication"
"""The capability of an endpoint that asks for a credential."""

SCHEMES = ("http", "https")
"""Schemes of base URLs."""

AUTH_STYLES = ("auto", "x-api-key", "bearer", "both")
_PARTS_OF_URL = re.compile(r"[/.:;=,&]+")
_WORDS_AND_PORT = re.compile(
    r"([a-z]{1,5}:)?/{0,2}([a-z.-]*|\[[0-9a-f:]*\]?|[0-9]+(\.[0-9]+)*)(:[0-9]{0,6})?(/[a-z0-9]{0,9}){0,3}"
)

REFERENCE = "reference"
"""The name of the embedded reference endpoint as a target."""


@dataclass(frozen=True)
class Target:
    """One row of a scorecard.

    `root` is what `/v1` means in a path, found by the preflight. `auth` is `x-api-key`, `bearer` or `both` once
    the preflight has settled `auto`. `key_name` is the environment variable that holds the key. `declared` and
    `absent` are the capabilities that are declared present or lacking.
    """

    name: str
    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    key_name: str = "ANTHROPIC_API_KEY"
    auth: str = "auto"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    api_version: str = DEFAULT_VERSION
    declared: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    root: str = ""

    def address(self, path: str, query: Mapping[str, Json]) -> str:
        """The URL of a path such as `/v1/messages` with a query. Raises nothing; the path is quoted."""
        root = self.root or roots(self.url)[0]
        text = root + quote(path.removeprefix("/v1"), safe="/%:@-._~") if path.startswith("/v1/") else self.url + path
        pairs = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in query.items()}
        return f"{text}?{urlencode(pairs)}" if pairs else text

    def credentials(self, auth: str) -> dict[str, str]:
        """The credential headers in a style: default, none, invalid, x-api-key, bearer or both."""
        style = {"default": self.auth, "invalid": self.auth}.get(auth, auth)
        key = INVALID_KEY if auth == "invalid" else self.api_key
        if style == "none" or key is None:
            return {}
        headers = {}
        if style in ("x-api-key", "both", "auto"):
            headers["x-api-key"] = key
        if style in ("bearer", "both"):
            headers["authorization"] = f"Bearer {key}"
        return headers

    def settled(self, *, root: str, auth: str) -> Target:
        """The target with what the preflight found out."""
        return replace(self, root=root, auth=auth)


def roots(url: str) -> tuple[str, ...]:
    """What `/v1` may mean under a base URL, the likeliest first.

    A base URL is understood with and without a trailing slash, `/v1` or the whole path of the endpoint.
    """
    base = url.rstrip("/").removesuffix("/messages").rstrip("/")
    return (base, f"{base}/v1") if base.endswith("/v1") else (f"{base}/v1", base)


def check_url(url: str) -> str:
    """The base URL without a trailing slash.

    Raises UsageError for what is not an HTTP URL; what may be a credential is not repeated.
    """
    if not is_bare(url):
        raise UsageError(f"A base URL has no key, user name, password, query or fragment. {HOW}")
    if not names_host(url, SCHEMES):
        shown = repr(url) if _WORDS_AND_PORT.fullmatch(url) else "The given URL"
        raise UsageError(f"{shown} is not a base URL; it must start with http:// or https:// and name a host.")
    return url.rstrip("/")


def is_bare(url: str) -> bool:
    """Whether a URL is free of what a base URL never has: a key, user name, password, query or fragment."""
    plain = unquote(url)
    return re.search(r"[@?#]", plain) is None and not any(map(_is_key, _PARTS_OF_URL.split(plain)))


def _is_key(part: str) -> bool:
    return part.lower().startswith("sk-") or is_key(part)


def is_public(url: str) -> bool:
    """Whether a URL names a host of the internet: none of this machine, of a private network, or without a domain."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(PRIVATE_DOMAINS)


def name_of(url: str) -> str:
    """A name for a target that was given as a URL only: host and port, safe as a folder name."""
    parts = urlsplit(url)
    port = f"-{parts.port}" if parts.port else ""
    return re.sub(r"[^a-z0-9.-]+", "-", f"{parts.hostname}{port}".lower()).strip("-.")
