"""How the endpoint is reached: time-outs, retries, certificates, proxy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from conformance.base.errors import UsageError
from conformance.base.urls import names_host
from conformance.config.settings import RunSettings
from conformance.config.timeouts import Timeouts, timeouts

SCHEMES: Final = ("http", "https", "socks5", "socks5h")
"""Schemes of proxies."""


@dataclass(frozen=True)
class Connection:
    """How the endpoint is reached.

    `retries` is how often a request is sent again after transport trouble. `verify` is False where certificates are not
    checked, `ca_bundle` a file of certificates to trust in place of those of the system. `proxy` may hold a password;
    `secrets` are the parts of it that came from the environment.
    """

    timeouts: Timeouts
    retries: int
    verify: bool = True
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def connection_of(settings: RunSettings) -> Connection:
    """How the options say that the endpoint is reached. Raises UsageError for what does not fit."""
    if settings["insecure"] and settings["ca_bundle"]:
        raise UsageError("Use either --insecure or --ca-bundle: with --insecure, no certificate is checked.")
    with settings.at("proxy"):
        proxy, secrets = _proxy(settings)
    return Connection(
        timeouts=timeouts(settings["timeout"]),
        retries=settings["retries"],
        verify=not settings["insecure"],
        ca_bundle=settings["ca_bundle"] or None,
        proxy=proxy,
        secrets=secrets,
    )


def _proxy(settings: RunSettings) -> tuple[str | None, tuple[str, ...]]:
    """The URL of the proxy with its variables filled in, and their values, which are secrets."""
    written = settings["proxy"]
    if not written:
        return None, ()
    if _literal_user(written):
        raise UsageError(
            "--proxy holds a user name or password. Put them into environment variables, and use "
            "--proxy 'http://${PROXY_USER}:${PROXY_PASSWORD}@host:port'."
        )
    secrets: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        value = settings.environment.get(match[1])
        if not value:
            raise UsageError(f"--proxy uses the environment variable {match[1]}, which is not set.")
        secrets.extend({value, unquote(value), quote(value, safe="")})
        return quote(unquote(value), safe="")

    url = re.sub(r"\$\{(\w+)\}", value_of, written)
    if not names_host(url, SCHEMES):
        raise UsageError("--proxy expects the URL of a proxy, such as http://proxy.example.com:3128.")
    return url, tuple(secrets)


def _literal_user(written: str) -> bool:
    """Whether the part in front of an @ is more than variables."""
    user, at, _ = written.partition("://")[2].rpartition("@")
    return bool(at) and re.fullmatch(r"(\$\{\w+\})?(:(\$\{\w+\})?)?", user) is None
