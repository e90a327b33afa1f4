"""The command `scorecard`: many results side by side, on one page and as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from conformance.base.errors import UsageError
from conformance.base.files import RESULTS
from conformance.report import json_file
from conformance.report import scorecard as report
from conformance.report.files import save
from conformance.report.words import plural
from conformance.results.scorecard import Order, ScoredRun, scorecard_of
from conformance.standard.submissions import DISPUTES, SUBMISSION, read_disputes, read_submission
from conformance.wire.remote import fetched, is_remote

RESULTS_FILE = "results.json"
REPORT_FILE = "report.html"
DEEPEST = 6
MOST = 5_000
"""Results that one scorecard may hold."""


def write(places: Sequence[str], page: Path, document: Path | None, order: Order) -> str:
    """Reads the results, writes the page and, where it is asked for, the JSON document; returns what to say.

    `places` are results files, folders that hold some at any depth, and URLs of such folders for fsspec. Raises
    UsageError where none is found, FileError for a file that cannot be read.
    """
    today = datetime.now(UTC).date()
    with ExitStack() as copies:
        files = list(dict.fromkeys(found for place in places for found in _found(place, copies)))
        if not files:
            raise UsageError("No results.json was found.")
        if len(files) > MOST:
            raise UsageError(f"{len(files):,} results are more than one scorecard holds ({MOST:,}).")
        card = scorecard_of([_run(path, place, page.parent) for path, place in files], order)
    outputs = {page: report.render(card, today, order)}
    if document is not None:
        outputs[document] = report.as_json(card, today, order)
    save(outputs, make_folder=True)
    apart = f", {plural(len(card.apart), 'target')} of another edition apart" if card.apart else ""
    return f"{page}: {plural(len(card.columns), 'target')} of edition {card.edition or 'none'}{apart}\n"


def _found(place: str, copies: ExitStack) -> Iterator[tuple[Path, str]]:
    """The results files of a place, each with the name that the reader knows it by. Copies last as long as `copies`."""
    if not is_remote(place):
        yield from ((path, str(path)) for path in _files(Path(place)))
        return
    names = (RESULTS_FILE, SUBMISSION, DISPUTES)
    most = len(names) * MOST
    folder = copies.enter_context(fetched(place, names, most_files=most, most_bytes=RESULTS.bytes))
    for path in _files(folder):
        yield path, f"{place.rstrip('/')}/{path.relative_to(folder).as_posix()}"


def _files(place: Path) -> Iterator[Path]:
    """A results file itself, or those below a folder, in the order of their names."""
    if not place.is_dir():
        yield place
        return
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(folders) if len(Path(folder).relative_to(place).parts) < DEEPEST else []
        if RESULTS_FILE in names:
            yield Path(folder) / RESULTS_FILE


def _run(path: Path, place: str, page: Path) -> ScoredRun:
    folder = path.parent
    by = read_submission(folder).by if (folder / SUBMISSION).exists() else ""
    own = folder / REPORT_FILE
    address = quote(os.path.relpath(own, page)) if own.exists() else ""
    return ScoredRun(json_file.read(path), place, address, by, read_disputes(folder))
