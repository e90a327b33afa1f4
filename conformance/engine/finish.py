"""The end of a run: results from judgements and journal, and the files of a run.

Belongs here: reading the journal back, filling the results model, writing the outputs. Does not belong here: what the
outputs look like (`report/`), deciding, sending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.base.spend import Prices
from conformance.engine.session import JOURNAL
from conformance.judge.capabilities import capability_facts
from conformance.judge.verdict import Policy
from conformance.model import Case, Clause, Exchange, HarnessError, Judgement, Mode, Outcome
from conformance.protocol.reply import Reply
from conformance.report import html, json_file, junit, markdown
from conformance.report.json_file import decode, encode
from conformance.results import Results
from conformance.results.build import Account, build_results, target_facts
from conformance.results.conclusions import Grading, graded
from conformance.wire.journal import Record, Recording, read

OUTPUTS = {
    "results.json": json_file.render,
    "summary.md": markdown.render,
    "junit.xml": junit.render,
    "report.html": html.render,
}
"""The files of a run besides the journal, and what renders them."""


@dataclass(frozen=True)
class Judged:
    """A judgement on its way from the process that made it to the one that reports it."""

    target: str
    case: str
    mode: Mode
    judgement: Judgement
    file: str
    seconds: float

    def pack(self) -> dict[str, Any]:
        """As JSON values, which is what pytest-xdist can carry."""
        packed: dict[str, Any] = encode(self)
        return packed

    @staticmethod
    def unpack(packed: Mapping[str, Any]) -> Judged:
        """From what `pack` made."""
        unpacked: Judged = decode(Judged, packed, "")
        return unpacked


def finish(
    folder: Path,
    judged: Sequence[Judged],
    cases: Mapping[str, Case],
    clauses: Mapping[str, Clause],
    policy: Policy,
    grading: Grading,
    replies: Mapping[int, Reply] | None = None,
) -> Results:
    """Builds the results of the run in a folder and writes its files, the baseline among them where that was asked for.

    `replies` are those that this process has read, by journal line. Raises HarnessError where a file cannot be written;
    the journal is untouched by that.
    """
    recording, read_before = read(folder / JOURNAL), replies or {}
    known = [read_before.get(exchange.line) or Reply(exchange) for exchange in recording.exchanges]
    results = results_of(recording, known, judged, cases, clauses, policy, grading)
    write(folder, results)
    return results


def results_of(
    recording: Recording,
    replies: Sequence[Reply],
    judged: Sequence[Judged],
    cases: Mapping[str, Case],
    clauses: Mapping[str, Clause],
    policy: Policy,
    grading: Grading,
) -> Results:
    """The results of a recorded run, whose exchanges were read as `replies`.

    Writes the baseline where that was asked for, and nothing else.
    """
    order = {name: position for position, name in enumerate(cases)}
    ordered = sorted(judged, key=lambda item: (order.get(item.case, len(order)), item.mode))
    account = _account(recording, ordered, policy)
    grading = grading.updated([item.judgement for item in ordered], whole=account.complete)
    judgements = [grading.excused(item.judgement) for item in ordered]
    results = build_results(
        account,
        [(cases[item.case], judgement, item.seconds) for item, judgement in zip(ordered, judgements, strict=True)],
        clauses,
        replies,
    )
    target = results.target
    facts = capability_facts(grading.capabilities, replies, declared=target.declared, lacking=target.lacks)
    return graded(results, grading, judgements, cases, facts, account.unfinished)


def write(folder: Path, results: Results) -> None:
    """Writes every output. Raises HarnessError naming the file that could not be written."""
    for name, render in OUTPUTS.items():
        path = folder / name
        try:
            path.write_text(render(results), encoding="utf-8")
        except OSError as problem:
            raise HarnessError(f"{path} cannot be written: {problem.strerror}; the journal is complete") from None


def _account(recording: Recording, judged: Sequence[Judged], policy: Policy) -> Account:
    parts = [note for note in recording.notes if note.data.get("what") == "resume"]
    header = {**recording.header, **(parts[-1].data if parts else {})}
    notes = [note.data for note in recording.notes if not parts or note.line > parts[-1].line]
    settled = [note for note in notes if note.get("what") == "preflight"]
    preflight: Mapping[str, Any] = settled[-1] if settled else {}
    stops = [str(note.get("why")) for note in notes if note.get("what") == "stopped"]
    unfinished = _unfinished(header, preflight, judged, stops)
    whole = bool(header.get("whole"))
    reason = unfinished or ("" if whole else f"a selection of {len(judged)} results")
    prices = header.get("prices") or {}
    return Account(
        target=target_facts(header["target"], preflight.get("root", ""), preflight.get("auth", "")),
        catalogue=header["catalogue"],
        started=recording.header["started"],
        duration_s=_seconds(recording, parts),
        policy=_policy(policy),
        complete=whole and not unfinished,
        incomplete_reason=reason,
        unfinished=unfinished,
        prices=Prices(prices.get("input"), prices.get("output")),
    )


def _unfinished(
    header: Mapping[str, Any], preflight: Mapping[str, Any], judged: Sequence[Judged], stops: Sequence[str]
) -> str:
    """Why not all that was selected could be judged, or an empty string."""
    if preflight.get("fatal"):
        return str(preflight["fatal"])
    if len(judged) < header["items"]:
        return f"{len(judged)} of {header['items']} results were judged before the run was stopped"
    unrun = sum(1 for item in judged if item.judgement.outcome is Outcome.NOT_RUN)
    why = f": {stops[-1]}" if stops else ""
    return f"{unrun} of {len(judged)} results were not run{why}" if unrun else ""


def _policy(policy: Policy) -> str:
    asked = ((policy.strict, "strict"), (policy.behaviour, "behaviour"))
    return ", ".join([policy.level.value, *(word for wanted, word in asked if wanted)])


def _seconds(recording: Recording, parts: Sequence[Record]) -> float:
    """How long a run took: all its parts together, without the time between them. An interrupted part ended with the
    last exchange that it recorded.
    """
    starts = [(0, recording.header["started"]), *((note.line, note.data["started"]) for note in parts)]
    ends = [*(line for line, _ in starts[1:]), None]
    total = 0.0
    for (line, started), end in zip(starts, ends, strict=True):
        own = [each for each in recording.exchanges if each.line > line and (end is None or each.line < end)]
        footer = (recording.footer or {}).get("ended") if end is None else None
        moments = [_moment(footer)] if footer else [_ended(each) for each in own]
        total += max([moment - _moment(started) for moment in moments], default=0.0)
    return round(max(0.0, total), 3)


def _ended(exchange: Exchange) -> float:
    response, trouble = exchange.response, exchange.trouble
    lasted = trouble.at if trouble is not None else (response.ended if response is not None else None)
    return _moment(exchange.started) + (lasted or 0.0)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
