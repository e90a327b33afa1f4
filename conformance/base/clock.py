"""Moments as text: RFC 3339 in UTC, with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """A moment as text, for example `2026-11-22T10:00:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """The present moment as text."""
    return stamp(datetime.now(UTC))


def folder_name() -> str:
    """The present moment as the name of a folder, for example `20261122T100000.123Z`: two runs never share one."""
    return now().replace("-", "").replace(":", "")
