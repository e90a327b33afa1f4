"""Files of recorded exchanges: NDJSON, HAR, journals; whole, gzipped, in pieces and broken."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import FileError, HarnessError
from conformance.model import Mode
from conformance.wire.importers import har
from conformance.wire.importers.files import Form, open_recording
from conformance.wire.importers.reader import NOT_PROVOKED, BrokenRecordError, RecordedExchange

REQUEST: dict[str, Any] = {
    "method": "POST",
    "url": "https://x.test/v1/messages",
    "headers": {},
    "body": {"stream": True},
}
PROXY = {"kind": "proxy", "journal": 1, "suite": "", "catalogue": "", "started": "", "upstream": ""}
JSON_HEADERS = {"content-type": "application/json", "date": "Sat, 28 Nov 2026 00:00:00 GMT"}


def recorded(folder: Path, *lines: Any, name: str = "a.ndjson") -> list[RecordedExchange]:
    path = folder / name
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return list(open_recording(path).exchanges())


def response(**more: Any) -> dict[str, Any]:
    return {"request": REQUEST, "response": {"status": 200, "headers": JSON_HEADERS, **more}}


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"body": {"a": "é"}}, b'{"a": "\\u00e9"}'),
        ({"body": "plain é"}, "plain é".encode()),
        ({"body": [1]}, b"[1]"),
        ({"body": None, "body_text": "<html>"}, b"<html>"),
        ({"sse": "event: ping\n\n"}, b"event: ping\n\n"),
        ({"sse": None, "body": {}}, b"{}"),
        ({"body": "half \ud800"}, b"half \xed\xa0\x80"),
    ],
)
def test_a_body_is_read_in_every_way_that_it_is_written(tmp_path: Path, answer: dict[str, Any], body: bytes) -> None:
    (one,) = recorded(tmp_path, response(**answer))
    assert one.exchange.response is not None
    assert one.exchange.response.body == body
    assert one.streamed == isinstance(answer.get("sse"), str)


@pytest.mark.parametrize("headers", [{"A": "1", "B": ["2", "3"]}, [["A", "1"], ["B", "2"], ["B", "3"]]])
def test_headers_are_an_object_or_pairs(tmp_path: Path, headers: Any) -> None:
    (one,) = recorded(tmp_path, {"request": REQUEST, "response": {"status": 200, "headers": headers, "body": {}}})
    assert one.exchange.response is not None
    assert one.exchange.response.headers == (("A", "1"), ("B", "2"), ("B", "3"))


def test_lines_are_counted_blank_ones_too_and_other_keys_are_passed_over(tmp_path: Path) -> None:
    first, second = recorded(tmp_path, {**response(body={}), "team": 7}, "", {**response(body={}), "started": "2026"})
    assert (first.exchange.line, second.exchange.line) == (1, 3)
    assert second.exchange.started == "2026"


def test_what_is_missing_becomes_a_flag(tmp_path: Path) -> None:
    bare = {"request": {**REQUEST, "body": None}, "response": {"status": 200, "headers": {}, "body": None}}
    text = {**response(body="x"), "fidelity": ["ids-scrubbed"], "synthetic": True}
    empty = {
        "request": {**REQUEST, "method": "GET", "body": None},
        "response": {"status": 204, "headers": JSON_HEADERS},
    }
    one, two, three = recorded(tmp_path, bare, text, empty)
    assert one.flags == NOT_PROVOKED | {"no-request-body", "no-response-headers", "no-response-body"}
    assert two.flags == NOT_PROVOKED | {"ids-scrubbed", "body-as-text"}
    assert two.synthetic
    assert three.flags == NOT_PROVOKED


def test_the_mode_is_what_the_request_asks_for_or_what_came_where_that_is_not_known(tmp_path: Path) -> None:
    asked = response(body={})
    unknown = {"request": {**REQUEST, "body": None}, "response": {"status": 200, "headers": {}, "sse": "x"}}
    assert [one.exchange.mode for one in recorded(tmp_path, asked, unknown)] == [Mode.STREAM, Mode.STREAM]
    plain = {**asked, "request": {**REQUEST, "body": {}}}
    assert [one.exchange.mode for one in recorded(tmp_path, plain)] == [Mode.JSON]


def test_a_request_without_a_response_is_an_exchange_without_one(tmp_path: Path) -> None:
    (one,) = recorded(tmp_path, {"request": REQUEST, "response": None})
    assert one.exchange.response is None


def test_the_position_grows_to_the_size_of_the_file_packed_or_not(tmp_path: Path) -> None:
    plain = "".join(json.dumps(response(body={"n": n})) + "\n" for n in range(2_000)).encode()
    for name, data in (("a.ndjson", plain), ("a.gz", gzip.compress(plain))):
        path = tmp_path / name
        path.write_bytes(data)
        reading = open_recording(path)
        positions = [reading.position for _ in reading.exchanges()]
        assert len(positions) == 2_000
        assert positions == sorted(positions)
        assert positions[-1] == reading.size == len(data)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b'{"request": 1}\n', Form.NDJSON),
        (json.dumps(PROXY).encode() + b"\n", Form.JOURNAL),
        (b'{"log":{"entries":[]}}', Form.HAR),
        (b'\xef\xbb\xbf{\n  "log" : {"entries": []}}', Form.HAR),
        (b'{"log": "info", "request": {}, "response": {}}\n{"request": 1}\n', Form.HAR),
    ],
)
def test_the_form_of_a_file_is_seen_from_its_head_and_not_its_name(tmp_path: Path, content: bytes, form: Form) -> None:
    path = tmp_path / "recording"
    path.write_bytes(content)
    assert open_recording(path).form is form


def test_a_journal_gives_its_exchanges_and_leaves_a_torn_line_out(tmp_path: Path) -> None:
    exchange = {
        "kind": "exchange", "scenario": "s", "mode": "json", "step": 1, "attempt": 1, "started": "",
        "request": {"method": "POST", "url": "https://x.test/v1/messages", "headers": [], "body": "{}"},
        "response": {"status": 200, "http_version": "HTTP/1.1", "headers": [], "first_byte": 0.1, "ended": 0.2,
                     "chunks": [[0.1, "{}"]]},
    }  # fmt: skip
    path = tmp_path / "j.ndjson"
    whole = [PROXY, exchange, {"kind": "later"}, exchange]
    path.write_text("".join(json.dumps(each) + "\n" for each in whole) + '{"kind": "exch')
    reading = open_recording(path)
    assert [one.exchange.line for one in reading.exchanges()] == [2, 4]
    assert reading.torn == 5


def entry(text: str | None = "{}", **content: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-22T10:00:00Z",
        "request": {"method": "POST", "url": "https://x.test/v1/messages", "headers": [], "postData": {"text": "{}"}},
        "response": {
            "status": 200,
            "headers": [{"name": ":status", "value": "200"}, {"name": "Content-Type", "value": "application/json"}],
            "content": {"mimeType": "application/json", **({"text": text} if text is not None else {}), **content},
        },
    }


def archive(*items: Any) -> dict[str, Any]:
    beside = {"version": "1.2", "creator": {"name": "x", "entries": [1]}, "pages": [{"id": "]}"}]}
    return {"log": {**beside, "entries": list(items), "comment": "behind"}, "extra": [1]}


class Slow(io.StringIO):
    """A text that comes in pieces of a few characters, whatever is asked for."""

    size = 1

    def read(self, size: int | None = -1) -> str:
        return super().read(min(self.size, size if size is not None and size > 0 else self.size))


@given(
    entries=st.lists(st.recursive(st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3))),
    indent=st.none() | st.integers(0, 3),
    size=st.integers(1, 7),
)
def test_the_entries_of_an_archive_are_the_same_in_pieces_of_any_size(
    entries: list[Any], indent: int | None, size: int
) -> None:
    stream = Slow(json.dumps(archive(*entries), indent=indent))
    stream.size = size
    assert [value for _, value in har.entries(stream)] == entries


def test_an_entry_has_the_line_at_which_it_starts() -> None:
    text = '{"log":\n{"entries": [\n\n {"a":\n 1},\n 2, 3\n]}}'
    assert list(har.entries(io.StringIO(text))) == [(4, {"a": 1}), (6, 2), (6, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"log"',
        '{"log": 1}',
        '{"log": {"entries": {}}}',
        '{"log": {"entries": [1 2]}}',
        '{"log": {"entries": [nul',
        "{1: 2}",
        '{"log": {"entries": [1,',
    ],
)
def test_what_is_no_archive_is_told_with_its_line(text: str) -> None:
    with pytest.raises(BrokenRecordError) as problem:
        list(har.entries(io.StringIO(text)))
    assert problem.value.line == 1


def test_an_entry_becomes_an_exchange_without_pseudo_headers() -> None:
    exchange, flags = har.exchange_of(entry('{"é": 1}'), 7)
    assert exchange.response is not None
    assert exchange.response.headers == (("Content-Type", "application/json"),)
    assert exchange.response.body == '{"é": 1}'.encode()
    assert (exchange.line, exchange.started) == (7, "2026-11-22T10:00:00Z")
    assert flags == {"body-as-text"}


def test_what_an_archive_leaves_out_becomes_a_flag() -> None:
    assert "no-response-body" in har.exchange_of(entry(None, size=12), 1)[1]
    assert "no-response-body" not in har.exchange_of(entry(None, size=0), 1)[1]
    unasked = entry()
    unasked["request"].pop("postData")
    assert "no-request-body" in har.exchange_of(unasked, 1)[1]
    aborted = entry()
    aborted["response"] |= {"status": 0, "headers": []}
    assert har.exchange_of(aborted, 1)[0].response is None


def test_bytes_in_base64_are_those_of_the_body() -> None:
    encoded = base64.b64encode(b"\xff\x00").decode()
    exchange, flags = har.exchange_of(entry(encoded, encoding="base64"), 1)
    assert exchange.response is not None
    assert exchange.response.body == b"\xff\x00"
    assert "body-as-text" not in flags


@pytest.mark.parametrize("broken", [1, {}, {"request": {}, "response": {}}, {"request": [], "response": []}])
def test_an_entry_that_is_none_is_told(broken: Any) -> None:
    with pytest.raises(BrokenRecordError, match="an entry"):
        har.exchange_of(broken, 3)


KEYS = st.sampled_from(["status", "headers", "body", "sse", "method", "url", "a"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(sent=json_values, got=json_values, fidelity=json_values)
def test_hostile_records_are_read_with_the_right_types_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, sent: Any, got: Any, fidelity: Any
) -> None:
    path = tmp_path_factory.mktemp("hostile") / "a.ndjson"
    path.write_text(json.dumps({"request": sent, "response": got, "fidelity": fidelity}) + "\n")
    told = ""
    try:
        for one in open_recording(path).exchanges():
            request = one.exchange.request
            assert all(isinstance(value, str) for value in (request.method, request.url, *one.flags))
    except HarnessError as problem:
        told = str(problem)
    assert not told or told.startswith(f"{path}:1: ")


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")])
def test_an_empty_file_is_no_recording(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty.ndjson"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"empty\.ndjson: The file is empty"):
        open_recording(path)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("[" * 200, "more than 128 levels"),
        ('{"request": {"method": "POST", "method": "GET"}, "response": null}', "duplicate key at /request/method"),
        ('{"request": ' + "[" + "[]," * 200_000 + "1]}", "holds more than 150,000 values"),
        ('{"request": {"a": ' + "9" * 5_000 + "}}", "more than 4,000 digits"),
        ('{"request": {"a": NaN}}', "NaN is not JSON"),
        (json.dumps({"request": REQUEST, "response": {"status": 10**9, "headers": {}}}), "status 1000000000 is not"),
        (json.dumps({"request": REQUEST, "response": {"status": 200, "headers": 5}}), "not an exchange"),
    ],
)
def test_a_record_beyond_the_bounds_is_one_sentence_with_its_line(tmp_path: Path, record: str, problem: str) -> None:
    with pytest.raises(FileError, match=rf"a\.ndjson:2: .*{re.escape(problem)}"):
        recorded(tmp_path, response(body={}), record)


def test_what_was_recorded_of_a_body_is_kept_as_it_is(tmp_path: Path) -> None:
    line = json.dumps(response(body=None))[:-2].replace(
        '"body": null', '"body": {"a": 1, "a": 12345678901234567890123, "b": "\\ud800"}'
    )
    (one,) = recorded(tmp_path, f"{line}}}}}")
    assert one.exchange.response is not None
    assert one.exchange.response.body == b'{"a": 12345678901234567890123, "b": "\\ud800"}'


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_a_har_file_is_read_in_any_pieces(tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "_PIECE", step)
    texts = ['quote \\" [{', "\\", 'é\u2028"', "", "}]"]
    document = {"x": [1, "a]"], "log": {"y": -1.5e3, "entries": [entry(text) for text in texts], "z": None}}
    for ascii_only in (True, False):
        found = list(har.entries(io.StringIO(json.dumps(document, indent=1, ensure_ascii=ascii_only))))
        assert [each["response"]["content"]["text"] for _, each in found] == texts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"log": {"entries": [' + "[" * 200, "more than 128 levels"),
        ('{"log": {"entries": ["abc', "ends inside of a value"),
        ('{"log": ' + " " * 17_000_000, "characters of white space"),
        ('{"log": {"entries": [nonsense', "not JSON"),
        ('{"log": {"entries": [' + "9" * 9_000, "more than 4,000 digits"),
        ('{"x": [' + "[]," * 160_000 + "1]}", "more than 150,000 values"),
        (json.dumps({"log": {"entries": [entry()]}}).replace("200", "1e999"), "wrong kind"),
    ],
)
def test_a_har_file_beyond_the_bounds_is_one_sentence(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "a.har"
    path.write_text(text)
    with pytest.raises(FileError, match=rf"a\.har(:1)?: .*{re.escape(problem)}"):
        list(open_recording(path).exchanges())
