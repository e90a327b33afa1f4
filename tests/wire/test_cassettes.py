"""Cassettes of vcrpy, Ruby VCR, go-vcr and polly.js: what they hold, packed or not, and what they lack."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.base.errors import FileError
from conformance.model import Mode
from conformance.protocol.exchange import Response
from conformance.wire.bodies import legible
from conformance.wire.importers.files import Form, open_recording
from conformance.wire.importers.reader import RecordedExchange

BODY = '{"type": "message", "text": "é"}'
PACKED = gzip.compress(BODY.encode(), mtime=0)
SENT = {
    "body": '{"stream": true}',
    "headers": {"x-api-key": ["X"]},
    "method": "POST",
    "uri": "https://x.test/v1/messages",
}
HEADERS = {"Content-Type": ["application/json"], "Date": ["Sat, 28 Nov 2026 00:00:00 GMT"], "x-two": ["1", "2"]}

RUBY = """---
http_interactions:
- request:
    method: post
    uri: https://x.test/v1/messages
    body:
      encoding: UTF-8
      string: '{"stream":true}'
    headers:
      Content-Type: application/json
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/json
      Date: Sat, 28 Nov 2026 00:00:00 GMT
      x-two:
      - '1'
      - '2'
    body:
      encoding: ASCII-8BIT
      BODY
    http_version:
  recorded_at: Sat, 28 Nov 2026 00:00:00 GMT
recorded_with: VCR 6.2.0
"""

GO = """---
version: 2
interactions:
    - id: 0
      request:
        body: '{"stream":true}'
        headers:
            Content-Type:
                - application/json
        url: https://x.test/v1/messages
        method: POST
      response:
        proto: HTTP/2.0
        body: |-
            {"type": "message", "text": "é"}
        headers:
            Content-Type:
                - application/json
            Date:
                - Sat, 28 Nov 2026 00:00:00 GMT
            x-two:
                - "1"
                - "2"
        status: 200 OK
        code: 200
        duration: 1.2s
"""


def vcrpy(*answers: dict[str, Any]) -> str:
    interactions = [{"request": SENT, "response": {"status": {"code": 200, "message": "OK"}, **got}} for got in answers]
    return yaml.dump({"interactions": interactions, "version": 1}, Dumper=_NoAliases)


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def polly(content: dict[str, Any], **headers: str) -> str:
    """A recording as polly.js writes it, indented."""
    entry = {
        "_id": "1",
        "request": {
            "method": "POST",
            "url": SENT["uri"],
            "headers": [],
            "postData": {"mimeType": "application/json", "params": [], "text": SENT["body"]},
        },
        "response": {
            "status": 200,
            "httpVersion": "HTTP/1.1",
            "headers": [
                {"name": "content-type", "value": "application/json"},
                {"name": "date", "value": HEADERS["Date"][0]},
                {"_fromType": "array", "name": "x-two", "value": "1"},
                {"_fromType": "array", "name": "x-two", "value": "2"},
                *({"name": name.replace("_", "-"), "value": value} for name, value in headers.items()),
            ],
            "content": content,
        },
        "startedDateTime": "2026-11-28T00:00:00Z",
    }
    return json.dumps({"log": {"_recordingName": "a/b", "entries": [entry], "pages": [], "version": "1.2"}}, indent=2)


def encoded(*parts: bytes) -> str:
    return json.dumps([base64.b64encode(part).decode() for part in parts])


def read(folder: Path, text: str | bytes, form: Form = Form.CASSETTE) -> list[RecordedExchange]:
    path = folder / "cassette"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    reading = open_recording(path)
    assert reading.form is form
    return list(reading.exchanges())


def response(recorded: RecordedExchange) -> Response:
    found = legible(recorded.exchange).response
    assert found is not None
    return found


BASE64 = base64.b64encode(BODY.encode()).decode()
PACKED64 = base64.b64encode(PACKED).decode()
GZIP = {**HEADERS, "content-encoding": ["gzip"]}
CASSETTES = {
    "vcrpy": (vcrpy({"body": {"string": BODY}, "headers": HEADERS}), Form.CASSETTE),
    "vcrpy, bytes": (vcrpy({"body": {"string": BODY.encode()}, "headers": HEADERS}), Form.CASSETTE),
    "vcrpy, packed": (vcrpy({"body": {"string": PACKED}, "headers": GZIP}), Form.CASSETTE),
    "vcrpy, old httpx": (vcrpy({"content": BODY, "status_code": 200, "headers": HEADERS}), Form.CASSETTE),
    "vcrpy, parsed": (vcrpy({"parsed_body": json.loads(BODY), "headers": HEADERS}), Form.CASSETTE),
    "vcrpy, header strings": (
        vcrpy(
            {"body": {"string": BODY}, "headers": [*((k, v[0]) for k, v in HEADERS.items()), ("x-two", "2")]}
        ).replace("!!python/tuple", ""),
        Form.CASSETTE,
    ),
    "vcrpy, JSON": (
        json.dumps(
            {
                "version": 1,
                "interactions": [
                    {
                        "request": SENT,
                        "response": {"status": {"code": 200}, "headers": HEADERS, "body": {"string": BODY}},
                    }
                ],
            },
            indent=4,
        ),
        Form.JSON_CASSETTE,
    ),
    "Ruby": (RUBY.replace("BODY", f"string: '{BODY}'"), Form.CASSETTE),
    "Ruby, binary": (RUBY.replace("BODY", f"string: !binary |-\n        {BASE64}"), Form.CASSETTE),
    "Ruby, base64": (RUBY.replace("BODY", f"base64_string: |\n        {BASE64}"), Form.CASSETTE),
    "Ruby, packed": (
        RUBY.replace("BODY", f"string: !binary |-\n        {PACKED64}").replace(
            "      Date:", "      Content-Encoding: gzip\n      Date:"
        ),
        Form.CASSETTE,
    ),
    "Ruby, CRLF": (RUBY.replace("BODY", f"string: '{BODY}'").replace("\n", "\r\n"), Form.CASSETTE),
    "go-vcr": (GO, Form.CASSETTE),
    "polly": (polly({"text": BODY, "size": len(BODY)}), Form.HAR),
    "polly, packed": (
        polly({"encoding": "base64", "text": encoded(PACKED[:7], PACKED[7:]), "size": 9}, content_encoding="gzip"),
        Form.HAR,
    ),
    "polly, packed, old": (
        polly({"_isBinary": True, "text": json.dumps([PACKED[:5].hex(), PACKED[5:].hex()])}, content_encoding="gzip"),
        Form.HAR,
    ),
}


@pytest.mark.parametrize(("text", "form"), CASSETTES.values(), ids=CASSETTES)
def test_every_form_gives_the_same_exchange(tmp_path: Path, text: str, form: Form) -> None:
    (one,) = read(tmp_path, text, form)
    request, answer = one.exchange.request, response(one)
    assert (request.method, request.url, request.asks_for_stream) == ("POST", SENT["uri"], True)
    assert json.loads(answer.body) == json.loads(BODY)
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert [value for name, value in answer.headers if name == "x-two"] == ["1", "2"]
    assert one.exchange.mode is Mode.STREAM
    assert not one.flags & {"no-response-body", "no-request-body", "headers-filtered", "no-response-headers"}


def test_a_cassette_may_be_gzipped_and_begin_with_a_mark(tmp_path: Path) -> None:
    text = ("\ufeff" + vcrpy({"body": {"string": BODY}, "headers": HEADERS})).encode()
    assert len(read(tmp_path, text)) == len(read(tmp_path, gzip.compress(text))) == 1


def test_interactions_have_their_lines(tmp_path: Path) -> None:
    text = vcrpy(*[{"body": {"string": "a\n- b\n\n- c"}, "headers": HEADERS}] * 3)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("- request")]
    assert [one.exchange.line for one in read(tmp_path, text)] == lines
    assert all(response(one).body == b"a\n- b\n\n- c" for one in read(tmp_path, text))


def test_an_event_stream_as_a_block_keeps_its_blank_lines(tmp_path: Path) -> None:
    stream = "|+\n        event: ping\n        data: {}\n"
    text = RUBY.replace("BODY", f"string: {stream}").replace("- application/json", "- text/event-stream")
    (one,) = read(tmp_path, text)
    assert response(one).body == b"event: ping\ndata: {}\n\n"
    assert one.streamed


@pytest.mark.parametrize(
    ("answer", "flags"),
    [
        ({"body": {"string": BODY}, "headers": {}}, {"no-response-headers", "body-as-text"}),
        ({"body": {"string": BODY}, "headers": {"a": ["b"]}}, {"headers-filtered", "body-as-text"}),
        ({"body": {"string": ""}, "headers": HEADERS}, {"no-response-body", "body-as-text"}),
        ({"body": None, "headers": HEADERS}, {"no-response-body"}),
        ({"body": {"string": b"a"}, "headers": HEADERS}, set()),
        ({"parsed_body": {}, "headers": HEADERS}, {"body-as-text", "resp-body-reserialised"}),
    ],
)
def test_what_a_cassette_leaves_out_becomes_a_flag(tmp_path: Path, answer: dict[str, Any], flags: set[str]) -> None:
    (one,) = read(tmp_path, vcrpy(answer))
    assert one.flags - {"not-provoked"} == flags


def test_a_cassette_that_is_cut_loses_only_what_its_end_cannot_tell(tmp_path: Path) -> None:
    text = vcrpy(*[{"body": {"string": BODY}, "headers": HEADERS}] * 2).replace("version: 1\n", "")
    second = text.index("- request", text.index("- request") + 1)
    for end in range(second + 1, len(text)):
        path = tmp_path / "cassette"
        path.write_bytes(text[:end].encode())
        reading = open_recording(path)
        first, *rest = reading.exchanges()
        assert "body-truncated" not in first.flags
        line = text[:second].count("\n") + 1
        if rest:
            assert "body-truncated" in rest[0].flags or text[end - 1] == "\n"
        else:
            assert reading.torn == line


def test_a_cassette_of_ruby_ends_with_its_version(tmp_path: Path) -> None:
    stream = "|+\n        event: ping\n        data: {}\n"
    (one,) = read(tmp_path, RUBY.replace("BODY", f"string: {stream}").partition("    http_version:")[0])
    assert "body-truncated" in one.flags


def test_a_cassette_without_interactions_has_no_exchange(tmp_path: Path) -> None:
    assert read(tmp_path, "interactions: []\nversion: 1\n") == []
    assert read(tmp_path, '{"version": 1, "interactions": []}', Form.JSON_CASSETTE) == []


GOOD = RUBY.replace("BODY", f"string: '{BODY}'")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("code: 200", "code: x"), "cassette:3: an interaction has a value of the wrong kind: status"),
        (GOOD.replace("uri:", "url_:"), "cassette:3: an interaction lacks 'url'"),
        (GOOD.replace("string: '{\"type", "string: !binary '{\"type"), "cassette:24: Broken base64"),
        (GOOD.replace("method: post", "method: !ruby/sym post"), "cassette:4: Unsupported tag"),
        (GOOD.replace("method: post", "method: [" + "[" * 200), "cassette:4: Nested deeper than 128 levels"),
        (GOOD.replace("method: post", "method: *a"), "cassette:4: Invalid YAML: found undefined alias"),
        ("interactions: [{a: b}]\n", "cassette:1: interactions are read as a list"),
        ("interactions:\n- 5\n", "cassette:2: an interaction has a value of the wrong kind"),
        ("interactions:\n- {a: [" + "1," * 200_000 + "]}\n", "cassette:2: The file holds more than 150,000 values"),
        ("interactions:\n- a: |\n" + "  b\n" * 400_000, "cassette:2: an interaction has more than 400,000 lines"),
        (b"interactions:\n- a: \xff\n", "cassette:2: The file is not UTF-8"),
    ],
)
def test_what_is_no_cassette_is_one_sentence_with_its_line(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(FileError) as refused:
        read(tmp_path, text)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)
