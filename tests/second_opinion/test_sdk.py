"""The SDK reads recorded bytes, and what it says is compared with our own reading of them."""

from __future__ import annotations

import json
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.engine.offline import is_messages_api
from conformance.protocol.reply import Reply
from conformance.report.second_opinion import text
from conformance.second_opinion import Opinions, is_readable
from conformance.second_opinion.compare import compare
from conformance.second_opinion.sdk import Sdk
from conformance.wire.importers.files import open_recording
from support import make, streams
from support.data import read_data, read_yaml

EXPLAINED = read_yaml("second_opinion.yaml")
PROBES = {stream["id"]: stream for stream in read_data("probe_streams.json")}
OTHER_CONTENT = "differs /content/*/text"


@pytest.fixture(scope="module")
def sdk() -> Sdk:
    return Sdk()


def ids(sdk: Sdk, reply: Reply) -> list[str]:
    return [each.id for each in compare(reply, sdk.read(reply))]


def test_no_socket_is_opened(sdk: Sdk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert ids(sdk, streams.reply_to(streams.whole())) == []


def test_without_the_sdk_one_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(UsageError, match=r"messages-conformance\[sdk\]"):
        Sdk()


@pytest.mark.parametrize("name", PROBES)
def test_the_sdk_says_of_each_probe_stream_what_was_noted_of_it(sdk: Sdk, name: str) -> None:
    noted = PROBES[name]["python_sdk_2.12.0"]
    reading = sdk.read(streams.reply_to(PROBES[name]["sse"]))
    error = reading.folding
    if noted.startswith("FAIL"):
        assert error is not None
        assert error.name == noted.removeprefix("FAIL ").partition(":")[0]
    else:
        assert error is None
        known = json.loads(noted.removeprefix("OK "))
        message = reading.message
        assert message["content"] == known["content"]
        assert message.get("stop_reason") == known["stop"]


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_stream_that_the_sdk_reads_in_another_way_has_a_must_finding(sdk: Sdk, name: str) -> None:
    reply = streams.reply_to(PROBES[name]["sse"])
    found, broken = ids(sdk, reply), streams.failing(reply)
    assert broken or not found
    assert found or set(broken) <= set(EXPLAINED["ours_alone"])


def test_an_error_has_the_number_of_the_event_that_raised_it(sdk: Sdk) -> None:
    body = streams.START + streams.text(0, "a") + streams.text(2, "b") + streams.DELTA + streams.STOP
    (only,) = compare(reply := streams.reply_to(body), sdk.read(reply))
    assert (only.id, only.number) == ("raised IndexError", 6)
    assert reply.events is not None
    assert reply.events[5].type == "content_block_delta"
    assert only.theirs == 'IndexError: "list index out of range"'


def test_the_numbers_are_right_however_lines_end(sdk: Sdk) -> None:
    body = streams.START + streams.text(1, "b") + streams.STOP
    for end in ("\r\n", "\r", "\n"):
        reply = streams.reply_to(body.replace("\n", end))
        assert [each.number for each in compare(reply, sdk.read(reply))] == [3]


def test_an_event_that_reaches_no_caller_is_named_with_its_number_and_pings_are_not(sdk: Sdk) -> None:
    ping = streams.event("ping")
    unnamed = 'data: {"type": "content_block_stop", "index": 0}\n\n'
    body = streams.START + ping + streams.text(0, "a") + unnamed + streams.DELTA + streams.STOP
    (only,) = compare(reply := streams.reply_to(body), sdk.read(reply))
    assert (only.id, only.number, only.theirs) == ("dropped", 6, "nothing")


def test_an_error_that_the_endpoint_sent_is_no_disagreement(sdk: Sdk) -> None:
    error = streams.event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    assert ids(sdk, streams.reply_to(streams.START + error)) == []


def test_a_message_of_the_json_mode_is_compared_as_well(sdk: Sdk) -> None:
    assert ids(sdk, make.reply(make.message())) == []
    assert ids(sdk, make.reply(b"{")) == ["raised JSONDecodeError"]


def test_the_beta_half_of_the_sdk_reads_what_was_asked_for_with_a_beta(sdk: Sdk) -> None:
    opening = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {}}
    call = streams.block(0, opening, {"type": "input_json_delta", "partial_json": '{"a": 1}'})
    body = streams.START + call + streams.DELTA + streams.STOP
    assert ids(sdk, streams.reply_to(body)) == ["lost /content/*/input/a"]
    asked = make.request({"stream": True}, headers=[("anthropic-beta", "mcp-client-2025-11-20")])
    assert ids(sdk, streams.reply_to(body, sent=asked)) == []


def test_no_body_makes_the_comparison_itself_fail(sdk: Sdk) -> None:
    odd = [
        b"",
        b"\xff\xfe",
        b"event: message_start\ndata: []\n\n",
        b"data: 1\n\n" * 3,
        b"event: x\ndata: " + b"[" * 5000,
    ]
    for body in odd:
        reply = streams.reply_to(body)
        assert isinstance(compare(reply, sdk.read(reply)), tuple)


def test_only_answers_that_the_sdk_returns_to_its_caller_are_read() -> None:
    assert is_readable(make.reply(make.message()))
    assert not is_readable(make.reply({"type": "error"}, status=400))


def test_opinions_add_up_and_name_what_our_judge_found() -> None:
    opinions = Opinions()
    opinions.take(streams.reply_to(streams.whole()), (), "a.ndjson:1")
    opinions.take(streams.reply_to(streams.START + streams.text(1, "b")), ["stream-index-contiguous"], "a.ndjson:2")
    told = opinions.as_json()
    assert (told["read"], told["streams"], told["agreed"], told["disagreed"]) == (2, 2, 1, 1)
    (exchange,) = told["exchanges"]
    assert (exchange["place"], exchange["must_findings"]) == ("a.ndjson:2", ["stream-index-contiguous"])
    assert [each["id"] for each in exchange["differences"]] == ["raised IndexError"]


def test_the_text_says_where_what_and_what_our_judge_found() -> None:
    opinions = Opinions()
    bad = streams.START + streams.text(1, "b") + streams.STOP
    unseen = streams.whole(**{"\x1b[31m": 1}).replace("event: content_block_stop\n", "")
    opinions.take(streams.reply_to(bad), ["stream-index-contiguous"], "a.ndjson:2")
    opinions.take(streams.reply_to(unseen), (), "a.ndjson:3")
    opinions.take(streams.reply_to(streams.whole()), (), "a.ndjson:4")
    release = opinions.as_json()["sdk"]
    assert text(opinions.as_json()).splitlines() == [
        f"Second opinion: anthropic {release} read 3 answers (3 of them streams); 2 differ from our reading",
        "  a.ndjson:2",
        '    event 3  the SDK raises IndexError: "list index out of range"',
        "    our judge: stream-index-contiguous",
        "  a.ndjson:3",
        '    event 4  the SDK does not deliver it: {"type": "content_block_stop", "index": 0}',
        "    our judge: no finding at must level",
    ]


def test_the_sdk_reads_every_genuine_recording_as_we_do(sdk: Sdk, corpus: Path) -> None:
    read: Counter[bool] = Counter()
    unexplained = []
    for recorded in open_recording(corpus).exchanges():
        reply = Reply(recorded.exchange, recorded.streamed)
        if recorded.synthetic or not is_messages_api(recorded.exchange.request) or not is_readable(reply):
            continue
        read[reply.events is not None] += 1
        known = {each["disagreement"] for each in EXPLAINED["recordings"] if each["damage"] in recorded.flags}
        unexplained += [(recorded.exchange.line, each) for each in ids(sdk, reply) if each not in known]
    assert unexplained == []
    assert read[True] > 50
    assert read[False] > 100
