import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import FileError, HarnessError, UsageError
from conformance.base.records import (
    EndNote,
    PreflightNote,
    ProxyHeader,
    ResumeNote,
    RunHeader,
    StopNote,
    TargetRecord,
    UnsentNote,
)
from conformance.base.spend import Prices
from conformance.model import Mode
from conformance.protocol.exchange import Chunk, Cut, Exchange, Response, SentRequest, Trouble
from conformance.wire.journal import LONGEST_LINE, Journal, Line, lines, read
from conformance.wire.journal_format import Record, Unjudged, header_of, line_of, parse, parts_of, record_of, value_of
from conformance.wire.redact import Redactor

TIMES = st.floats(0, 1000, allow_nan=False)
HEADERS = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3).map(tuple)
BODIES = st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode))
RESPONSES = st.builds(
    Response,
    status=st.integers(100, 599),
    headers=HEADERS,
    chunks=st.lists(st.builds(Chunk, TIMES, BODIES), max_size=4).map(tuple),
    http_version=st.sampled_from(["HTTP/1.0", "HTTP/1.1"]),
    first_byte=st.none() | TIMES,
    ended=st.none() | TIMES,
    cut=st.none() | st.builds(Cut, st.integers(0, 2**40), st.text(max_size=8)),
)
EXCHANGES = st.builds(
    Exchange,
    scenario=st.text(max_size=10),
    mode=st.sampled_from(Mode),
    step=st.integers(1, 9),
    attempt=st.integers(1, 9),
    started=st.just("2026-11-22T10:00:00.123Z"),
    request=st.builds(SentRequest, st.sampled_from(["GET", "POST"]), st.text(max_size=20), HEADERS, BODIES),
    response=st.none() | RESPONSES,
    trouble=st.none() | st.builds(Trouble, st.text(max_size=8), st.text(max_size=20), TIMES),
)
REQUEST = SentRequest("POST", "http://x/v1/messages", (("a", "b"),), b'{"x":1}')
EXCHANGE = Exchange(
    "text", Mode.STREAM, 1, 1, "2026-11-22T10:00:00.123Z", REQUEST, Response(200, (), (Chunk(0.1, "é\n".encode()),))
)

EMPTY_RESPONSE = {"status": 200, "http_version": "", "headers": [], "chunks": [], "first_byte": 0, "ended": 0}
HEADER = ProxyHeader("0.1.0", "c0ffee", "2026-11-22T10:00:00.000Z", "http://x")
TARGET = TargetRecord("t", "http://x", "m", "2023-06-01", "bearer", "KEY", ("tools",), (), ("x-team",), ("--url", "x"))
RUN = RunHeader("0.1.0", "c0ffee", "2026-11-22T10:00:00.000Z", TARGET, False, 2, ("a/json", "b/json"), 3)
NOTES = (
    PreflightNote("http://x/v1", "bearer", "refused"),
    UnsentNote("text", "json", 2, "why"),
    StopNote("why"),
    ResumeNote("2026-11-22T11:00:00.000Z", True, 4, (), Prices(1.0, None), {"repeat": 3, "lacks": ["vision"]}, 7),
    EndNote("2026-11-22T12:00:00.000Z"),
    Unjudged("too large", EXCHANGE),
)


@pytest.mark.parametrize("note", NOTES, ids=lambda note: type(note).__name__)
def test_a_note_survives_its_line(note: Record) -> None:
    written = json.dumps(record_of(note))
    assert value_of(parse(written.encode()), 7) == replace(note, line=7)  # type: ignore[arg-type,type-var]


@pytest.mark.parametrize("header", [HEADER, RUN], ids=lambda header: type(header).__name__)
def test_a_header_survives_its_line(header: RunHeader | ProxyHeader) -> None:
    assert header_of(parse(json.dumps(record_of(header)).encode())) == header


@given(EXCHANGES, st.integers(0, 99))
def test_an_exchange_survives_its_line(exchange: Exchange, line: int) -> None:
    written = json.dumps(record_of(exchange))
    assert value_of(parse(written.encode()), line) == replace(exchange, line=line)


@given(EXCHANGES)
def test_the_parts_of_a_line_are_the_line(exchange: Exchange) -> None:
    assert b"".join(parts_of(exchange)) == line_of(record_of(exchange))


def test_the_line_of_any_body_can_be_read_again() -> None:
    for text in (b"\x01", "\u6c34".encode(), "\u00e9".encode(), b"\xff", b'"', b"x"):
        body = text * (24 * 1024 * 1024 // len(text))
        response = Response(200, (), tuple(Chunk(0.1, body[at : at + 512]) for at in range(0, len(body), 512)))
        assert sum(map(len, parts_of(replace(EXCHANGE, response=response)))) < LONGEST_LINE


def test_bytes_are_text_where_they_can_be() -> None:
    response = Response(200, (), (Chunk(0.1, "é".encode()), Chunk(0.2, b"\xc3"), Chunk(0.3, b"")))
    record = record_of(Exchange("text", Mode.JSON, 1, 1, "", REQUEST, response))
    assert record["response"]["chunks"] == [[0.1, "é"], [0.2, {"b64": "ww=="}], [0.3, ""]]
    assert record["request"]["body"] == '{"x":1}'


def test_a_journal_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "journal.ndjson"
    journal = Journal.create(path, RUN)
    first = journal.append(EXCHANGE)
    assert journal.note(StopNote("a dead endpoint")) == 3
    second = journal.append(EXCHANGE)
    journal.end(EndNote("2026-11-22T12:00:00.000Z"))
    recording = read(path)
    assert recording.header == RUN
    assert recording.exchanges == (first, second)
    assert [exchange.line for exchange in recording.exchanges] == [2, 4]
    assert recording.notes == (StopNote("a dead endpoint", 3), EndNote("2026-11-22T12:00:00.000Z", 5))
    assert recording.history.end == EndNote("2026-11-22T12:00:00.000Z", 5)
    assert recording.torn is None


def test_exchanges_that_the_caller_has_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with Journal.create(path, RUN) as journal:
        first = journal.append(EXCHANGE)
        second = journal.append(EXCHANGE)
        journal.note(StopNote("why"))
    recording = read(path, known={first.line})
    assert recording.exchanges == (second,)
    assert recording.notes == (StopNote("why", 4),)


def test_a_resumed_run_is_what_its_last_part_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with Journal.create(path, RUN) as journal:
        journal.note(StopNote("before"))
        journal.note(EndNote("2026-11-22T10:30:00.000Z"))
        journal.note(NOTES[3])
        journal.note(PreflightNote("http://x/v1", "bearer"))
    history = read(path).history
    assert (history.current.items, history.current.whole, history.current.prices) == (4, True, Prices(1.0, None))
    assert (history.current.suite, history.current.target) == (RUN.suite, TARGET)
    assert history.current.option("repeat", 1) == 3
    assert history.latest(StopNote) == ()
    assert history.last(StopNote) == StopNote("before", 2)
    assert history.end is None


def test_the_journal_of_a_proxy_has_no_run(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with Journal.create(path, HEADER) as journal:
        journal.note(NOTES[5])
    recording = read(path)
    assert recording.unjudged == (Unjudged("too large", EXCHANGE, 2),)
    assert recording.exchanges == ()
    with pytest.raises(UsageError, match="not of a run"):
        _ = recording.history


def test_a_line_is_one_line_of_ascii(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with Journal.create(path, replace(HEADER, upstream="\u2028\x1b[31m\x9b\n")) as journal:
        journal.append(EXCHANGE)
    text = path.read_bytes()
    assert text.isascii()
    assert all(byte >= 0x20 or byte == 0x0A for byte in text)
    assert text.count(b"\n") == 2


def test_header_notes_and_footer_are_redacted(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    header = replace(HEADER, upstream="http://x?k=sk-canary")
    journal = Journal.create(path, header, redactor=Redactor(["sk-canary", "stop"]))
    journal.note(StopNote("401 sk-canary"))
    journal.note(ResumeNote("", True, 1, options={"sk-canary": ["sk-canary"]}))
    journal.end(EndNote("sk-canary"))
    assert "sk-canary" not in path.read_text()
    assert [line.data["kind"] for line in lines(path) if line.data] == ["proxy", "stop", "resume", "end"]


def test_an_existing_journal_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    path.write_text("precious")
    with pytest.raises(HarnessError, match="exists already") as caught:
        Journal.create(path, HEADER)
    assert caught.value.exit_code == 4
    assert path.read_text() == "precious"


@pytest.mark.parametrize("size", [0, 1, 9, 60])
def test_a_torn_header_records_nothing_and_is_replaced(tmp_path: Path, size: int) -> None:
    path = tmp_path / "journal.ndjson"
    Journal.create(path, HEADER).close()
    path.write_bytes(path.read_bytes()[:size])
    Journal.create(path, HEADER).close()
    assert read(path).header == HEADER


def test_a_header_for_which_there_is_no_room_leaves_nothing_that_is_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with file_size_limit(20), pytest.raises(HarnessError, match="Nothing was recorded") as caught:
        Journal.create(path, HEADER)
    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []
    Journal.create(path, HEADER).close()


def test_one_process_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with Journal.create(path, HEADER):
        for start in (lambda: Journal.create(path, HEADER), lambda: Journal.reopen(path)):
            with pytest.raises(HarnessError, match=f"in use by process {os.getpid()}. Wait until") as caught:
                start()
            assert caught.value.exit_code == 4
    with Journal.reopen(path) as journal:
        assert journal.append(EXCHANGE).line == 2
    assert [each.name for each in tmp_path.iterdir()] == ["journal.ndjson"]


def test_a_torn_line_stays_until_there_is_another(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    whole = whole_journal(path)
    path.write_bytes(whole[:-5])
    Journal.reopen(path).close()
    assert path.read_bytes() == whole[:-5]


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="cannot be created") as caught:
        Journal.create(tmp_path / "file" / "journal.ndjson", HEADER)
    assert caught.value.exit_code == 4


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Makes the system refuse to let a file grow beyond `size`, in the middle of a write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


def test_a_full_disk_is_our_error_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    journal = Journal.create(path, HEADER)
    journal.append(EXCHANGE)
    before = path.read_bytes()
    with file_size_limit(len(before) + 50), pytest.raises(HarnessError, match="2 lines are kept") as caught:
        journal.append(EXCHANGE)
    assert caught.value.exit_code == 3
    with pytest.raises(HarnessError, match="2 lines are kept"):
        journal.append(EXCHANGE)  # there is room again, and a gap that nobody would see
    journal.end(EndNote("2026-11-22T10:00:00Z"))
    journal.close()
    assert path.read_bytes() == before
    with Journal.reopen(path) as journal:
        assert journal.append(EXCHANGE).line == 3


def test_a_closed_journal_refuses_to_write(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.ndjson", HEADER)
    journal.close()
    journal.close()
    with pytest.raises(HarnessError, match="closed"):
        journal.note(NOTES[2])


def whole_journal(path: Path) -> bytes:
    with Journal.create(path, HEADER) as journal:
        journal.append(EXCHANGE)
        journal.append(EXCHANGE)
    return path.read_bytes()


def test_a_line_torn_anywhere_is_dropped_reported_and_cut_off_when_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    whole = whole_journal(path)
    last = whole.rindex(b"\n", 0, -1) + 1
    for size in range(last + 1, len(whole) - 1, 7):
        path.write_bytes(whole[:size])
        recording = read(path)
        assert recording.torn == 3
        assert len(recording.exchanges) == 1
        assert list(lines(path))[-1] == Line(3, last, None)
        with Journal.reopen(path) as journal:
            assert journal.append(EXCHANGE).line == 3
        assert path.read_bytes() == whole


@pytest.mark.parametrize("cut", [0, 1])
def test_a_whole_journal_goes_on_behind_its_last_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.ndjson"
    whole = whole_journal(path)
    path.write_bytes(whole[: len(whole) - cut])
    with Journal.reopen(path) as journal:
        assert journal.append(EXCHANGE).line == 4
    recording = read(path)
    assert len(recording.exchanges) == 3
    assert recording.torn is None


@pytest.mark.parametrize(
    "broken",
    [b"{", b"[]", b"{}", b'{"kind":1}', b"", b"\xff", b"[" * 100_000],
    ids=["torn", "array", "no kind", "kind of a number", "empty", "not text", "deep"],
)
def test_a_broken_line_in_the_middle_is_bad_input_and_is_named(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "journal.ndjson"
    lines = whole_journal(path).splitlines()
    path.write_bytes(b"\n".join([lines[0], broken, *lines[1:]]) + b"\n")
    with pytest.raises(FileError, match=r"journal\.ndjson:2: "):
        read(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"request": None}, "wrong type"),
        ({"mode": "fax"}, "fax"),
        ({"response": {"status": 200, "first_byte": 0, "ended": 0}}, "lacks 'headers'"),
        ({"trouble": {"kind": "closed"}}, "lacks 'message'"),
        ({"response": {**EMPTY_RESPONSE, "headers": [["a"]]}}, "unpack"),
        ({"response": {**EMPTY_RESPONSE, "chunks": [[0.1, {"b64": "?"}]]}}, "base64"),
        ({"response": {**EMPTY_RESPONSE, "status": "200"}}, "a string where an integer belongs"),
        ({"step": True}, "a boolean where an integer belongs"),
        ({"scenario": None}, "null where a string belongs"),
    ],
    ids=["request", "mode", "headers", "trouble", "header", "bytes", "status", "step", "scenario"],
)
def test_a_damaged_exchange_is_bad_input_and_is_named(tmp_path: Path, damage: dict[str, object], message: str) -> None:
    path = tmp_path / "journal.ndjson"
    record = {**record_of(EXCHANGE), **damage}
    path.write_text(json.dumps(record_of(HEADER)) + "\n" + json.dumps(record) + "\n")
    with pytest.raises(FileError, match=rf"journal\.ndjson:2: .*{message}"):
        read(path)


@pytest.mark.parametrize(
    "first",
    ["", "\n", "{}\n", '{"kind":"exchange"}\n', '{"kind":"run","journal":1}\n', '{"kind":"run","journal":2}\n', '{"ki'],
)
def test_what_is_not_a_journal_of_this_format_is_refused(tmp_path: Path, first: str) -> None:
    path = tmp_path / "journal.ndjson"
    path.write_text(first)
    with pytest.raises(FileError, match=r"journal\.ndjson:1: "):
        read(path)
    with pytest.raises(FileError, match=r"journal\.ndjson:1: "):
        Journal.reopen(path)
    assert path.read_text() == first


def test_unknown_kinds_and_keys_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    record = {**record_of(EXCHANGE), "later": 1}
    header = {**record_of(HEADER), "later": 1}
    path.write_text("\n".join(json.dumps(each) for each in (header, {"kind": "later"}, record)) + "\n")
    recording = read(path)
    assert recording.exchanges == (Exchange(**{**EXCHANGE.__dict__, "line": 3}),)
    assert recording.notes == ()


@pytest.mark.parametrize(
    ("path", "problem"), [("missing.ndjson", "does not exist"), (".", "Expected a file, found a folder")]
)
def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path, path: str, problem: str) -> None:
    with pytest.raises(FileError, match=problem) as caught:
        read(tmp_path / path)
    assert caught.value.exit_code == 4


def test_threads_write_whole_lines_with_their_own_numbers(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    journal = Journal.create(path, HEADER)
    threads = [threading.Thread(target=lambda: [journal.append(EXCHANGE) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.end(NOTES[4])
    assert [exchange.line for exchange in read(path).exchanges] == list(range(2, 202))


def test_a_killed_process_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    program = (
        "import os, signal, sys; from pathlib import Path; from conformance.wire.journal import Journal\n"
        "from conformance.base.records import ProxyHeader, StopNote\n"
        "journal = Journal.create(Path(sys.argv[1]), ProxyHeader('', '', '', ''))\n"
        "for number in range(20): journal.note(StopNote(str(number)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program, str(path)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    recording = read(path)
    assert recording.notes == tuple(StopNote(str(number), number + 2) for number in range(20))
    assert recording.torn is None
