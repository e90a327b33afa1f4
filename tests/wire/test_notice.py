"""What a recorder did without a word: bodies still packed, in any coding and form of file, and dropped headers."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import brotli
import pytest

from conformance.model import Mode
from conformance.wire.importers.files import open_recording
from conformance.wire.importers.reader import RecordedExchange

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = json.dumps({"type": "message", "text": "é" * 20}).encode()
SENT = b'{"stream": true}'
DATE = ("DATE", "Sat, 28 Nov 2026 00:00:00 GMT")
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def har(folder: Path, body: bytes, *headers: tuple[str, str], sent: bytes = SENT) -> RecordedExchange:
    entry = {
        "request": {
            "method": "post",
            "url": "https://x.test/v1/messages",
            "headers": [],
            "postData": {"text": sent.decode("utf-8")},
        },
        "response": {
            "status": 200,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "content": {"encoding": "base64", "text": base64.b64encode(body).decode()},
        },
    }
    return only(folder, json.dumps({"log": {"entries": [entry]}}))


def cassette(folder: Path, body: bytes, *headers: tuple[str, str], sent: bytes = SENT) -> RecordedExchange:
    lines = [
        "interactions:",
        "- request:",
        "    method: Post",
        "    uri: https://x.test/v1/messages",
        f"    headers: {json.dumps([list(pair) for pair in headers])}",
        f"    body: !!binary {base64.b64encode(sent).decode()}",
        "  response:",
        "    status: 200",
        f"    headers: {json.dumps([list(pair) for pair in headers])}",
        f"    body: !!binary {base64.b64encode(body).decode()}",
        "version: 1",
    ]
    return only(folder, "\n".join(lines) + "\n")


def only(folder: Path, text: str) -> RecordedExchange:
    path = folder / "recorded"
    path.write_text(text, encoding="utf-8")
    (one,) = open_recording(path).exchanges()
    return one


def body_of(recorded: RecordedExchange) -> bytes:
    assert recorded.exchange.response is not None
    return recorded.exchange.response.body


@pytest.mark.parametrize("form", [har, cassette])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_packed_body_is_unpacked_in_every_form(
    tmp_path: Path, coding: str, form: Callable[..., RecordedExchange]
) -> None:
    one = form(tmp_path, CODINGS[coding](BODY), DATE, ("Content-ENCODING", coding))
    assert body_of(one) == BODY
    assert one.exchange.request.method == "POST"
    assert one.flags == {"not-provoked"}
    assert one.exchange.trouble is None


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_that_was_unpacked_before_stays_as_it_is(tmp_path: Path, coding: str) -> None:
    assert body_of(har(tmp_path, BODY, DATE, ("content-encoding", coding))) == BODY


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_packed_body_without_its_header_is_unpacked(tmp_path: Path, coding: str) -> None:
    one = har(tmp_path, CODINGS[coding](BODY), ("content-type", "application/json"))
    assert body_of(one) == BODY
    assert one.flags == {"not-provoked", "headers-filtered"}


def test_a_packed_request_is_unpacked_and_says_the_mode(tmp_path: Path) -> None:
    one = cassette(tmp_path, BODY, DATE, ("content-encoding", "br"), sent=brotli.compress(SENT + b" " * 99))
    assert one.exchange.request.json == {"stream": True}
    assert one.exchange.mode is Mode.STREAM


@pytest.mark.parametrize(
    ("body", "headers", "flag"),
    [
        (gzip.compress(BODY)[:-9], [("content-encoding", "gzip")], "body-truncated"),
        (bytes(range(256)), [("content-encoding", "gzip")], "no-response-body"),
        (bytes(range(256)), [("content-encoding", "compress")], "no-response-body"),
        (gzip.compress(b"\0" * (17 << 20)), [("content-encoding", "gzip")], "no-response-body"),
    ],
)
def test_what_cannot_be_unpacked_is_missing_and_no_trouble(
    tmp_path: Path, body: bytes, headers: Sequence[tuple[str, str]], flag: str
) -> None:
    one = har(tmp_path, body, DATE, *headers)
    assert one.flags == {"not-provoked", flag}
    assert one.exchange.trouble is None
    assert BODY.startswith(body_of(one))
