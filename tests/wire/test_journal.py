import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model import Chunk, Exchange, HarnessError, Mode, Response, SentRequest, Trouble
from conformance.wire.journal import Journal, decode_exchange, encode_exchange, iter_records, read
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


@given(EXCHANGES, st.integers(0, 99))
def test_an_exchange_survives_its_line(exchange: Exchange, line: int) -> None:
    written = json.dumps(encode_exchange(exchange))
    read_back = decode_exchange(json.loads(written), line)
    assert read_back == Exchange(**{**exchange.__dict__, "line": line})


def test_bytes_are_text_where_they_can_be() -> None:
    response = Response(200, (), (Chunk(0.1, "é".encode()), Chunk(0.2, b"\xc3"), Chunk(0.3, b"")))
    record = encode_exchange(Exchange("text", Mode.JSON, 1, 1, "", REQUEST, response))
    assert record["response"]["chunks"] == [[0.1, "é"], [0.2, {"b64": "ww=="}], [0.3, ""]]
    assert record["request"]["body"] == '{"x":1}'


def test_a_journal_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "journal.ndjson"
    journal = Journal.create(path, {"target": "x"})
    first = journal.append(EXCHANGE)
    assert journal.note({"about": "retry", "after": 0.5}) == 3
    second = journal.append(EXCHANGE)
    journal.end({"complete": True})
    recording = read(path)
    assert recording.header == {"kind": "run", "journal": 1, "target": "x"}
    assert recording.exchanges == (first, second)
    assert [exchange.line for exchange in recording.exchanges] == [2, 4]
    assert [(note.line, note.data) for note in recording.notes] == [
        (3, {"kind": "note", "about": "retry", "after": 0.5})
    ]
    assert recording.footer == {"kind": "end", "complete": True}
    assert recording.torn is None


def test_a_line_is_one_line_of_ascii(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    with Journal.create(path, {"a": "\u2028\x1b[31m\x9b\n"}) as journal:
        journal.append(EXCHANGE)
    text = path.read_bytes()
    assert text.isascii()
    assert all(byte >= 0x20 or byte == 0x0A for byte in text)
    assert text.count(b"\n") == 2


def test_header_notes_and_footer_are_redacted(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    journal = Journal.create(path, {"url": "http://x?k=sk-canary"}, redactor=Redactor(["sk-canary"]))
    journal.note({"sk-canary": ["sk-canary"]})
    journal.end({"why": "401 sk-canary"})
    assert "sk-canary" not in path.read_text()
    assert len(list(iter_records(path))) == 3


def test_an_existing_journal_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    path.write_text("precious")
    with pytest.raises(HarnessError, match="exists already") as caught:
        Journal.create(path, {})
    assert caught.value.exit_code == 4
    assert path.read_text() == "precious"


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="cannot be created") as caught:
        Journal.create(tmp_path / "file" / "journal.ndjson", {})
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
    journal = Journal.create(path, {})
    journal.append(EXCHANGE)
    before = path.read_bytes()
    with file_size_limit(len(before) + 50), pytest.raises(HarnessError, match="2 lines are kept") as caught:
        journal.append(EXCHANGE)
    assert caught.value.exit_code == 3
    assert path.read_bytes() == before
    assert journal.append(EXCHANGE).line == 3
    assert len(read(path).exchanges) == 2


def test_a_closed_journal_refuses_to_write(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.ndjson", {})
    journal.close()
    journal.close()
    with pytest.raises(HarnessError, match="closed"):
        journal.note({})


def test_a_record_cannot_bring_a_kind_of_its_own(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal.ndjson", {}) as journal, pytest.raises(HarnessError, match="kind"):
        journal.note({"kind": "retry"})


def whole_journal(path: Path) -> bytes:
    with Journal.create(path, {}) as journal:
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
        assert list(iter_records(path))[-1].data == {"offset": last, "bytes": size - last}
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
def test_a_broken_line_in_the_middle_is_our_error_and_is_named(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "journal.ndjson"
    lines = whole_journal(path).splitlines()
    path.write_bytes(b"\n".join([lines[0], broken, *lines[1:]]) + b"\n")
    with pytest.raises(HarnessError, match=r"journal\.ndjson:2: "):
        read(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"request": None}, "wrong type"),
        ({"mode": "fax"}, "fax"),
        ({"response": {"status": 200}}, "lacks 'headers'"),
        ({"trouble": {"kind": "closed"}}, "lacks 'message'"),
        ({"response": {"status": 200, "headers": [["a"]], "chunks": []}}, "unpack"),
        ({"response": {"status": 200, "headers": [], "chunks": [[0.1, {"b64": "?"}]]}}, "base64"),
    ],
    ids=["request", "mode", "headers", "trouble", "header", "bytes"],
)
def test_a_damaged_exchange_is_our_error_and_is_named(tmp_path: Path, damage: dict[str, object], message: str) -> None:
    path = tmp_path / "journal.ndjson"
    record = {**encode_exchange(EXCHANGE), **damage}
    path.write_text('{"kind":"run","journal":1}\n' + json.dumps(record) + "\n")
    with pytest.raises(HarnessError, match=rf"journal\.ndjson:2: .*{message}"):
        read(path)


@pytest.mark.parametrize(
    "first", ["", "\n", "{}\n", '{"kind":"exchange"}\n', '{"kind":"run"}\n', '{"kind":"run","journal":2}\n', '{"ki']
)
def test_what_is_not_a_journal_of_this_format_is_refused(tmp_path: Path, first: str) -> None:
    path = tmp_path / "journal.ndjson"
    path.write_text(first)
    with pytest.raises(HarnessError, match=r"journal\.ndjson:1: "):
        read(path)
    with pytest.raises(HarnessError, match=r"journal\.ndjson:1: "):
        Journal.reopen(path)
    assert path.read_text() == first


def test_unknown_kinds_and_keys_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    record = {**encode_exchange(EXCHANGE), "later": 1}
    path.write_text('{"kind":"run","journal":1}\n{"kind":"later"}\n' + json.dumps(record) + "\n")
    recording = read(path)
    assert recording.exchanges == (Exchange(**{**EXCHANGE.__dict__, "line": 3}),)
    assert recording.notes == ()


@pytest.mark.parametrize("path", ["missing.ndjson", "."])
def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(HarnessError, match="cannot be read") as caught:
        read(tmp_path / path)
    assert caught.value.exit_code == 4


def test_threads_write_whole_lines_with_their_own_numbers(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    journal = Journal.create(path, {})
    threads = [threading.Thread(target=lambda: [journal.append(EXCHANGE) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.end({})
    assert [exchange.line for exchange in read(path).exchanges] == list(range(2, 202))


def test_a_killed_process_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    program = (
        "import os, signal, sys; from pathlib import Path; from conformance.wire.journal import Journal\n"
        "journal = Journal.create(Path(sys.argv[1]), {})\n"
        "for number in range(20): journal.note({'number': number})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program, str(path)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    recording = read(path)
    assert [note.data["number"] for note in recording.notes] == list(range(20))
    assert (recording.footer, recording.torn) == (None, None)
