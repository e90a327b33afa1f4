"""Keeps what an endpoint sends out of the logs of this process.

httpx logs status lines and httpcore logs response headers before we can redact them. An endpoint that echoes a key
would put it into a log that pytest captures and a CI job publishes. The journal has all of it, redacted. Requests that
other code makes through httpx in the same process are logged as before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LOGGERS = (
    "httpx",
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
"""A filter does not hold for the loggers below its own, so each is named."""

_OURS: ContextVar[bool] = ContextVar("messages_conformance_sending", default=False)


class _Quiet(logging.Filter):
    """Drops the records that are made during one of our exchanges."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not _OURS.get()


_QUIET = _Quiet()


def install() -> None:
    """Puts the filter on the loggers; doing it twice does no harm."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_QUIET)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is logged of what happens inside, in this task and those that it starts."""
    before = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(before)
