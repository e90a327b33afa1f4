"""The command `badge`: what a result amounts to, as a sentence, as JSON for shields.io, and as an image."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from conformance.report import badge as report
from conformance.report import json_file
from conformance.report.files import save


def text(results: Path, image: Path | None, *, as_json: bool) -> str:
    """The sentence, or the badge as JSON; writes the image where one is asked for.

    Raises FileError for a file without results, HarnessError where the image cannot be written.
    """
    loaded, today = json_file.read(results), datetime.now(UTC).date()
    if image is not None:
        save({image: report.svg(loaded, today)})
    return report.shields(loaded, today) if as_json else f"{report.standing(loaded, today).sentence}\n"
