"""proxy: the official SDK through it, findings as they happen, the report at the end."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from conformance.base.errors import HarnessError
from conformance.base.records import ProxyHeader
from conformance.commands import proxy as proxying
from conformance.commands import proxy_judge, proxy_process
from conformance.commands.judge import keeping
from conformance.commands.proxy_judge import JudgedTraffic, PassedJudge
from conformance.commands.proxy_process import JudgingProcess
from conformance.engine.offline import RecordingJudge
from conformance.judge.verdict import Policy
from conformance.model import Level
from conformance.protocol.exchange import Chunk, Exchange
from conformance.reference.server import LocalServer
from conformance.results.excerpts import Excerpts
from conformance.standard.library import Library
from conformance.wire.importers.files import open_recording
from conformance.wire.journal import Journal, read
from conformance.wire.proxy import End, Passed, Proxy
from conformance.wire.proxy_server import ProxyServer
from conformance.wire.redact import Redactor
from conformance.wire.room import Room
from support import make, standard, worst
from support.command import PATIENCE_S, command, started
from support.servers import serving

anthropic = pytest.importorskip("anthropic")

KEY = "sk-ant-Canary0123456789-secret"
MODEL = "reference-1"
TOOLS: Any = [
    {
        "name": "get_weather",
        "description": "The weather of a city.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
HELLO: Any = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": "Say X-1"}]}


class Unfinished(worst.CannedStream):
    """Streams that lack message_stop; JSON answers are perfect."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        stream = json.loads(body).get("stream") is True
        data = worst.STREAM.partition(b"event: message_stop")[0] if stream else json.dumps(worst.CANNED).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("request-id", "req_1")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Echo(worst.Worst):
    """Puts the credentials that it got into headers, a cookie and the error of its answer."""

    media_type: ClassVar[str] = "application/json"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        key = self.headers.get("x-api-key") or self.headers["authorization"].removeprefix("Bearer ")
        data = json.dumps({"type": "error", "error": {"type": key, "message": f"wrong key {key}"}}).encode()
        data = gzip.compress(data) if "gzip" in self.headers.get("accept-encoding", "") else data
        self.send_response(401)
        for name, value in (
            ("content-type", "application/json"), ("x-echo", key), ("set-cookie", f"s={key}"),
            ("content-length", str(len(data))), *([("content-encoding", "gzip")] if data[:2] == b"\x1f\x8b" else []),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


class Session:
    """A proxy while it serves, and what it left behind."""

    def __init__(self, upstream: str, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.url = ""
        self.code: int | None = None
        self._upstream = upstream
        self._ready, self._end = threading.Event(), threading.Event()
        self._told = threading.Condition()

    def tell(self, line: str) -> None:
        with self._told:
            self.lines.append(line)
            self._told.notify_all()

    def wait_for(self, text: str) -> str:
        """The line that has a text, as soon as it is told."""
        with self._told:
            assert self._told.wait_for(lambda: any(text in line for line in self.lines), PATIENCE_S), self.lines
            return next(line for line in self.lines if text in line)

    def serve(self) -> None:
        def wait() -> None:
            self.url = re.findall(r"http://[\d.:]+", self.lines[0])[0]
            self._ready.set()
            self._end.wait(PATIENCE_S)

        asked = proxying.ProxyOptions(self._upstream, 0, self.folder)
        try:
            self.code = proxying.watch(asked, self.tell, wait)
        finally:
            self._ready.set()

    @contextmanager
    def serving(self) -> Iterator[Session]:
        thread = threading.Thread(target=self.serve)
        thread.start()
        try:
            assert self._ready.wait(PATIENCE_S)
            yield self
        finally:
            self._end.set()
            thread.join()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def outcomes(self) -> dict[str, set[str]]:
        results = json.loads((self.folder / "results.json").read_text())
        found: dict[str, set[str]] = {}
        for case in results["cases"]:
            found.setdefault(case["outcome"], set()).add(case["id"])
        return found


@pytest.fixture(scope="module")
def library() -> Library:
    return standard.library()


def client_of(url: str, key: str) -> Any:
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)


def test_the_official_sdk_works_through_it_and_nothing_is_found(reference: LocalServer, tmp_path: Path) -> None:
    session = Session(reference.url, tmp_path / "out")
    with session.serving(), client_of(session.url, reference.key) as client:
        assert client.messages.create(**HELLO).content[0].text == "X-1"
        with client.messages.stream(**HELLO) as stream:
            assert stream.get_final_message().content[0].text == "X-1"
        weather = {**HELLO, "messages": [{"role": "user", "content": "What is the weather in Paris?"}], "tools": TOOLS}
        for _ in range(2):
            with client.messages.stream(**weather) as stream:
                call = stream.get_final_message().content[-1]
            assert (call.name, call.input) == ("get_weather", {"city": "Paris"})
        counted = client.messages.count_tokens(model=MODEL, messages=HELLO["messages"]).input_tokens
        assert counted > 0
        assert len(list(client.models.list())) >= 5
        with pytest.raises(anthropic.BadRequestError):
            client.messages.create(**{**HELLO, "max_tokens": -1})
    assert session.code == 0
    assert len(session.lines[0].splitlines()) == 1
    assert session.lines[1].startswith("client    Anthropic SDK for Python 2 (Anthropic/Python ")
    assert session.lines[2] == ""
    assert "7 of 7 exchanges judged" in session.lines
    assert set(session.outcomes()) <= {"pass", "not-applicable", "inconclusive"}
    assert len(session.outcomes()["pass"]) > 60
    assert sorted(session.files()) == [
        "badge.json",
        "journal.ndjson",
        "junit.xml",
        "report.html",
        "results.json",
        "summary.md",
    ]
    assert all(reference.key.encode() not in data for data in session.files().values())


def test_a_stream_without_its_end_is_told_at_once_and_only_once(tmp_path: Path) -> None:
    with serving(Unfinished) as url:
        session = Session(url, tmp_path / "out")
        with session.serving(), client_of(session.url, KEY) as client:
            list(client.messages.create(**HELLO, stream=True))
            block = session.wait_for("message_stop")
            for _ in range(4):
                list(client.messages.create(**HELLO, stream=True))
    assert re.search(r"^stream-\S+   MUST", block)
    assert re.search(
        r"^      expected  .+\n      actual    .+\n      where     .*journal\.ndjson:2", block, re.MULTILINE
    )
    assert "POST /v1/messages, status 200" in block
    told = [line.splitlines()[0] for line in session.lines if "   MUST" in line.split("\n")[0] and "expected" in line]
    assert len(told) == len(set(told))
    assert session.code == 1
    assert "5 of 5 exchanges judged" in session.text
    assert "in 5 of 5 streams" in session.text
    failing = block.split()[0]
    assert failing in session.outcomes()["fail"]
    assert failing in (session.folder / "report.html").read_text()


def test_the_journal_gives_the_same_results_to_judge(tmp_path: Path) -> None:
    with serving(Unfinished) as url:
        session = Session(url, tmp_path / "out")
        with session.serving(), client_of(session.url, KEY) as client:
            list(client.messages.create(**HELLO, stream=True))
            client.messages.create(**HELLO)
    done = command("judge", "--json", str(session.folder / "journal.ndjson"), cwd=tmp_path)
    again = json.loads(done.stdout)["cases"]
    cases = json.loads((session.folder / "results.json").read_text())["cases"]
    assert [(case["id"], case["mode"], case["outcome"]) for case in again] == [
        (case["id"], case["mode"], case["outcome"]) for case in cases
    ]
    assert done.returncode == session.code == 1


@pytest.mark.parametrize("style", ["x-api-key", "authorization"])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_the_key_is_written_nowhere_although_the_endpoint_sends_it_back(
    tmp_path: Path, style: str, coding: str
) -> None:
    headers = {style: KEY if style == "x-api-key" else f"Bearer {KEY}", "accept-encoding": coding}
    with serving(Echo) as url:
        session = Session(url, tmp_path / "out")
        with session.serving():
            answer = httpx.post(f"{session.url}/v1/messages?key={KEY}", json=HELLO, headers=headers)
            lost = httpx.post(f"{session.url}/v1/other", json=HELLO, headers=headers)
    assert answer.status_code == lost.status_code == 401
    assert answer.json()["error"]["message"] == f"wrong key {KEY}"
    assert KEY not in session.text
    assert [name for name, data in session.files().items() if KEY.encode() in data] == []
    assert "1 of 2 exchanges judged" in session.text
    assert "1  not judged: not the Messages API" in session.text


def test_an_endpoint_that_is_down_is_told(tmp_path: Path) -> None:
    with LocalServer() as gone:
        url = gone.url
    session = Session(url, tmp_path / "out")
    with session.serving(), client_of(session.url, KEY) as client:
        with pytest.raises(anthropic.InternalServerError) as caught:
            client.messages.create(**HELLO)
        line = session.wait_for("endpoint  ")
    assert caught.value.status_code == 502
    assert caught.value.body["error"]["type"] == "api_error"
    assert line == "endpoint  POST /v1/messages: connect, Connection refused; the client got status 502"
    assert "0 of 1 exchange judged" in session.text
    assert session.code == 2


def message_exchange(body: Any = worst.CANNED, **changes: Any) -> Exchange:
    sent = make.request(HELLO, headers=[("x-api-key", KEY)])
    return make.exchange(body, **{"sent": sent, "scenario": "proxy", "ended": 0.2, "line": 0} | changes)


@dataclass
class Desk:
    """What judges, in this process; the lines that it shows."""

    judge: PassedJudge
    recordings: RecordingJudge
    journal: Journal
    lines: list[str]

    def others(self, *passed: Passed) -> dict[str, int]:
        for each in passed:
            self.judge.take(each)
        return dict(self.judge.tally.others)


@pytest.fixture
def desk(library: Library, tmp_path: Path) -> Desk:
    lines: list[str] = []
    journal = Journal.create(tmp_path / "journal.ndjson", ProxyHeader("", "", "now", ""))
    recordings = RecordingJudge(library, Policy(Level.MUST), keeping(Excerpts()))
    return Desk(PassedJudge(recordings, journal, lines.append), recordings, journal, lines)


def test_what_the_client_broke_off_is_recorded_and_not_judged(desk: Desk) -> None:
    assert desk.others(Passed(message_exchange(), End.LEFT, 0)) == {proxy_judge.LEFT: 1}
    assert desk.lines == ["client    A client without a name"]
    (left,) = read(desk.journal.path).unjudged
    assert left.why == proxy_judge.LEFT
    assert left.exchange.response is not None
    assert left.exchange.response.status == 200
    assert KEY not in desk.journal.path.read_text()


def test_a_coding_that_cannot_be_undone_is_counted(desk: Desk) -> None:
    packed = message_exchange(b"\x1f\x9d", headers={"content-encoding": "compress"})
    assert desk.others(Passed(packed, End.WHOLE, 0)) == {proxy_judge.UNDECODED: 1}
    (unread,) = read(desk.journal.path).unjudged
    assert unread.exchange.response is not None
    assert unread.exchange.response.body == b""
    assert unread.exchange.trouble is not None
    assert "(2 bytes, SHA-256 " in unread.exchange.trouble.message


def test_a_packed_answer_that_the_client_broke_off_is_recorded_without_the_key(desk: Desk) -> None:
    packed = gzip.compress(json.dumps({"error": f"wrong key {KEY}", "more": "x" * 100}).encode())[:-9]
    assert desk.others(Passed(message_exchange(packed, headers={"content-encoding": "gzip"}), End.LEFT, 0))
    (left,) = read(desk.journal.path).unjudged
    assert left.exchange.response is not None
    assert left.exchange.response.body.startswith(b'{"error": "wrong key [redacted]')


def test_a_stream_with_more_events_than_are_read_is_not_judged(desk: Desk) -> None:
    body = b"event: ping\ndata: {}\n\n" * 170_000
    crossed = Passed(message_exchange(body, headers=make.STREAM_HEADERS), End.WHOLE, 0)
    assert desk.others(crossed) == {proxy_judge.CROSSED: 1}


def test_a_full_disk_stops_judging_and_is_told_once(desk: Desk) -> None:
    desk.journal.close()
    assert desk.others(*[Passed(message_exchange(), End.WHOLE, 0)] * 3) == {proxy_judge.FAILED: 3}
    assert len(desk.lines) == 1
    assert "judging has stopped" in desk.lines[0]
    assert desk.judge.error is not None


def test_a_mistake_of_ours_leaves_the_other_exchanges_judged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    take, calls = desk.recordings.take, []

    def failing(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyError("x")
        return take(*arguments)

    monkeypatch.setattr(desk.recordings, "take", failing)
    assert desk.others(*[Passed(message_exchange(), End.WHOLE, 0)] * 3) == {proxy_judge.BUG: 1}
    assert desk.judge.tally.judged == 2
    assert "an error in messages-conformance: KeyError" in desk.lines[0]
    assert desk.judge.error is not None


def test_what_ends_while_judging_is_behind_is_passed_and_counted(tmp_path: Path) -> None:
    """The process that judges stands still, so that only what fits waits."""
    room, lines, sent = Room(10_000), [], 400
    asked = JudgedTraffic("http://127.0.0.1:1", tmp_path / "run", Level.MUST)
    with JudgingProcess(asked, room, lines.append, waiting=2) as judging:
        os.kill(judging.pid, signal.SIGSTOP)
        try:
            for _ in range(sent):
                assert room.take(10)
                judging.offer(Passed(message_exchange(), End.WHOLE, 10))
        finally:
            os.kill(judging.pid, signal.SIGCONT)
        judging.end()
    behind = int(re.findall(rf"(\d+)  not judged: {proxy_judge.BEHIND}", "\n".join(lines))[0])
    assert 0 < behind < sent
    assert len(read(tmp_path / "run" / "journal.ndjson").exchanges) == sent - behind
    assert room.take(10_000)


def test_passing_on_goes_on_where_the_process_that_judges_is_gone(reference: LocalServer, tmp_path: Path) -> None:
    room, lines = Room(), []
    asked = JudgedTraffic(reference.url, tmp_path / "run", Level.MUST)
    with JudgingProcess(asked, room, lines.append) as judging:
        with (
            ProxyServer(lambda: Proxy(reference.url, judging.offer, room=room)) as server,
            client_of(server.url, reference.key) as client,
        ):
            os.kill(judging.pid, signal.SIGKILL)
            for _ in range(3):
                client.messages.create(**HELLO)
        with pytest.raises(HarnessError, match="ended unexpectedly") as caught:
            judging.end()
    assert caught.value.exit_code == 3
    assert "passing on goes on" in lines[0]


def test_a_folder_that_cannot_be_written_to_is_said_before_anything_is_passed(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(HarnessError) as caught:
        proxying.watch(proxying.ProxyOptions("http://127.0.0.1:1", 0, tmp_path / "run"), print, lambda: None)
    assert caught.value.exit_code == 4


def test_an_exchange_reaches_the_process_as_it_was(tmp_path: Path) -> None:
    chunks = [(0.25, b"event: ping\n"), (0.5, b""), (0.75, b"data: {}\n\n")]
    exchange = message_exchange(b"".join(data for _, data in chunks))
    assert exchange.response is not None
    response = replace(exchange.response, chunks=tuple(Chunk(at, data) for at, data in chunks))
    one, other = multiprocessing.Pipe()
    for passed in (Passed(replace(exchange, response=each), End.BROKEN, 7) for each in (response, None)):
        proxy_process.send(one, passed)
        assert proxy_process.received(other) == passed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-api-key", "abc"),
        ("authorization", "Bearer abc"),
        ("authorization", "abc"),
        ("cookie", "abc"),
        ("x-api-key", ""),
    ],
)
def test_a_key_that_is_too_short_to_be_found_is_taken_out_of_its_header(name: str, value: str) -> None:
    url = "http://x/v1/messages?KEY=abc&beta=true"
    request = make.request(url=url, headers=[(name, value), ("accept", "*/*")])
    hidden = Redactor(()).recorded(message_exchange(sent=request)).request
    assert "abc" not in str(hidden)
    assert hidden.url == "http://x/v1/messages?KEY=[redacted]&beta=true"
    assert hidden.headers[1] == ("accept", "*/*")


def test_a_redacted_answer_keeps_words_of_its_cookies() -> None:
    """The words of a cookie's attributes are no secrets."""
    cookie = {"set-cookie": "s=1234567; expires=Sun, 20-Dec-26 10:00:00 GMT"}
    hidden = Redactor(()).recorded(message_exchange(b"2026-11-22T10:00:00Z", headers=cookie)).response
    assert hidden is not None
    assert hidden.body == b"2026-11-22T10:00:00Z"
    assert hidden.headers == (("set-cookie", "[redacted]"),)


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://x", "http://", "x.test", "http://[", "http://x:0", "http://x:99999"),
        *("http://u:canary@x", "http://x?key=canary", "http://x/sk-canary", "http://u%3acanary%40x"),
    ],
)
def test_an_upstream_that_is_no_base_url_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(HarnessError) as caught:
        proxying.check_upstream(url)
    assert caught.value.exit_code == 4
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_reports_when_it_is_interrupted(reference: LocalServer, tmp_path: Path, number: int) -> None:
    options = ["proxy", "--upstream", reference.url, "--port", "0"]
    with started(*options, cwd=tmp_path, environment={"PYTHONUNBUFFERED": "1"}) as running:
        assert running.stdout is not None
        url = re.findall(r"http://[\d.:]+", running.stdout.readline())[0]
        assert url.startswith("http://127.0.0.1:")
        with client_of(url, reference.key) as client:
            client.messages.create(**HELLO)
        running.send_signal(number)
        text, _ = running.communicate(timeout=PATIENCE_S)
    assert "1 of 1 exchange judged" in text
    assert running.returncode == 0
    (results,) = tmp_path.glob("reports/proxy-127.0.0.1/*/results.json")
    assert json.loads(results.read_text())["requests"] == 1
    assert open_recording(results.parent / "journal.ndjson").header.upstream == reference.url
