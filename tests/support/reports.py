"""Reports of real runs against the reference endpoint with faults, for those who look at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from support.command import Done, spawned

MANY = (
    "start-input-tokens-zero",
    "error-envelope-of-another-api",
    "tool-input-sent-twice",
    "signature-delta-missing",
    "count-path-missing",
    "models-path-missing",
    "stream-buffered",
    "metadata-refused",
    "usage-per-event",
    "betas-refused",
    "index-from-1",
    "message-delta-without-usage",
    "request-id-missing-on-answers",
    "request-id-missing-on-streams",
    "text-start-prefilled",
    "stop-reason-erased",
    "unknown-field-accepted",
    "invalid-credential-accepted",
    "partial-json-invalid",
    "done-without-event-name",
    "null-refused",
    "sdk-headers-refused",
)
"""Faults of every kind: a red run."""

FEW = MANY[:10]


def serving(faults: Sequence[str] = ()) -> LocalServer:
    """The reference endpoint with these faults, to be entered."""
    return LocalServer(steps=with_faults(Steps(), faults_named(list(faults))))


def run(folder: Path, name: str, faults: Sequence[str] = (), *options: str, key: str = "") -> Done:
    """Runs against the reference endpoint with these faults and writes to `folder / name`. `key` empty: a valid one."""
    with serving(faults) as server:
        target = ("--url", server.url, "--model", server.model, "--name", name, "--out", name)
        return spawned("run", *target, *options, cwd=folder, environment={"ANTHROPIC_API_KEY": key or server.key})
