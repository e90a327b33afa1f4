"""The command `judge`: recorded exchanges in, verdict out, nothing sent."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from conformance.base.dataclass_json import encode
from conformance.base.errors import UsageError
from conformance.base.suggestions import unknown
from conformance.base.versions import DEFAULT_VERSION
from conformance.commands import second_opinion
from conformance.commands.rejudged import results_of
from conformance.engine.offline import (
    Audited,
    Counted,
    Excluded,
    Notice,
    Progress,
    RecordingJudge,
    audit,
    named,
    recorders_of,
)
from conformance.engine.rejudge import is_run, rejudge
from conformance.judge.audit import LeftOut, Noticed
from conformance.judge.library import load_library
from conformance.judge.verdict import Policy
from conformance.model import Caller, Case, Experience, Finding, Json, Level, Mode
from conformance.protocol.reply import Reply
from conformance.report import html as html_report
from conformance.report import json_file, terminal, traffic
from conformance.report import markdown as markdown_report
from conformance.report import second_opinion as opinion_report
from conformance.report.files import saving
from conformance.results.build import build
from conformance.results.excerpts import Excerpts, finding_result
from conformance.results.model import Results, TargetSummary, Tokens
from conformance.results.run import RunFacts
from conformance.second_opinion import Opinions
from conformance.standard.cases import USER_SUFFIX
from conformance.standard.library import Library, fingerprint
from conformance.wire.importers.files import Reading, open_recording

LINES = 200
"""How many lines the text of a file takes at most: there is room for the failure blocks of the worst defects."""


@dataclass(frozen=True)
class JudgeOptions:
    """What `judge` was asked for. `damage` are flags of recorder damage that all exchanges have.

    `gate` None: what gated in a run, and must-level clauses in recordings. `html`, `markdown` and `findings` are files
    to write, `as_json` prints a document. All of these report on one run or one set of recordings. `with_sdk` asks the
    official SDK for a second opinion.
    """

    files: tuple[Path, ...]
    gate: Level | None = None
    strict: bool = False
    damage: tuple[str, ...] = ()
    html: Path | None = None
    markdown: Path | None = None
    findings: Path | None = None
    as_json: bool = False
    with_sdk: bool = False

    @property
    def reports(self) -> tuple[tuple[Path, Callable[[Results], str]], ...]:
        """The reports to write, and what renders them."""
        wanted = ((self.html, html_report.render), (self.markdown, markdown_report.render))
        return tuple((path, render) for path, render in wanted if path is not None)


@dataclass(frozen=True)
class JudgedFiles:
    """The results of all recordings together, or of one journal of a run, and what was read for them."""

    results: Results
    files: tuple[Counted, ...]
    excluded: tuple[Excluded, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unknown_flags: tuple[str, ...] = ()
    opinion: Mapping[str, Json] | None = None
    experiences: tuple[Experience, ...] = ()
    callers: tuple[Caller, ...] = ()


@dataclass(frozen=True)
class Verdicts:
    """What the files gave."""

    parts: tuple[JudgedFiles, ...]

    @property
    def exit_code(self) -> int:
        """1 where a gating clause is violated, 2 where something could not be judged, otherwise 0."""
        codes = {part.results.exit_code for part in self.parts}
        return 1 if 1 in codes else max(codes, default=2)


def run(asked: JudgeOptions, *, colour: bool) -> tuple[str, int]:
    """Judges the files and writes what was asked for; returns what is printed, and the exit code.

    Raises HarnessError: exit code 4, naming file and line, for what cannot be read or written, 3 for a full disk.
    """
    with saving() as outputs:
        note = no_note
        if asked.findings is not None:
            file = outputs.add(asked.findings)

            def note(case: Case, mode: Mode, finding: Finding) -> None:
                file.write(finding_line(case, mode, finding))

        with progress(asked.files) as report:
            verdicts = judge_files(asked, report, note)
        for path, render in asked.reports:
            outputs.add(path).write(render(verdicts.parts[0].results))
    printed = json.dumps(document(verdicts.parts[0]), indent=1) if asked.as_json else text(verdicts, colour=colour)
    return printed, verdicts.exit_code


Note = Callable[[Case, Mode, Finding], None]
"""Called with every finding, as soon as it is made."""


def no_note(case: Case, mode: Mode, finding: Finding) -> None:
    """Keeps nothing."""


def judge_files(asked: JudgeOptions, progress: Progress = lambda _: None, note: Note = no_note) -> Verdicts:
    """Judges all files. Case files of your own (`*.messages.yaml`) among them are judged with.

    Raises UsageError, naming file and line, for what cannot be read, and where one report is to show several runs.
    """
    own = tuple(path for path in asked.files if path.name.endswith(USER_SUFFIX))
    readings = [open_recording(path) for path in asked.files if path not in own]
    if not readings:
        raise UsageError("None of the files is a recording.")
    runs = [reading for reading in readings if is_run(reading)]
    others = [reading for reading in readings if reading not in runs]
    if len(runs) + bool(others) > 1 and (asked.reports or asked.as_json or asked.findings is not None):
        raise UsageError(
            "--json, --findings, --html and --markdown report on one run or one set of recordings; judge the journals "
            "one by one."
        )
    parts = [_run_again(reading, own, asked, progress, note) for reading in runs]
    if others:
        library = load_library(DEFAULT_VERSION, own)
        _check_flags(asked.damage, library)
        excerpts, policy = Excerpts(), Policy(asked.gate or Level.MUST, strict=asked.strict)
        opinions = Opinions() if asked.with_sdk else None
        judge = RecordingJudge(library, policy, keeping(excerpts), asked.damage, second_opinion.asking(opinions))
        audited = audit(others, judge, progress, _each_finding(note))
        name = named((counted.path for counted in audited.files), "file")
        part = audited_part(audited, library, policy, excerpts, name)
        parts.append(replace(part, opinion=opinions.as_json() if opinions is not None else None))
    return Verdicts(tuple(parts))


def _each_finding(note: Note) -> Notice:
    def notice(noticed: Noticed, place: str) -> None:
        for finding in noticed.findings:
            note(noticed.case, noticed.mode, placed(finding, place))

    return notice


def placed(finding: Finding, place: str) -> Finding:
    """A finding in an exchange that was recorded elsewhere, with the file and line of that."""
    return replace(finding, where=replace(finding.where, scenario="", file=place))


def finding_line(case: Case, mode: Mode, finding: Finding) -> str:
    """One line of the file of `--findings`, in the shape of `report/finding.schema.json`."""
    found = encode(finding_result(finding, None))
    del found["excerpt"]
    about = {"case": case.id, "title": case.title, "level": case.level.value, "mode": mode.value}
    return json.dumps({**about, "clauses": list(case.clauses), **found}, separators=(",", ":")) + "\n"


def _run_again(
    reading: Reading, own: Sequence[Path], asked: JudgeOptions, progress: Progress, note: Note
) -> JudgedFiles:
    """Judges the journal of a run with the cases of today."""
    past = rejudge(reading, own, asked.gate, strict=asked.strict, progress=progress)
    cases, replies = past.library.cases, past.replies
    for judgement in past.judgements:
        for finding in judgement.findings:
            note(cases[judgement.case], judgement.mode, finding)
    results = results_of(past)
    counted = Counted(reading.path.name, reading.form, len(replies), len(replies), torn=past.recording.torn)
    opinion = second_opinion.opinion_on_run(past) if asked.with_sdk else None
    return JudgedFiles(results, (counted,), left_out=past.left_out, opinion=opinion)


def keeping(excerpts: Excerpts) -> Callable[[Reply, Sequence[Noticed], str], None]:
    """Keeps what the results will show of recorded exchanges, cut for reading."""

    def keep(reply: Reply, noticed: Sequence[Noticed], place: str) -> None:
        excerpts.add_exchange(reply.exchange, place)
        for item in noticed:
            findings = [placed(each, place) for each in item.kept]
            excerpts.add_findings(item.case.id, item.mode, findings, reply)

    return keep


def audited_part(
    audited: Audited, library: Library, policy: Policy, excerpts: Excerpts, name: str, failed: int = 0
) -> JudgedFiles:
    """The results of recordings of which `excerpts` were kept. `name` is that of the target, `failed` the exit
    code of an error of ours on the way, otherwise 0.
    """
    target = TargetSummary(
        name=name,
        url=audited.hosts,
        path="/v1/messages",
        model=audited.models,
        api_version=library.document.version,
    )
    requests = sum(counted.judged for counted in audited.files)
    facts = RunFacts(
        target=target,
        catalogue=fingerprint(),
        started=audited.started,
        duration_s=audited.seconds,
        requests=requests,
        policy=str(policy),
        tokens=Tokens(*audited.tokens),
        unfinished="" if requests else "there is no exchange to judge",
        sent_by_us=False,
        failed=failed,
    )
    results = build(facts, [(judgement, 0.0) for judgement in audited.judgements], library, excerpts)
    return JudgedFiles(
        results,
        audited.files,
        audited.excluded,
        audited.left_out,
        audited.unknown_flags,
        experiences=audited.experiences,
        callers=audited.callers,
    )


@contextmanager
def progress(files: Iterable[Path]) -> Iterator[Progress]:
    """A bar on stderr while files are read, where stderr is a terminal."""
    size = sum(path.stat().st_size for path in files if path.is_file())
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=size, label="judging", file=sys.stderr) as bar:
        yield bar.update


def document(part: JudgedFiles) -> dict[str, Json]:
    """The document for machines: that of results.json, and what was read. `report/judged.schema.json` describes it."""
    results: dict[str, Json] = json.loads(json_file.render(part.results))
    return {
        **results,
        "files": [asdict(counted) for counted in part.files],
        "excluded": [asdict(excluded) for excluded in part.excluded],
        "left_out": [asdict(left_out) for left_out in part.left_out],
        "unknown_flags": list(part.unknown_flags),
        "callers": [asdict(caller) for caller in part.callers],
        "experiences": [asdict(experience) for experience in part.experiences],
        **({"second_opinion": part.opinion} if part.opinion is not None else {}),
    }


def text(verdicts: Verdicts, *, colour: bool = False) -> str:
    """The verdict for people."""
    return "\n".join(
        "\n".join([*_preface(part), "", terminal.render(part.results, colour=colour, lines=LINES), *_beside(part)])
        for part in verdicts.parts
    )


def _beside(part: JudgedFiles) -> Iterator[str]:
    """What is no verdict: the clients, what they lived through, and the second opinion."""
    yield from traffic.callers(part.callers)
    yield from traffic.experiences(part.experiences)
    if part.opinion is not None:
        yield opinion_report.text(part.opinion)


def _preface(part: JudgedFiles) -> Iterator[str]:
    """What was read, and what was not judged."""
    for counted in part.files:
        yield f"{counted.path}: {counted.form}, {', '.join(_counts(counted))}"
        if counted.torn is not None:
            yield f"{counted.path}:{counted.torn}: the last line is torn and was left out"
    if part.excluded:
        yield "judged in part, because of what the recorder changed:"
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
            raise UsageError(f"--damage: {unknown('flag', flag, known, 'flags')}")
