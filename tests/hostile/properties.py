"""What holds whatever an endpoint sends. Each check raises AssertionError with what was seen."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

from conformance.model import DECIDED, Outcome
from conformance.report import json_file
from conformance.wire.journal import read
from hostile import canary
from hostile.drive import LIMITS, Ran, judged_again, library

MOST_REQUESTS = 120
"""Requests of a small run at the most: its plan of 16, three repetitions of each, and the retries of a run."""

MOST_CPU_S = 20.0
"""CPU of a small run, the endpoint's share included. Whoever is quadratic in what an endpoint sends is far beyond."""

LONGEST = 4_000
"""Characters of a finding, a reason, or a line of the terminal."""

HEAD_CHECKS = frozenset(
    {
        "status", "status-not", "status-in-range", "one-length", "media-type", "stream-media-type", "header-matches",
        "header-present", "unique", "refused", "read-or-refused",
    }
)  # fmt: skip
"""Checks that look at the status and the headers alone; a refusal is one by its status. A case that has no other may
pass on a spoiled body.
"""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")


def holds(ran: Ran, key: str) -> None:
    """Everything that a run promises, whatever it met."""
    ends(ran)
    shows_no_mistake_of_ours(ran)
    is_bounded(ran)
    writes_readable_files(ran)
    leaks_nothing(ran, key)
    earns_what_it_passes(ran)


def ends(ran: Ran) -> None:
    """The run ends with a verdict on the endpoint: what an endpoint sends is never an error of ours."""
    assert ran.error is None, f"harness error {ran.error.exit_code}: {ran.error}"
    assert ran.results is not None
    assert ran.results.exit_code in (0, 1, 2), ran.results.gate
    written = json.loads((ran.folder / "results.json").read_text(encoding="utf-8"))
    assert written["exit_code"] == ran.results.exit_code


def shows_no_mistake_of_ours(ran: Ran) -> None:
    """No traceback, and nothing that steers a terminal."""
    assert "Traceback" not in ran.shown
    active = _CONTROL.search(ran.shown)
    assert active is None, f"the terminal is sent {active.group()!r}"


def is_bounded(ran: Ran) -> None:
    """Requests, bytes, CPU, and the length of what people read."""
    assert len(ran.script.calls) <= MOST_REQUESTS, f"{len(ran.script.calls)} requests"
    most = len(ran.script.calls) * (LIMITS.body_bytes + 6 * 1024 * 1024)
    assert ran.script.sent <= most, f"{ran.script.sent:,} bytes were taken"
    assert ran.cpu_s < MOST_CPU_S, f"{ran.cpu_s:.1f} s of CPU"
    for judgement in ran.judgements.values():
        assert len(judgement.reason) <= LONGEST, f"{judgement.case}: a reason of {len(judgement.reason):,} characters"
        for finding in judgement.findings:
            size = max(len(finding.expected), len(finding.actual))
            assert size <= LONGEST, f"{judgement.case}: a finding of {size:,} characters"
    longest = max(map(len, ran.shown.splitlines()), default=0)
    assert longest <= LONGEST, f"a line of {longest:,} characters"


def writes_readable_files(ran: Ran) -> None:
    """Every file is what its name says."""
    json_file.read(ran.folder / "results.json")
    if not (ran.folder / "report.html").exists():
        return
    ET.fromstring((ran.folder / "junit.xml").read_bytes())
    page = _Page()
    page.feed((ran.folder / "report.html").read_text(encoding="utf-8"))
    assert not page.foreign, f"the report has {page.foreign[0]}"


class _Page(HTMLParser):
    """Notes what a report never has: pictures, frames, handlers, links that are no links."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img", "iframe", "object", "embed", "base"):
            self.foreign.append(f"<{tag}>")
        for name, value in attrs:
            link = name in ("href", "src") and not re.match(r"(https?://|#)", value or "")
            if link or name.startswith("on"):
                self.foreign.append(f"<{tag} {name}={value!r}>")


def leaks_nothing(ran: Ran, key: str) -> None:
    """The key is in no file and not on the terminal."""
    find = canary.leaks if len(key) >= 8 else canary.leaks_short
    found = find(key, "terminal", ran.shown.encode("utf-8", "surrogatepass"))
    for path in files(ran.folder):
        found += find(key, path.name, path.read_bytes())
    assert not found, f"{found[0]} (and {len(found) - 1} more)"


def can_be_judged_again(ran: Ran) -> None:
    """The journal gives the verdicts of the run."""
    again = judged_again(ran)
    other = [
        f"{key}: {judgement.outcome} {judgement.reason}, then {again[key].outcome} {again[key].reason}"
        for key, judgement in ran.judgements.items()
        if (judgement.outcome, judgement.reason) != (again[key].outcome, again[key].reason)
    ]
    assert not other, f"judged again: {other[0]} (and {len(other) - 1} more)"


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def earns_what_it_passes(ran: Ran) -> None:
    """No case passes on evidence that is spoiled altogether, and no gate holds where nothing could be read."""
    assert ran.results is not None
    sent = {exchange.line: exchange.request for exchange in read(ran.folder / "journal.ndjson").exchanges}
    places = {line: (request.method, _path(request.url), request.body) for line, request in sent.items()}
    for judgement in ran.judgements.values():
        if judgement.outcome is Outcome.PASS and not _judges_the_head(judgement.case):
            evidence = [ran.spoiled[places[line]] for line in judgement.evidence if places.get(line) in ran.spoiled]
            assert not evidence or not all(evidence), f"{judgement.case}/{judgement.mode} passes on spoiled answers"
    if ran.spoiled and all(ran.spoiled.values()):
        decided = [each for each in ran.judgements.values() if each.outcome in DECIDED and each.gates]
        assert ran.results.exit_code != 0, f"the gate holds on spoiled answers alone ({len(decided)} decided)"


def _judges_the_head(case: str) -> bool:
    return all(call.name in HEAD_CHECKS for call in library().cases[case].expect)


def _path(url: str) -> str:
    return "/" + url.partition("//")[2].partition("/")[2].partition("/")[2].partition("?")[0]
