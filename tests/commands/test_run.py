"""The command end to end: outcomes, files and exit codes, as a user meets them."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from conformance.standard.library import Library
from support.command import Done, spawned
from support.command import command as run
from support.data import DATA

KEY = "sk-test-0123456789abcdef"


def results(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return loaded


def outcomes(folder: Path) -> dict[tuple[str, str], str]:
    return {(case["id"], case["mode"]): case["outcome"] for case in results(folder)["cases"]}


@pytest.fixture(scope="module")
def full_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("full")
    return folder / "out", spawned("run", "--out", "out", cwd=folder)


def test_without_a_url_the_reference_endpoint_passes_and_the_gate_holds(
    full_run: tuple[Path, Done],
) -> None:
    folder, done = full_run
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout
    assert "\nreport  out/report.html\n" in done.stdout
    loaded = results(folder)
    assert loaded["complete"] is True
    deviating = [case["id"] for case in loaded["cases"] if case["outcome"] in ("fail", "ignored")]
    assert deviating == []


def test_what_the_reference_cannot_show_is_listed_and_nothing_else_stays_open(
    full_run: tuple[Path, Done],
) -> None:
    folder, _ = full_run
    not_decided = {
        case for (case, _), outcome in outcomes(folder).items() if outcome not in ("pass", "fail", "ignored")
    }
    known = set((DATA / "not_shown_by_reference.txt").read_text(encoding="utf-8").split())
    assert not_decided == known


def test_a_run_leaves_its_files(full_run: tuple[Path, Done]) -> None:
    folder, _ = full_run
    assert {path.name for path in folder.iterdir()} == {
        "journal.ndjson", "results.json", "report.html", "summary.md", "junit.xml", "badge.json",
    }  # fmt: skip


def test_a_second_run_and_a_run_with_two_workers_give_the_same_outcomes(
    full_run: tuple[Path, Done], tmp_path: Path
) -> None:
    folder, _ = full_run
    first = outcomes(folder)
    again = run("run", "--out", "again", cwd=tmp_path)
    spread = run("run", "--out", "spread", "--", "-n", "2", cwd=tmp_path)
    assert (again.returncode, spread.returncode) == (0, 0), spread.stdout + spread.stderr
    assert outcomes(tmp_path / "again") == first
    assert outcomes(tmp_path / "spread") == first
    assert results(tmp_path / "spread")["requests"] == results(folder)["requests"]


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_base_urls_are_understood_with_and_without_slash_and_v1(reference: Any, tmp_path: Path, suffix: str) -> None:
    done = run(
        "run", "--url", reference.url + suffix, "--model", "reference-1", "--case", "response-has-id", "--out", "out",
        cwd=tmp_path, environment={"ANTHROPIC_API_KEY": reference.key},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    path = results(tmp_path / "out")["target"]["path"]
    assert path == ("/messages" if "v1" in suffix else "/v1/messages")
    assert f"answered on {path}" in done.stdout


@pytest.mark.parametrize("auth", ["auto", "x-api-key", "bearer", "both"])
def test_the_key_is_sent_in_the_style_that_was_asked_for(reference: Any, tmp_path: Path, auth: str) -> None:
    (tmp_path / ".env").write_text(f"OUR_KEY={reference.key}\n", encoding="utf-8")
    done = run(
        "run", "--url", reference.url, "--model", "reference-1", "--case", "response-has-id", "--out", "out",
        "--auth", auth, "--api-key-env", "OUR_KEY", "--header", "x-team: blue", "--api-version", "2026-10-21",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "out" / "journal.ndjson").read_text(encoding="utf-8").splitlines()
    sent = [dict(record["request"]["headers"]) for record in map(json.loads, lines) if record["kind"] == "exchange"]
    assert sent
    wanted = {"auto": {"x-api-key"}, "both": {"x-api-key", "authorization"}, "bearer": {"authorization"}}
    for headers in sent:
        assert headers.keys() & {"x-api-key", "authorization"} == wanted.get(auth, {auth})
        assert headers["x-team"] == "blue"
        assert headers["anthropic-version"] == "2026-10-21"
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert reference.key not in written


def test_options_come_from_the_environment_and_the_command_line_wins(reference: Any, tmp_path: Path) -> None:
    environment = {
        "MESSAGES_URL": reference.url,
        "MESSAGES_MODEL": "no-such-model",
        "MESSAGES_CASE": "response-has-id",
        "ANTHROPIC_API_KEY": reference.key,
    }
    done = run("run", "--model", "reference-1", "--out", "out", cwd=tmp_path, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(outcomes(tmp_path / "out")) == {("response-has-id", "json"), ("response-has-id", "stream")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--colour", "red"], 4, ["--colour"]),
        (["--case", "text-greting"], 4, ["text-greting"]),
        (["--case", "response-has-idd"], 4, ["response-has-idd", "'response-has-id'"]),
        (["--area", "tolls"], 4, ["tolls", "'tools'"]),
        (["--api-version", "1999-01-01"], 4, ["1999-01-01"]),
        (["--concurrency", "0"], 4, ["--concurrency"]),
        (["--url", "ftp://example.com", "--model", "m"], 4, ["ftp://example.com"]),
        (["--url", "http://127.0.0.1:9"], 4, ["--model"]),
        (["--header", "nonsense", "--url", "http://127.0.0.1:9", "--model", "m"], 4, ["Name: value"]),
        (["--out", "/proc/nowhere"], 4, ["/proc/nowhere"]),
        (["--", "broken.messages.yaml"], 4, ["broken.messages.yaml:3", "expct", "'expect'"]),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_4(
    tmp_path: Path, arguments: list[str], code: int, words: list[str]
) -> None:
    (tmp_path / "broken.messages.yaml").write_text(
        "- id: broken-case\n  title: Nothing here works\n  expct: []\n", encoding="utf-8"
    )
    done = run("run", *arguments, cwd=tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert "Traceback" not in told
    for word in words:
        assert word in told
    assert not (tmp_path / "reports").exists()


def test_an_unreachable_host_is_told_once_and_exits_2(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    done = run(
        "run", "--url", url, "--model", "m", "--out", "out", cwd=tmp_path, environment={"ANTHROPIC_API_KEY": KEY}
    )
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert "Traceback" not in told
    assert f"{url} cannot be reached" in told
    assert set(outcomes(tmp_path / "out").values()) == {"not-run"}
    assert len((tmp_path / "out" / "journal.ndjson").read_text(encoding="utf-8").splitlines()) >= 3


@pytest.mark.parametrize(
    ("environment", "model", "words"),
    [
        ({"ANTHROPIC_API_KEY": KEY}, "reference-1", "refuses the key in ANTHROPIC_API_KEY with status 401"),
        ({}, "reference-1", "ANTHROPIC_API_KEY is not set"),
        ({"ANTHROPIC_API_KEY": "reference-key"}, "no-such-model", "does not accept the model 'no-such-model'"),
    ],
)
def test_a_wrong_key_and_an_unknown_model_are_told_once_and_exit_2(
    reference: Any, tmp_path: Path, environment: dict[str, str], model: str, words: str
) -> None:
    done = run("run", "--url", reference.url, "--model", model, "--out", "out", cwd=tmp_path, environment=environment)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert "Traceback" not in told
    assert words in told
    assert set(outcomes(tmp_path / "out").values()) == {"not-run"}
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert KEY not in written


def test_an_existing_run_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "journal.ndjson").write_text("kept\n", encoding="utf-8")
    done = run("run", "--case", "response-has-id", "--out", "out", cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert (tmp_path / "out" / "journal.ndjson").read_text(encoding="utf-8") == "kept\n"


def test_list_and_explain_print_catalogue_and_ledger(tmp_path: Path, library: Library) -> None:
    listed = json.loads(run("list", "--json", cwd=tmp_path).stdout)
    assert {clause["id"] for clause in listed["clauses"]} == set(library.ledger.clauses)
    assert {case["id"] for case in listed["cases"]} == set(library.cases)
    assert {"id", "title", "level", "clauses", "caught"} <= listed["cases"][0].keys()
    assert "cases, " in run("list", cwd=tmp_path).stdout
    assert "REQ-TOOL-005" in run("explain", "tools-any-forces-a-call", cwd=tmp_path).stdout
    assert "tools-any-forces-a-call" in run("explain", "REQ-TOOL-005", cwd=tmp_path).stdout
    unknown = run("explain", "tools-any-force-a-call", cwd=tmp_path)
    assert unknown.returncode == 4
    assert "Did you mean 'tools-any-forces-a-call'" in unknown.stderr


def test_report_makes_outputs_from_a_results_file(full_run: tuple[Path, Done], tmp_path: Path) -> None:
    folder, _ = full_run
    done = run("report", str(folder / "results.json"), "--html", "a.html", "--markdown", "a.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == (folder / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == (folder / "summary.md").read_text(encoding="utf-8")
    missing = run("report", "nothing.json", cwd=tmp_path)
    assert missing.returncode == 4
    assert "nothing.json" in missing.stderr
