"""submit and verify: verdicts that others can recompute, and none that does not follow from the evidence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import conformance.report
from support import worst
from support.command import Done, command
from support.servers import serving

SCHEMA = json.loads((Path(conformance.report.__file__).parent / "verification.schema.json").read_text(encoding="utf-8"))
AREAS = ("--area", "stop", "--area", "tools")
Tamper = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run against an endpoint with defects."""
    folder = tmp_path_factory.mktemp("ran")
    with serving(worst.CannedStream) as url:
        done = command("run", "--url", url, "--model", "m-1", *AREAS, "--out", "out", cwd=folder)
    assert done.returncode == 1, done.text
    return folder / "out"


@pytest.fixture
def submitted(ran: Path, tmp_path: Path) -> Path:
    done = command("submit", str(ran / "results.json"), "--out", "sent", "--by", "vendor", cwd=tmp_path)
    assert done.returncode == 0, done.text
    return tmp_path / "sent"


def verify(folder: Path, *arguments: str) -> Done:
    return command("verify", folder.name, *arguments, cwd=folder.parent)


def change(folder: Path, tamper: Tamper, *, sealed: bool = True) -> None:
    """Changes the results of a submission; `sealed`: as somebody would who knows of the hashes."""
    path = folder / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    tamper(results)
    path.write_text(json.dumps(results), encoding="utf-8")
    if sealed:
        (folder / "submission.yaml").unlink()


def test_a_submission_holds_the_results_unmodified_and_says_how_to_check_them(ran: Path, submitted: Path) -> None:
    for name in ("results.json", "journal.ndjson"):
        assert (submitted / name).read_bytes() == (ran / name).read_bytes()
    guide = (submitted / "reproduce.md").read_text(encoding="utf-8")
    assert "messages-conformance verify ." in guide
    assert "messages-conformance run --url http://127.0.0.1" in guide


def test_every_verdict_of_a_genuine_submission_follows(submitted: Path) -> None:
    done = verify(submitted)
    assert done.returncode == 0, done.text
    assert done.stdout.startswith("VERIFIED: ")
    assert "run by: vendor" in done.stdout
    assert "Nobody can see from evidence that it is genuine" in done.stdout
    document = json.loads(verify(submitted, "--json").stdout)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["checked"] > 20


def failing(results: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(case for case in results["cases"] if case["gates"])
    return found


def passes(results: dict[str, Any]) -> None:
    failing(results).update(outcome="pass", gates=False, findings=[])


def drops_a_case(results: dict[str, Any]) -> None:
    results["cases"].remove(failing(results))


def fails(results: dict[str, Any]) -> None:
    case = next(case for case in results["cases"] if case["outcome"] not in ("fail", "ignored"))
    case.update(outcome="fail", gates=True)


def no_longer_gates(results: dict[str, Any]) -> None:
    failing(results)["gates"] = False


def reaches_a_tier(results: dict[str, Any]) -> None:
    results["tiers"][0]["status"] = "reached"


def is_ready(results: dict[str, Any]) -> None:
    results["clients"] = [{**each, "readiness": "ready"} for each in results["clients"]]


def has_no_defects(results: dict[str, Any]) -> None:
    results["defects"] = []


def is_green(results: dict[str, Any]) -> None:
    results["exit_code"] = 0


def is_of_another_endpoint(results: dict[str, Any]) -> None:
    results["target"]["url"] = "https://api.example.com"


def is_of_another_model(results: dict[str, Any]) -> None:
    results["target"]["model"] = "m-2"


def is_of_another_day(results: dict[str, Any]) -> None:
    results["started"] = "2027-01-01T00:00:00Z"


def is_complete(results: dict[str, Any]) -> None:
    results["complete"] = True


LIES = (
    passes, drops_a_case, fails, no_longer_gates, reaches_a_tier, is_ready, has_no_defects, is_green,
    is_of_another_endpoint, is_of_another_model, is_of_another_day, is_complete,
)  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_verdict_that_does_not_follow_is_refused(submitted: Path, lie: Tamper) -> None:
    change(submitted, lie)
    done = verify(submitted)
    assert done.returncode == 1, done.text
    assert done.stdout.startswith("REFUSED: ")
    assert "follows" in done.stdout


def test_evidence_that_was_left_out_is_missed(submitted: Path) -> None:
    """Without the exchanges that show it, a verdict does not follow."""
    journal = submitted / "journal.ndjson"
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if '"kind":"exchange"' not in line or "/v1/messages" not in line]
    journal.write_text("".join(kept or lines[:1]), encoding="utf-8")
    (submitted / "submission.yaml").unlink()
    assert verify(submitted).returncode == 1


@pytest.mark.parametrize("name", ["results.json", "journal.ndjson", "reproduce.md"])
def test_a_file_that_changed_on_the_way_is_refused_by_name(submitted: Path, name: str) -> None:
    with (submitted / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    done = verify(submitted)
    assert done.returncode == 4
    assert f"{name}: The file was changed after it was submitted" in done.text


@pytest.mark.parametrize("name", ["results.json", "journal.ndjson"])
def test_a_missing_file_is_named(submitted: Path, name: str) -> None:
    (submitted / name).unlink()
    done = verify(submitted)
    assert done.returncode == 4
    assert f"{name}: The file does not exist" in done.text


def test_a_submission_names_no_file_outside_of_its_folder(submitted: Path) -> None:
    seal = submitted / "submission.yaml"
    seal.write_text(seal.read_text(encoding="utf-8").replace("reproduce.md", "../secret"), encoding="utf-8")
    done = verify(submitted)
    assert done.returncode == 4
    assert "files of its own folder only" in done.text


def test_what_follows_repairs_results_that_a_mistaken_suite_gave(submitted: Path, tmp_path: Path) -> None:
    """A false alarm of an older suite: the stored evidence, judged again, gives the right card."""

    def false_alarm(results: dict[str, Any]) -> None:
        fails(results)
        results["suite"]["catalogue"] = "0123456789ab"

    change(submitted, false_alarm)
    done = verify(submitted, "--repaired", "repaired.json")
    assert done.returncode == 1
    assert "may be a mistake of the suite that was mended since" in done.stdout
    shutil.copy(tmp_path / "repaired.json", submitted / "results.json")
    assert verify(submitted).returncode == 0


def test_a_dispute_is_shown_with_the_verdict_that_it_is_about(ran: Path, submitted: Path) -> None:
    found = failing(json.loads((ran / "results.json").read_text(encoding="utf-8")))
    case = found["id"]
    dispute = (
        f'- {{case: {case}, statement: "Our stream is right.", state: open, date: "2026-11-28", '
        "link: https://example.com/1}\n"
    )
    (submitted / "disputes.yaml").write_text(dispute, encoding="utf-8")
    done = verify(submitted)
    assert done.returncode == 0, done.text
    assert f"{case}/{found['mode']} {found['outcome']}: Our stream is right. (https://example.com/1)" in done.stdout
    (submitted / "disputes.yaml").write_text(dispute.replace("open", "undecided"), encoding="utf-8")
    done = verify(submitted)
    assert done.returncode == 4
    assert "disputes.yaml:1: " in done.text


def test_results_without_evidence_cannot_be_submitted(ran: Path, tmp_path: Path) -> None:
    shutil.copy(ran / "results.json", tmp_path)
    done = command("submit", "results.json", "--out", "sent", cwd=tmp_path)
    assert done.returncode == 4
    assert "journal.ndjson is missing" in done.text
    assert not (tmp_path / "sent").exists()


def test_a_folder_with_something_in_it_is_left_alone(ran: Path, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "mine").touch()
    done = command("submit", str(ran / "results.json"), "--out", "sent", cwd=tmp_path)
    assert done.returncode == 4
    assert "exists already" in done.text
    assert [path.name for path in (tmp_path / "sent").iterdir()] == ["mine"]
