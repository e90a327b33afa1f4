"""A disk that is full at any byte: nothing recorded is lost, one sentence says so, and the exit code is 3.

The disk is full where a file reaches a size. `MESSAGES_SWEEP` is how many sizes are tried for each command.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.server import LocalServer
from conformance.report.files import OUTPUTS
from conformance.wire.journal import read
from support.command import Done
from support.forked import forked

SWEEP = int(os.environ.get("MESSAGES_SWEEP", "6"))
SEED = 9
RUN = ("run", "--area", "response")
GOOD = "what was written before\n"
FILES = {*OUTPUTS, "journal.ndjson"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    done = forked(*RUN, "--out", "out", cwd=folder).finish()
    assert done.returncode == 0, done.text
    return folder / "out"


def sizes(*files: Path) -> list[int]:
    """Sizes to try: the edges of files and of lines, some in every file, and one for which there is room for all. The
    same in every test run.
    """
    chosen = random.Random(SEED)
    edges = {0, 1}
    for file in files:
        data = file.read_bytes()
        ends = [match.end() for match in re.finditer(b"\n", data)] if file.suffix == ".ndjson" else []
        edges |= {end + step for end in [len(data), *ends[:2]] for step in (-1, 0, 1)}
        edges |= {chosen.randrange(len(data)) for _ in range(SWEEP)}
    room = 2 * max(file.stat().st_size for file in files)
    return [*sorted(chosen.sample(sorted(edges), min(SWEEP, len(edges)))), room]


def outcomes(folder: Path) -> dict[tuple[str, str], str]:
    cases = json.loads((folder / "results.json").read_text(encoding="utf-8"))["cases"]
    return {(case["id"], case["mode"]): case["outcome"] for case in cases}


def check_end(done: Done, folder: Path) -> None:
    """The properties of every end: the code, the sentence, whole files and no others."""
    assert done.returncode in (0, 3), done.text
    said = [line for line in done.text.splitlines() if re.search("cannot be (written|created)", line)]
    assert len(said) == (done.returncode == 3), done.text
    found = {path.name for path in folder.iterdir()} if folder.exists() else set()
    assert found in (set(), {"journal.ndjson"}, FILES)
    if found == FILES:
        assert json.loads((folder / "results.json").read_text())["exit_code"] == done.returncode
        assert (folder / "report.html").read_text().rstrip().endswith("</html>")
    if done.returncode == 0:
        assert found == FILES


def check_journal(folder: Path, largest: int) -> int:
    """The journal holds whole lines only. Returns how many exchanges."""
    data = (folder / "journal.ndjson").read_bytes() if (folder / "journal.ndjson").exists() else b""
    assert len(data) <= largest
    assert not data or data.endswith(b"\n")
    for line in data.splitlines():
        json.loads(line)
    return len(read(folder / "journal.ndjson").exchanges) if data else 0


def test_a_run_loses_nothing_and_goes_on_once_there_is_room(whole: Path, tmp_path: Path) -> None:
    codes = set()
    for largest in sizes(whole / "journal.ndjson", whole / "results.json", whole / "report.html"):
        folder = tmp_path / str(largest)
        folder.mkdir()
        done = forked(*RUN, "--out", "out", cwd=folder, largest=largest).finish()
        check_end(done, folder / "out")
        recorded = check_journal(folder / "out", largest)
        codes.add(done.returncode)
        if recorded:
            again = forked("run", "--resume", "out", cwd=folder).finish()
            assert again.returncode == 0, again.text
            assert outcomes(folder / "out") == outcomes(whole)
            lines = [json.loads(line) for line in (folder / "out" / "journal.ndjson").read_bytes().splitlines()]
            assert [line["kind"] for line in lines].count("resume") == 1
    assert codes == {0, 3}


@pytest.mark.parametrize("name", ["judge", "report"])
def test_a_good_report_survives_or_is_replaced_whole(whole: Path, tmp_path: Path, name: str) -> None:
    source = whole / ("journal.ndjson" if name == "judge" else "results.json")
    files = {"--html": "page.html", "--markdown": "page.md"} | ({"--junit": "page.xml"} if name == "report" else {})
    options = [part for option in files.items() for part in option]
    codes = set()
    for largest in sizes(whole / "report.html", whole / "summary.md", whole / "junit.xml"):
        for file in files.values():
            (tmp_path / file).write_text(GOOD)
        done = forked(name, str(source), *options, cwd=tmp_path, largest=largest).finish()
        assert done.returncode in (0, 3), done.text
        assert {path.name for path in tmp_path.iterdir()} == set(files.values())
        kept = [(tmp_path / file).read_text() == GOOD for file in files.values()]
        if done.returncode == 3:
            assert done.text.startswith("messages-conformance: page.")
            assert done.text.count("\n") == 1
            assert all(kept)
        else:
            assert not any(kept)
        codes.add(done.returncode)
    assert codes == {0, 3}


@pytest.fixture(scope="module")
def upstream() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def ask(url: str, key: str) -> Any:
    body = {"model": LocalServer.model, "max_tokens": 64, "messages": [{"role": "user", "content": "Hello."}]}
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/messages", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def proxied(folder: Path, upstream: LocalServer, largest: int | None = None) -> Done:
    """Sends four requests through a proxy, which pass whatever its disk does, and stops it."""
    options = ("proxy", "--upstream", upstream.url, "--port", "0", "--out", "out")
    process = forked(*options, cwd=folder, environment={"PYTHONUNBUFFERED": "1"}, largest=largest)
    text = process.lines()
    found = re.search(r"proxy at (http://\S+)", text)
    if found is not None:
        for _ in range(4):
            assert ask(found[1], upstream.key)["type"] == "message"
        os.kill(process.pid, signal.SIGTERM)
    done = process.finish()
    return Done(done.returncode, text + done.stdout, "")


def test_a_proxy_passes_everything_and_loses_nothing_that_it_recorded(upstream: LocalServer, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    done = proxied(tmp_path / "whole", upstream)
    assert done.returncode == 0, done.text
    whole = tmp_path / "whole" / "out"
    codes = set()
    for largest in sizes(whole / "journal.ndjson", whole / "results.json", whole / "report.html"):
        folder = tmp_path / str(largest)
        folder.mkdir()
        done = proxied(folder, upstream, largest)
        assert done.returncode in (0, 3), done.text
        assert {path.name for path in (folder / "out").iterdir()} in (set(), {"journal.ndjson"}, FILES)
        if done.returncode == 3:
            assert re.search("(?m)^messages-conformance: .* cannot be written", done.text), done.text
        check_journal(folder / "out", largest)
        codes.add(done.returncode)
    assert codes == {0, 3}
