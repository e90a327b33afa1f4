"""The command `verify`: recomputes the verdicts of a submission from its evidence."""

from __future__ import annotations

import hashlib
from pathlib import Path

from conformance.base.errors import FileError
from conformance.base.files import MIB, opened
from conformance.commands.rejudged import results_of
from conformance.commands.submit import JOURNAL_FILE, RESULTS_FILE
from conformance.engine.rejudge import is_run, rejudge
from conformance.report import json_file
from conformance.report import verification as report
from conformance.report.files import save
from conformance.results.verification import verification_of
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.submissions import SUBMISSION, read_disputes, read_submission
from conformance.wire.importers.files import open_recording


def verify(folder: Path, repaired: Path | None, *, as_json: bool) -> tuple[str, int]:
    """Recomputes every verdict; returns what to say, and the exit code: 1 where a verdict does not follow.

    `repaired` is a file for the results that follow from the evidence. Case files of one's own in the folder are judged
    with. Raises FileError for files that are missing, changed since they were submitted, or cannot be read.
    """
    submission = read_submission(folder) if (folder / SUBMISSION).exists() else None
    for name, digest in submission.files.items() if submission is not None else ():
        if Path(name).name != name:
            raise FileError(f"A submission has files of its own folder only, not {name!r}", path=folder / SUBMISSION)
        if _digest(folder / name) != digest:
            raise FileError("The file was changed after it was submitted", path=folder / name)
    claimed = json_file.read(folder / RESULTS_FILE)
    reading = open_recording(folder / JOURNAL_FILE)
    if not is_run(reading):
        raise FileError("This is not the journal of a run", path=folder / JOURNAL_FILE)
    own = sorted(folder.glob(f"*{USER_SUFFIX}"))
    found = verification_of(claimed, results_of(rejudge(reading, own)))
    if repaired is not None:
        save({repaired: json_file.render(found.follows)})
    shown = report.as_json if as_json else report.text
    return shown(found, submission, read_disputes(folder)), 1 if found.mismatches else 0


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with opened(path) as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
    return digest.hexdigest()
