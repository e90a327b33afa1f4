"""In a run each body is decoded once and its events are parsed once, results and reports included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conformance.protocol.reply import Reply
from conformance.wire.journal import read

pytestmark = pytest.mark.slow

COUNTED_RUN = """
import json, sys
from collections import Counter
from conformance import cli
from conformance.protocol import reply, sse
from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer

streams, decoded = Counter(), Counter()
parse, loads = reply.parse, json.loads

def counted_parse(chunks, *rest):
    chunks = tuple(chunks)
    streams[b"".join(chunk.data for chunk in chunks).decode()] += 1
    return parse(chunks, *rest)

def counted_loads(text, *rest, **more):
    decoded[text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")] += 1
    return loads(text, *rest, **more)

reply.parse = sse.parse = counted_parse
json.loads = counted_loads
with LocalServer(steps=with_faults(Steps(), faults_named([sys.argv[1]]))) as server:
    sys.argv = ["messages-conformance", "run", "--url", server.url, "--model", server.model, *sys.argv[2:]]
    try:
        cli.main()
    except SystemExit as leaving:
        code = leaving.code
json.dump({"code": code, "streams": streams, "decoded": decoded}, open("counts.json", "w"))
"""

FAULT = "start-input-tokens-zero"
AREAS = ("--area", "streaming", "--area", "messages", "--area", "errors")


def test_every_body_of_a_run_is_read_exactly_once(tmp_path: Path) -> None:
    environment = os.environ | {"REFERENCE_KEY": "reference-key"}
    arguments = [sys.executable, "-c", COUNTED_RUN, FAULT, "--api-key-env", "REFERENCE_KEY", *AREAS, "--out", "out"]
    done = subprocess.run(
        arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert (tmp_path / "counts.json").exists(), done.stdout + done.stderr
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["code"] == 1, done.stdout + done.stderr

    streams, documents = Counter[str](), Counter[str]()
    for exchange in read(tmp_path / "out" / "journal.ndjson").exchanges:
        assert exchange.response is not None
        body = exchange.response.body.decode()
        (documents if Reply(exchange).events is None else streams)[body] += 1
    del documents[""]
    assert streams
    assert documents
    assert counts["streams"] == streams
    assert {body: counts["decoded"].get(body, 0) for body in documents} == documents
    read_back = [text for text in counts["decoded"] if text.startswith('{"kind":"exchange"')]
    assert read_back == [], "what was recorded is not read again from the journal"
