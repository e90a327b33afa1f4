"""The command `submit`: a folder with results and their evidence, so that others can recompute the verdicts."""

from __future__ import annotations

import hashlib
import shlex
from datetime import UTC, datetime
from pathlib import Path

from conformance import __version__
from conformance.base.errors import UsageError
from conformance.base.files import MIB, opened
from conformance.base.output import Output
from conformance.report import json_file
from conformance.report.files import saving
from conformance.results.model import Results
from conformance.standard.submissions import SUBMISSION, Submission

RESULTS_FILE = "results.json"
JOURNAL_FILE = "journal.ndjson"
GUIDE_FILE = "reproduce.md"


def submit(results: Path, folder: Path, by: str, contact: str) -> str:
    """Copies the results and the journal beside them into a new folder; returns what to say.

    Raises UsageError where the folder holds something or the journal is missing, FileError for a file that is no
    results.
    """
    loaded = json_file.read(results)
    journal = results.with_name(JOURNAL_FILE)
    if not journal.exists():
        raise UsageError(f"{journal} is missing: without the evidence nobody can recompute the verdicts.")
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise UsageError(f"{folder} exists already; name a new folder.")
    written: dict[str, str] = {}
    with saving() as outputs:
        for name, source in ((RESULTS_FILE, results), (JOURNAL_FILE, journal)):
            written[name] = _copy(source, outputs.add(folder / name, make_folder=True))
        guide = _guide(loaded)
        outputs.add(folder / GUIDE_FILE).write(guide)
        written[GUIDE_FILE] = hashlib.sha256(guide.encode("utf-8")).hexdigest()
        outputs.add(folder / SUBMISSION).write(Submission(by, f"{datetime.now(UTC):%Y-%m-%d}", written, contact).text)
    return f"{folder} is complete. `messages-conformance verify {shlex.quote(str(folder))}` checks it.\n"


def _copy(source: Path, output: Output) -> str:
    """Copies a file as it is, and returns its SHA-256."""
    digest = hashlib.sha256()
    with opened(source) as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
            output.append(chunk)
    return digest.hexdigest()


def _guide(results: Results) -> str:
    """How somebody else repeats the run and recomputes the verdicts."""
    target, suite = results.target, results.suite
    vendor = ["--vendor", results.vendor.id] if results.vendor is not None else []
    terms = ["--url", target.url, "--model", target.model, "--api-version", target.api_version]
    edition = ["--edition", suite.edition] if suite.edition else []
    lacks = [f"--lacks={name}" for name in target.lacks]
    run = shlex.join(["messages-conformance", "run", *vendor, *terms, *edition, *lacks])
    return "\n".join(
        [
            "# How to check these results",
            "",
            f"They were made on {results.started} by messages-conformance {suite.version}.",
            "",
            "Recompute every verdict from the recorded exchanges (nothing is sent):",
            "",
            "```sh",
            f"pip install messages-conformance=={__version__}",
            "messages-conformance verify .",
            "```",
            "",
            f"Repeat the run, with a key of your own in {target.key_env or 'ANTHROPIC_API_KEY'}:",
            "",
            "```sh",
            run,
            "```",
            "",
            "The recorded exchanges hold no keys. Nobody can prove that they are genuine; a second run can.",
            "",
        ]
    )
