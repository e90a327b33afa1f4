"""The client and the policy of a run, from its options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.base import files
from conformance.base.errors import FileError
from conformance.config.connection import Connection
from conformance.config.settings import RunSettings
from conformance.engine.retry import RetryPolicy
from conformance.wire.client import Client
from conformance.wire.connections import Certificates, trusting
from conformance.wire.limits import Limits
from conformance.wire.redact import Redactor

MEGABYTE = 1_000_000

LARGEST_BUNDLE = 4 * files.MIB
"""Bytes of a file of certificates; that of a browser has a quarter of a MiB."""


def client_of(connection: Connection, limits: Limits, redactor: Redactor, folder: Path) -> Client:
    """A client for the endpoint; `folder` is where a relative `--ca-bundle` begins.

    Raises UsageError where certificates or proxy cannot be used.
    """
    return Client(redactor, limits, verify=_verify(connection, folder), proxy=connection.proxy)


def limits_of_client(connection: Connection, settings: RunSettings) -> Limits:
    """The bounds of every exchange."""
    waits = connection.timeouts
    return Limits(
        connect=waits.connect,
        first_byte=waits.first_byte,
        gap=waits.gap,
        total=waits.total,
        memory=settings["max_memory"] * MEGABYTE,
        cpu=settings["max_answer_cpu"],
    )


def policy_of(connection: Connection) -> RetryPolicy:
    """How often requests are sent again. A plain 500 is judged where it stays, so once more is enough for it."""
    policy = RetryPolicy()
    attempts = connection.retries + 1
    return replace(policy, attempts=attempts, attempts_500=min(attempts, policy.attempts_500))


def _verify(connection: Connection, folder: Path) -> Certificates:
    if connection.ca_bundle is None:
        return connection.verify
    path = folder / connection.ca_bundle
    try:
        return trusting(files.read_text(path, LARGEST_BUNDLE))
    except ValueError:
        raise FileError("The file of --ca-bundle holds no certificate in PEM form", path=path) from None
