"""The command `judge`: recorded exchanges in, verdict out, nothing sent.

Belongs here: what the files are and how each is judged, the document for machines, the outputs. Does not belong here:
judging (`auditing.py` for recordings, `rejudging.py` for the journal of a run), the look of reports (`report/`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from conformance.base.suggestions import nearest
from conformance.base.versions import DEFAULT_VERSION
from conformance.engine.offline import Audited, Counted, Progress, audit, recorders_of
from conformance.engine.rejudge import is_run, rejudge
from conformance.judge.library import load_library
from conformance.judge.verdict import Policy
from conformance.model import HarnessError, Json, Level
from conformance.report import html as html_report
from conformance.report import json_file, terminal
from conformance.report import markdown as markdown_report
from conformance.results import Results
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.library import Library
from conformance.wire.importers.recordings import open_recording

DOCUMENT_VERSION = "1.0"
"""Version of the document of `judge --json`; minor versions only add keys."""

BLOCKS = 5
"""How many failure blocks the text shows."""


@dataclass(frozen=True)
class JudgeOptions:
    """What `judge` was asked for. `damage` are flags of recorder damage that all exchanges have.

    `gate` None: what gated in a run, and must-level clauses in recordings.
    """

    files: tuple[Path, ...]
    gate: Level | None = None
    strict: bool = False
    damage: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdicts:
    """What the files gave: one audit of all recordings together, and one for each journal of a run."""

    parts: tuple[Audited, ...]

    @property
    def exit_code(self) -> int:
        """1 where a gating clause is violated, 2 where something could not be judged, otherwise 0."""
        codes = {part.results.gate.exit_code for part in self.parts}
        return 1 if 1 in codes else max(codes, default=2)


def run(
    asked: JudgeOptions, *, html: Path | None, markdown: Path | None, as_json: bool, colour: bool
) -> tuple[str, int]:
    """Judges the files and writes the requested reports; returns what is printed, and the exit code.

    Raises HarnessError (exit code 4), naming file and line, for what cannot be read or written.
    """
    with progress(asked.files) as report:
        verdicts = judge_files(asked, report)
    write_reports(verdicts, html=html, markdown=markdown)
    printed = json.dumps(document(verdicts), indent=1) if as_json else text(verdicts, colour=colour)
    return printed, verdicts.exit_code


def judge_files(asked: JudgeOptions, progress: Progress = lambda _: None) -> Verdicts:
    """Judges all files. Case files of your own (`*.messages.yaml`) among them are judged with.

    Raises HarnessError (exit code 4), naming file and line, for what cannot be read.
    """
    own = tuple(path for path in asked.files if path.name.endswith(USER_SUFFIX))
    readings = [open_recording(path) for path in asked.files if path not in own]
    if not readings:
        raise HarnessError("there is no recording among the files", exit_code=4)
    runs = [reading for reading in readings if is_run(reading)]
    others = [reading for reading in readings if reading not in runs]
    parts = [rejudge(reading, own, asked.gate, strict=asked.strict, progress=progress) for reading in runs]
    if others:
        library = load_library(DEFAULT_VERSION, own)
        _check_flags(asked.damage, library)
        policy = Policy(asked.gate or Level.MUST, strict=asked.strict)
        parts.append(audit(others, library, policy, damage=asked.damage, progress=progress))
    return Verdicts(tuple(parts))


@contextmanager
def progress(files: Iterable[Path]) -> Iterator[Progress]:
    """A bar on stderr while files are read, where stderr is a terminal."""
    size = sum(path.stat().st_size for path in files if path.is_file())
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=size, label="judging", file=sys.stderr) as bar:
        yield bar.update


def document(verdicts: Verdicts) -> dict[str, Json]:
    """The document for machines, in the shape of `report/judged.schema.json`."""
    return {
        "schema_version": DOCUMENT_VERSION,
        "exit_code": verdicts.exit_code,
        "judged": [
            {
                "files": [asdict(counted) for counted in part.files],
                "excluded": [asdict(excluded) for excluded in part.excluded],
                "left_out": [asdict(left_out) for left_out in part.left_out],
                "unknown_flags": list(part.unknown_flags),
                "results": json.loads(json_file.render(part.results)),
            }
            for part in verdicts.parts
        ],
    }


def text(verdicts: Verdicts, *, colour: bool = False) -> str:
    """The verdict for people."""
    return "\n".join(
        "\n".join([*_preface(part), "", terminal.render(part.results, colour=colour, limit=BLOCKS)])
        for part in verdicts.parts
    )


def write_reports(verdicts: Verdicts, *, html: Path | None, markdown: Path | None) -> None:
    """Writes the asked reports. Raises HarnessError (exit code 4) where there are several to write into one file."""
    renders: Sequence[tuple[Path | None, Callable[[Results], str]]] = (
        (html, html_report.render),
        (markdown, markdown_report.render),
    )
    wanted = [(path, render) for path, render in renders if path is not None]
    if wanted and len(verdicts.parts) > 1:
        raise HarnessError(
            "a report is about one run or one set of recordings; judge the journals one by one for reports", exit_code=4
        )
    for path, render in wanted:
        try:
            path.write_text(render(verdicts.parts[0].results), encoding="utf-8")
        except OSError as problem:
            raise HarnessError(f"{path} cannot be written: {problem.strerror}", exit_code=4) from None


def _preface(part: Audited) -> Iterator[str]:
    """What was read, and what was not judged."""
    for counted in part.files:
        yield f"{counted.path}: {counted.form}, {', '.join(_counts(counted))}"
        if counted.torn is not None:
            yield f"{counted.path}:{counted.torn}: the last line is torn and was left out"
    if part.excluded:
        yield "judged in part, for what is known of the recording:"
        yield from (f"  {item.exchanges:>7,}  {item.flag}: {item.title}" for item in part.excluded)
    for flag in part.unknown_flags:
        yield f"the flag {flag!r} of some exchanges is unknown and left nothing out"
    yield from (f"left out: {item.case}, which {item.reason}" for item in part.left_out)


def _counts(counted: Counted) -> Iterator[str]:
    yield f"{counted.exchanges:,} exchanges"
    yield f"{counted.judged:,} judged"
    for number, what in (
        (counted.other, "with other endpoints"),
        (counted.synthetic, "synthetic"),
        (counted.unanswered, "without a response"),
    ):
        if number:
            yield f"{number:,} {what}"


def _check_flags(flags: Sequence[str], library: Library) -> None:
    known = recorders_of(library).damages
    for flag in flags:
        if flag not in known:
            near = nearest(flag, known)
            hint = f"; did you mean {near!r}?" if near else f"; known are {', '.join(known)}"
            raise HarnessError(f"there is no recorder damage named {flag!r}{hint}", exit_code=4)
