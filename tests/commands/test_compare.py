"""The command `compare`: a gateway between a client and the reference endpoint, honest or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import conformance.report
from conformance.base.errors import HarnessError, UsageError
from conformance.cli import command
from conformance.commands.compare import Arrivals
from conformance.reference.answer import Call
from conformance.wire.proxy import Proxy
from conformance.wire.proxy_server import ProxyServer
from support import make
from support.servers import free_address, serving

CASES = ("system-two-blocks", "tools-loop-with-real-call", "errors-have-envelope", "transport-client-betas-accepted")
SCHEMA = json.loads((Path(conformance.report.__file__).parent / "comparison.schema.json").read_text(encoding="utf-8"))


def compared(direct: str, through: str, folder: Path, *options: str) -> Result:
    arguments = ["compare", direct, through, "--out", str(folder), *(f"--case={case}" for case in CASES), *options]
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def document(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "comparison.json").read_text())
    Draft202012Validator(SCHEMA).validate(found)
    return found


def test_an_honest_gateway_changes_nothing(tmp_path: Path) -> None:
    upstream = free_address()
    with ProxyServer(lambda: Proxy(upstream, lambda exchange: None)) as gateway:
        done = compared(upstream, gateway.url, tmp_path, "--loopback")
    assert done.exit_code == 0, done.output
    found = document(tmp_path)
    assert [each for each in found["findings"] if not each["informs"]] == []
    assert found["compared"] > 5
    assert "NOTHING CHANGED" in done.output
    assert {left["what"] for left in found["not_compared"]} >= {"header retry-after"}


def test_what_a_lossy_gateway_changes_is_found_on_both_ways(tmp_path: Path) -> None:
    upstream = free_address()
    with lossy(upstream) as gateway:
        done = compared(upstream, gateway, tmp_path, "--loopback", "--json")
    assert done.exit_code == 1, done.output
    kinds = {(each["kind"], each["where"]) for each in document(tmp_path)["findings"]}
    assert kinds >= {
        ("request-part-joined", "system"),
        ("header-lost", "request-id"),
        ("ping-lost", "ping"),
        ("stream-buffered", "events"),
    }
    assert any(kind == "request-beta-lost" for kind, _ in kinds)
    (journal,) = (tmp_path / "through").glob("journal.ndjson")
    evidence = document(tmp_path)["findings"][0]["evidence"][0]
    line = json.loads(journal.read_text().splitlines()[evidence["through_line"] - 1])
    assert f"{line['scenario']}/{line['mode']}" == evidence["scenario"]
    read = [json.loads(line) for line in (tmp_path / "arrived.ndjson").read_text().splitlines()]
    assert {each["through_line"] for each in read} >= {evidence["through_line"]}


@pytest.mark.parametrize(
    ("direct", "through", "options", "said"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:2", ["--model=m", "--url=http://127.0.0.1:3"], "takes two base URLs"),
        ("", "http://127.0.0.1:2", ["--model=m"], "url"),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", [], "No model is set"),
        ("http://192.0.2.1:80", "http://127.0.0.1:2", ["--loopback"], "--loopback serves at DIRECT"),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", ["--model=m", "--case=nonsense"], "nonsense"),
    ],
)
def test_what_does_not_fit_is_a_usage_error(
    tmp_path: Path, direct: str, through: str, options: list[str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        compared(direct, through, tmp_path, *options)


def test_what_arrives_has_no_key_of_the_gateway_in_it() -> None:
    arrivals = Arrivals()
    key = "sk-of-the-gateway-0123456789"
    headers = (("authorization", f"Bearer {key}"), ("x-team", key))
    arrivals.hear(Call("POST", "/v1/messages", headers=headers, body=json.dumps({"api_key": key}).encode()))
    exchange = make.exchange({})
    (request,) = arrivals.by_line([replace(exchange, started="2020-01-01T00:00:00.000Z")])[exchange.line]
    assert key not in repr(request)


def test_what_arrived_is_kept_up_to_a_number_of_bytes() -> None:
    arrivals = Arrivals(most=10_000)
    for _ in range(5):
        arrivals.hear(Call("POST", "/v1/messages", body=b"{}" + b" " * 3_000))
    exchanges = [
        replace(make.exchange({}, line=1), started="2020-01-01T00:00:00.000Z"),
        replace(make.exchange({}, line=2), started="2099-01-01T00:00:00.000Z"),
    ]
    assert set(arrivals.by_line(exchanges)) == set()
    few = Arrivals()
    few.hear(Call("POST", "/v1/messages"))
    assert {line: len(read) for line, read in few.by_line(exchanges).items()} == {1: 1, 2: 0}


def test_a_folder_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError) as caught:
        compared(free_address(), free_address(), tmp_path / "file" / "out", "--loopback")
    assert caught.value.exit_code == 4


def test_an_upstream_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        compared(free_address(), free_address(), tmp_path, "--model=m")
    assert caught.value.exit_code == 2


@contextmanager
def lossy(upstream: str) -> Iterator[str]:
    """A gateway that joins system blocks, forgets a header each way and the pings, and holds streams back."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if body:
                asked = json.loads(body)
                if isinstance(asked.get("system"), list):
                    asked["system"] = "\n".join(block["text"] for block in asked["system"])
                body = json.dumps(asked).encode()
            left_out = ("host", "connection", "content-length", "anthropic-beta")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
            connection = HTTPConnection(upstream.removeprefix("http://"))
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            data = response.read().replace(b'event: ping\ndata: {"type":"ping"}\n\n', b"")
            connection.close()
            self.send_response(response.status)
            self.send_header("content-type", response.getheader("content-type") or "")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = forward  # noqa: N815

    with serving(Handler) as url:
        yield url
