"""One pool of connections that adds nothing to what is sent, and names for what goes wrong on them."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

_KEPT_CONNECTIONS = 64
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")
_RAW_HEADERS = "messages_conformance.raw_headers"


Certificates = ssl.SSLContext | bool
"""Which certificates are accepted: those of a context, those that the system trusts (True), or any (False)."""


def trusting(certificates: str) -> ssl.SSLContext:
    """A context that trusts these certificates, in PEM form, and no others. Raises ValueError without any."""
    if not certificates.strip():
        raise ValueError("the text is empty")  # which would mean the certificates of the system
    try:
        return ssl.create_default_context(cadata=certificates)
    except ssl.SSLError as problem:
        raise ValueError(str(problem)) from None


def open_pool(connect: float, *, verify: Certificates = True, proxy: str | None = None) -> httpx.AsyncClient:
    """A client that adds no credentials, cookies, redirects or time limits; `connect` bounds connecting.

    `proxy` is for every request; without one, proxies (not for loopback) come from the environment, as certificates do.
    Raises ImportError, OSError or ValueError where these settings make no sense.
    """
    return httpx.AsyncClient(
        verify=verify,
        auth=httpx.Auth(),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=connect),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=_KEPT_CONNECTIONS),
        proxy=proxy,
        mounts=dict.fromkeys(_LOOPBACK) if proxy is None else None,
        event_hooks={"response": [_keep_redirect_from_being_read]},
    )


def raw_headers(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    """The headers of a response of the pool as they came."""
    kept: list[tuple[bytes, bytes]] = response.extensions[_RAW_HEADERS]
    return kept


async def _keep_redirect_from_being_read(response: httpx.Response) -> None:
    """Hides `location` from httpx, which otherwise builds the next request and fails where the URL is nonsense."""
    response.extensions[_RAW_HEADERS] = list(response.headers.raw)
    if "location" in response.headers:
        del response.headers["location"]


def header_texts(raw: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Headers as text: UTF-8 where they are that, otherwise Latin-1."""
    return tuple((_header_text(name), _header_text(value)) for name, value in raw)


def _header_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def kind_of(problem: Exception, stage: str) -> str:
    """The kind of trouble that an exception of httpx means."""
    causes = list(_causes(problem))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "dns"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls"
    if isinstance(problem, httpx.ProxyError):
        return "connect"
    if isinstance(problem, httpx.ProtocolError):
        # httpx has one class for both; only the text of h11 and httpcore tells them apart.
        text = str(problem).lower()
        return "closed" if "disconnected" in text or "closed connection" in text else "protocol"
    return stage if stage in ("connect", "tls") else "closed"


def reason_of(problem: Exception) -> str:
    """The most telling text in a chain of exceptions: the operating system's where it has one."""
    texts = [_system_text(cause) for cause in _causes(problem) if isinstance(cause, OSError) and cause.strerror]
    return texts[-1] if texts else str(problem).rstrip(".") or type(problem).__name__


def _system_text(problem: OSError) -> str:
    # The codes of name resolution and of TLS are numbers of their own; asyncio replaces the text of all others.
    if problem.errno is None or isinstance(problem, socket.gaierror | ssl.SSLError):
        return str(problem.strerror)
    return os.strerror(problem.errno)


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        inner = problem.exceptions[0] if isinstance(problem, BaseExceptionGroup) else None
        problem = inner or problem.__cause__ or problem.__context__
