"""judge: recorded exchanges in, verdict out, as a user meets it."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import conformance.report
from conformance.standard.library import Library
from support import worst
from support.command import Done, command
from support.page import unpacked
from support.servers import serving

SCHEMAS = Path(conformance.report.__file__).parent
KEY = "sk-ant-0123456789-secret"
DATE = "Sat, 28 Nov 2026 00:00:00 GMT"
USAGE = {"input_tokens": 9, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 3}


def run(*arguments: str, cwd: Path) -> Done:
    return command("run", *arguments, cwd=cwd)


def message(number: int = 1, **changes: Any) -> dict[str, Any]:
    text = [{"type": "text", "text": "Hello."}]
    whole: dict[str, Any] = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "m-1"}
    whole |= {"content": text, "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE}
    return {key: value for key, value in (whole | changes).items() if value is not ...}


def stream(number: int = 1, *, stop: str = "end_turn") -> str:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message(number, content=[], stop_reason=None)},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One record of NDJSON; `stream` True makes it a stream."""
    streamed = changes.pop("stream", False)
    body = {"model": "m-1", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi."}], "stream": streamed}
    media = "text/event-stream" if streamed else "application/json"
    answer = {"sse": stream(number)} if streamed else {"body": message(number)}
    headers = {"content-type": media, "request-id": f"req_{number}", "date": DATE}
    request = {
        "method": "POST", "url": "https://gateway.test/v1/messages",
        "headers": {"anthropic-version": "2023-06-01", "x-api-key": KEY}, "body": body,
    }  # fmt: skip
    whole = {"request": request, "response": {"status": 200, "headers": headers, **answer}}
    for place, value in changes.items():
        *path, last = place.split("__")
        inner: dict[str, Any] = whole
        for step in path:
            inner = inner[step]
        inner[last] = value
    return whole


def ndjson(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in records)


def judged(folder: Path, *arguments: str, code: int | None = None) -> dict[str, Any]:
    """The document of `judge --json`, which fits its schema and that of results.json."""
    done = command("judge", "--json", *arguments, cwd=folder)
    document: dict[str, Any] = json.loads(done.stdout) if done.stdout else pytest.fail(done.stderr)
    schemas = [json.loads((SCHEMAS / name).read_text()) for name in ("judged.schema.json", "results.schema.json")]
    registry: Any = Registry().with_resources([(each["$id"], Resource.from_contents(each)) for each in schemas])
    Draft202012Validator(schemas[0], registry=registry).validate(document)
    assert done.returncode == document["exit_code"]
    if code is not None:
        assert document["exit_code"] == code, done.stderr
    return document


def failing(document: dict[str, Any]) -> set[str]:
    cases = document["cases"]
    return {case["id"] for case in cases if case["outcome"] == "fail" and not case["informational"]}


@pytest.fixture(scope="module")
def faulty_url() -> Iterator[str]:
    with serving(worst.CannedStream) as url:
        yield url


def same_as_the_run(folder: Path) -> dict[str, Any]:
    before = json.loads((folder / "out" / "results.json").read_text())
    document = judged(folder, "out/journal.ndjson")
    assert document["left_out"] == []
    after = {name: value for name, value in document.items() if name in before}
    for one, other in ((before, after), *zip(before["cases"], after["cases"], strict=True)):
        beside = {"cases": 0, "duration": 0}
        if "@out/requests/" in str(one.get("curl")):  # a body in a file, which only a run writes
            beside["curl"] = 0
        assert {**one, **beside} == {**other, **beside}
    return document


def test_the_journal_of_a_run_gives_the_results_of_the_run_again(tmp_path: Path, library: Library) -> None:
    done = run("--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    document = same_as_the_run(tmp_path)
    assert document["exit_code"] == 0
    assert {case["id"] for case in document["cases"]} == set(library.cases)


def test_the_journal_of_a_faulty_server_gives_its_failures_again(tmp_path: Path, faulty_url: str) -> None:
    done = run("--url", faulty_url, "--model", "m", "--strict", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    document = same_as_the_run(tmp_path)
    assert document["exit_code"] == 1
    assert len(failing(document)) > 20


def test_a_run_of_a_selection_is_judged_by_that_selection(tmp_path: Path) -> None:
    assert run("--area", "usage", "--out", "out", cwd=tmp_path).returncode == 0
    same_as_the_run(tmp_path)


def test_a_torn_last_line_of_a_journal_is_left_out_and_told(tmp_path: Path) -> None:
    assert run("--case", "response-has-id", "--out", "out", cwd=tmp_path).returncode == 0
    journal = tmp_path / "out" / "journal.ndjson"
    lines = journal.read_bytes().splitlines(keepends=True)
    exchanges = [line for line in lines if b'"kind":"exchange"' in line]
    journal.write_bytes(b"".join(lines[:2] + exchanges[:1]) + exchanges[0][:100])
    done = command("judge", "out/journal.ndjson", cwd=tmp_path)
    assert "the last line is torn and was left out" in done.stdout


def test_good_recordings_hold_the_gate_in_every_form(tmp_path: Path) -> None:
    good = ndjson(record(1), record(2, stream=True))
    (tmp_path / "a.ndjson").write_text(good)
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(good.encode()))
    (tmp_path / "c.har").write_text(json.dumps(har(record(3), record(4, stream=True)), indent=2))
    document = judged(tmp_path, "a.ndjson", "b.log.gz", "c.har", code=0)
    assert failing(document) == set()
    assert [(each["path"], each["form"], each["judged"]) for each in document["files"]] == [
        ("a.ndjson", "ndjson", 2), ("b.log.gz", "ndjson", 2), ("c.har", "har", 2),
    ]  # fmt: skip
    assert document["requests"] == 6


def har(*records: dict[str, Any]) -> dict[str, Any]:
    entries = []
    for each in records:
        sent, got = each["request"], each["response"]
        text = got.get("sse") or json.dumps(got["body"])
        entries.append(
            {
                "startedDateTime": "2026-11-22T10:00:00.000Z",
                "request": {
                    "method": sent["method"], "url": sent["url"], "httpVersion": "h2",
                    "headers": [{"name": name, "value": value} for name, value in sent["headers"].items()],
                    "postData": {"mimeType": "application/json", "text": json.dumps(sent["body"])},
                },
                "response": {
                    "status": got["status"], "httpVersion": "h2",
                    "headers": [{"name": ":status", "value": "200"}]
                    + [{"name": name, "value": value} for name, value in got["headers"].items()],
                    "content": {"mimeType": "x", "text": text, "size": len(text)},
                },
            }
        )  # fmt: skip
    return {"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "pages": [], "entries": entries}}


def test_deviations_are_grouped_by_case_with_counts_and_first_examples(tmp_path: Path) -> None:
    wrong = [record(n, response__body=message(n, stop_reason="stop" if n > 2 else "end_turn")) for n in range(1, 6)]
    (tmp_path / "log.ndjson").write_text(ndjson(*wrong))
    document = judged(tmp_path, "log.ndjson", code=1)
    cases = document["cases"]
    (case,) = [case for case in cases if case["id"] == "stop-reason-is-native" and case["mode"] == "json"]
    assert (case["outcome"], case["deviating"], case["seen"], case["gates"]) == ("fail", 3, 5, True)
    assert case["findings"][0]["where"]["file"] == "log.ndjson:3"
    assert document["exchanges"]["3"]["place"] == "log.ndjson:3"
    text = command("judge", "log.ndjson", cwd=tmp_path).stdout
    assert "where     /stop_reason of log.ndjson:3" in text
    assert "in 3 of 5 answers" in text


@pytest.mark.parametrize(
    ("header", "value", "key"),
    [
        ("x-api-key", "K7q9Zx", "K7q9Zx"),
        ("x-api-key", "K7qZ", "K7qZ"),
        ("authorization", "Bearer K7q9Zx3", "K7q9Zx3"),
        ("cookie", "a=1; session=K7q9Zx", "K7q9Zx"),
        ("x-api-key", "K7q9Zx3V", "K7q9Zx3V"),
    ],
)
def test_a_short_recorded_credential_is_in_no_output(tmp_path: Path, header: str, value: str, key: str) -> None:
    leaking = record(1, request__headers={"anthropic-version": "2023-06-01", header: value})
    leaking["request"]["url"] = f"https://user:{key}@gateway.test/v1/messages?api_key={key}&beta=true"
    leaking["request"]["body"]["metadata"] = {"user_id": key}
    leaking["response"]["headers"] |= {"x-echo": f"Bearer {key}", "set-cookie": f"s={key}; Path=/"}
    leaking["response"]["body"] = message(1, role=key, model=key, content=[{"type": "text", "text": key}])
    streamed = record(2, stream=True, request__headers={header: value})
    split = stream(2).replace('"text_delta", "text": "Hello."', f'"text_delta", "text": "{key[:2]}"')
    streamed["response"]["sse"] = split + f'event: {key}\ndata: {{"type":"{key}"}}\n\n'
    (tmp_path / "log.ndjson").write_text(ndjson(leaking, streamed))
    options = ("log.ndjson", "--html", "report.html", "--markdown", "summary.md")
    done = command("judge", *options, cwd=tmp_path)
    document = command("judge", "log.ndjson", "--json", cwd=tmp_path)
    written = done.stdout + done.stderr + document.stdout + document.stderr
    written += unpacked((tmp_path / "report.html").read_text()) + (tmp_path / "summary.md").read_text()
    assert done.returncode == 1
    assert "[red" in written
    assert key not in written


def test_reports_are_written_and_hold_no_credentials(tmp_path: Path) -> None:
    leaking = record(1, response__body=message(1, role="user", content=[{"type": "text", "text": f"your key {KEY}"}]))
    (tmp_path / "log.ndjson").write_text(ndjson(leaking))
    done = command("judge", "log.ndjson", "--html", "a.html", "--markdown", "a.md", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "log.ndjson:1" in (tmp_path / "a.html").read_text()
    assert "response-role-is-assistant" in (tmp_path / "a.md").read_text()
    written = unpacked((tmp_path / "a.html").read_text()) + (tmp_path / "a.md").read_text() + done.stdout
    assert KEY not in written
    assert KEY not in command("judge", "log.ndjson", "--json", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.ndjson", "{}\n", "a.ndjson:1: an exchange lacks 'request'"),
        ("a.ndjson", ndjson(record(1)) + "\n{\n", "a.ndjson:3: this line is not JSON"),
        ("a.ndjson", ndjson(record(1, response__status="200")), "a.ndjson:1: this is not an exchange: status \"200\""),
        ("a.ndjson", ndjson(record(1, request=[])), "a.ndjson:1: this is not an exchange"),
        ("a.txt", "GET / HTTP/1.1\n", "a.txt:1: this is neither NDJSON"),
        ("a.har", '{"log": {\n"entries": [\n{"request": 1}]}}', "a.har:3: an entry"),
        ("a.har", '{"log": {"entries": [\n', "a.har:2: this is not JSON"),
        ("a.har", '{"log": [1]}', "a.har:1: expected '{' of a HAR file"),
        ("a.gz", b"\x1f\x8bnonsense", "a.gz: the "),
        ("a.ndjson", '{"kind": "run", "journal": 99}\n', "a.ndjson:1: the journal has format 99"),
        ("own.messages.yaml", "- id: a\n", "None of the files is a recording"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_file_and_line_and_exits_4(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    done = command("judge", name, cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert command("judge", "missing.ndjson", cwd=tmp_path).returncode == 4


@pytest.mark.parametrize(
    "records",
    [
        [record(1, synthetic=True)],
        [record(1, response=None)],
        [record(1, request__url="https://api.openai.com/v1/chat/completions")],
        [record(1, request__url="https://chat.test/rooms/7/messages", request__body={"text": "hi"})],
        [record(1, request__url="https://api.openai.com/v1/models", request__headers={})],
    ],
)
def test_where_nothing_can_be_judged_the_command_exits_2_and_says_so(
    tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    (tmp_path / "log.ndjson").write_text(ndjson(*records))
    done = command("judge", "log.ndjson", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "there is no exchange to judge" in done.stdout


def test_damage_that_a_recorder_did_is_left_out_by_its_flag(tmp_path: Path) -> None:
    bare = [record(n, response__headers={"content-type": "application/json", "date": DATE}) for n in (1, 2)]
    (tmp_path / "log.ndjson").write_text(ndjson(*bare))
    (doubted,) = judged(tmp_path, "log.ndjson", code=0)["excluded"]
    assert (doubted["flag"], doubted["exchanges"]) == ("recorder-unknown", 2)
    document = judged(tmp_path, "log.ndjson", "--damage", "headers-filtered", code=0)
    assert {"flag": "headers-filtered", "exchanges": 2}.items() <= document["excluded"][0].items()
    (tmp_path / "flagged.ndjson").write_text(
        ndjson(*(each | {"fidelity": ["headers-filtered", "odd"]} for each in bare))
    )
    undated = [record(n, response__headers={"content-type": "application/json"}) for n in (1, 2)]
    (tmp_path / "undated.ndjson").write_text(ndjson(*undated))
    assert judged(tmp_path, "undated.ndjson", code=0)["excluded"] == document["excluded"]
    flagged = judged(tmp_path, "flagged.ndjson", code=0)
    assert flagged["unknown_flags"] == ["odd"]
    misspelt = command("judge", "log.ndjson", "--damage", "headers-filterd", cwd=tmp_path)
    assert misspelt.returncode == 4
    assert "Did you mean 'headers-filtered'" in misspelt.stderr


def test_records_without_headers_and_bodies_are_judged_by_what_they_have(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    records = [
        record(1, response__headers={}),
        record(2, request__body=None, response__body=message(2, content=[call], stop_reason="tool_use")),
        record(3, response__body=None),
        record(4, stream=True, request__body=None),
    ]
    (tmp_path / "log.ndjson").write_text(ndjson(*records))
    document = judged(tmp_path, "log.ndjson", code=0)
    flags = {each["flag"] for each in document["excluded"]}
    assert flags == {"no-response-headers", "no-request-body", "no-response-body", "body-as-text"}
    assert failing(document) == set()


def test_a_file_that_was_cut_is_judged_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress("".join(map(ndjson, map(record, range(99)))).encode())[:-20])
    (cut,) = judged(tmp_path, "a.gz", code=0)["files"]
    assert 0 < cut["judged"] < 99
    assert cut["torn"] == cut["judged"] + 1


def test_an_id_that_two_answers_share_is_said_and_may_be_the_recorders_doing(tmp_path: Path) -> None:
    (tmp_path / "twice.ndjson").write_text(ndjson(record(1), record(1)))
    assert failing(judged(tmp_path, "twice.ndjson", code=0)) == set()
    other = record(1, response__body=message(1, content=[{"type": "text", "text": "Something else."}]))
    (tmp_path / "shared.ndjson").write_text(ndjson(record(1), other))
    document = judged(tmp_path, "shared.ndjson", code=0)
    assert failing(document) == set()
    assert [each["flag"] for each in document["excluded"]] == ["ids-made-up"]
    assert command("judge", "shared.ndjson", cwd=tmp_path).stdout.count("ids-made-up:") == 1


def test_a_json_answer_in_place_of_a_stream_is_found(tmp_path: Path) -> None:
    asked = {**record(1)["request"]["body"], "stream": True}
    (tmp_path / "log.ndjson").write_text(ndjson(record(1, request__body=asked)))
    assert failing(judged(tmp_path, "log.ndjson", code=1)) == {"stream-content-type", "stream-sent"}


def test_progress_is_shown_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "log.ndjson").write_text(ndjson(record(1)))
    assert command("judge", "log.ndjson", cwd=tmp_path).stderr == ""
    assert "judging" in command("judge", "log.ndjson", cwd=tmp_path, terminal=True).stderr


def test_a_run_that_could_not_begin_gives_its_reason_again(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert run("--url", url, "--model", "m", "--out", "out", cwd=tmp_path).returncode == 2
    document = same_as_the_run(tmp_path)
    assert document["exit_code"] == 2
    assert "cannot be reached" in document["incomplete_reason"]


def test_case_files_of_your_own_are_judged_with(tmp_path: Path) -> None:
    (tmp_path / "team.messages.yaml").write_text(
        "- id: team-answers-are-short\n  title: No answer of the team says hello\n  on: every-answer\n"
        "  expect:\n    - text-lacks: Hello\n"
    )
    (tmp_path / "log.ndjson").write_text(ndjson(record(1)))
    assert failing(judged(tmp_path, "log.ndjson", "team.messages.yaml", code=1)) == {"team-answers-are-short"}


def test_a_warning_level_finding_gates_when_asked(tmp_path: Path) -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}
    (tmp_path / "log.ndjson").write_text(ndjson(record(1, response__body=error, response__status=500)))
    assert failing(judged(tmp_path, "log.ndjson", code=0)) == {"errors-request-id-key"}
    judged(tmp_path, "log.ndjson", "--gate", "should", code=1)


def test_the_body_of_a_har_entry_in_base64_is_judged_byte_by_byte(tmp_path: Path) -> None:
    archive = har(record(1, stream=True))
    content = archive["log"]["entries"][0]["response"]["content"]
    broken = content["text"].encode().replace(b"Hello.", b"Hello \xff.")
    content |= {"text": base64.b64encode(broken).decode(), "encoding": "base64"}
    (tmp_path / "a.har").write_text(json.dumps(archive))
    assert "stream-is-utf-8" in failing(judged(tmp_path, "a.har", code=1))


def findings_in(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of `--findings`, which fit their schema."""
    names = ("finding.schema.json", "results.schema.json")
    schemas = [json.loads((SCHEMAS / name).read_text()) for name in names]
    registry: Any = Registry().with_resources([(each["$id"], Resource.from_contents(each)) for each in schemas])
    validator = Draft202012Validator(schemas[0], registry=registry)
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for each in found:
        validator.validate(each)
    return found


def test_every_finding_is_written_while_the_document_holds_the_first_ones(tmp_path: Path) -> None:
    wrong = [record(n, response__body=message(n, stop_reason="stop")) for n in range(1, 10)]
    (tmp_path / "log.ndjson").write_text(ndjson(*wrong))
    document = judged(tmp_path, "log.ndjson", "--findings", "all.ndjson", code=1)
    found = findings_in(tmp_path / "all.ndjson")
    case = "stop-reason-is-native"
    (shown,) = [each for each in document["cases"] if each["id"] == case and each["mode"] == "json"]
    mine = [each for each in found if each["case"] == case]
    assert [each["where"]["file"] for each in mine] == [f"log.ndjson:{n}" for n in range(1, 10)]
    assert 1 <= len(shown["findings"]) <= 5 < len(mine) == shown["deviating"]
    assert {each["title"] for each in mine} == {shown["title"]}


def test_the_findings_of_a_run_are_those_of_its_results(tmp_path: Path, faulty_url: str) -> None:
    options = ("--url", faulty_url, "--model", "m", "--area", "response", "--out", "out")
    assert run(*options, cwd=tmp_path).returncode == 1
    document = judged(tmp_path, "out/journal.ndjson", "--findings", "all.ndjson", code=1)
    found = findings_in(tmp_path / "all.ndjson")
    counts = {(case["id"], case["mode"]): len(case["findings"]) for case in document["cases"] if case["findings"]}
    assert counts
    for (case, mode), count in counts.items():
        mine = [each for each in found if (each["case"], each["mode"]) == (case, mode)]
        assert len(mine) >= count
        assert all(each["where"]["line"] for each in mine)


def test_a_recording_that_turns_out_to_be_broken_leaves_the_old_findings(tmp_path: Path) -> None:
    (tmp_path / "all.ndjson").write_text("from before\n")
    (tmp_path / "log.ndjson").write_text(ndjson(record(1, response__body=message(1, role="user"))) + "{\n{}\n")
    assert command("judge", "log.ndjson", "--findings", "all.ndjson", cwd=tmp_path).returncode == 4
    assert (tmp_path / "all.ndjson").read_text() == "from before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.ndjson", "log.ndjson"]


@pytest.mark.parametrize("option", ["--json", "--html=x", "--markdown=x", "--findings=x"])
def test_one_report_shows_one_run(tmp_path: Path, option: str) -> None:
    for name in ("a", "b"):
        assert run("--case", "response-has-id", "--out", name, cwd=tmp_path).returncode == 0
    done = command("judge", "a/journal.ndjson", "b/journal.ndjson", option, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "report on one run or one set of recordings; judge the journals one by one" in done.stderr
    assert command("judge", "a/journal.ndjson", "b/journal.ndjson", cwd=tmp_path).returncode == 0
