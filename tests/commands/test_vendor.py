"""run --vendor: the endpoint against the specification, and against its vendor's own documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.faults import with_faults
from conformance.reference.personas import persona_of
from conformance.reference.pipeline import Steps
from conformance.reference.server import LocalServer
from conformance.standard.vendors import load_vendor
from support.command import Done, command

YUHUAN = load_vendor("yuhuan")
KEY = "dummy-0123456789"


@pytest.fixture(scope="module")
def persona() -> Iterator[LocalServer]:
    with LocalServer(steps=with_faults(Steps(), persona_of("yuhuan"))) as server:
        yield server


def run(folder: Path, persona: LocalServer, *arguments: str) -> Done:
    given = ("--vendor", "yuhuan", "--url", persona.url, "--model", persona.model, "--out", "out")
    environment = {YUHUAN.key_variable: persona.key}
    return command("run", *given, *arguments, cwd=folder, environment=environment)


def results(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))
    return found


def test_the_cases_of_the_vendor_are_sent_and_decide_its_claims(tmp_path: Path, persona: LocalServer) -> None:
    done = run(tmp_path, persona, "--area", "yuhuan", "--area", "response")
    found = results(tmp_path)
    assert found["vendor"]["id"] == "yuhuan"
    claims = {claim["id"]: claim for claim in found["claims"]}
    assert set(claims) == {claim.id for claim in YUHUAN.claims}
    own = [claim for claim in claims.values() if claim["case"].startswith("yuhuan-")]
    assert own
    assert "broken" in {claim["verdict"] for claim in own}
    assert "Yuhuan Studio's own documents" in done.text


def test_a_journal_of_such_a_run_is_judged_with_the_same_claims(tmp_path: Path, persona: LocalServer) -> None:
    run(tmp_path, persona, "--area", "yuhuan")
    before = results(tmp_path)["claims"]
    judged = command("judge", "out/journal.ndjson", "--json", cwd=tmp_path)
    assert json.loads(judged.stdout)["claims"] == before


def test_the_command_that_repeats_a_case_of_the_vendor_needs_no_file(tmp_path: Path, persona: LocalServer) -> None:
    run(tmp_path, persona, "--area", "yuhuan")
    repeated = [case["rerun"] for case in results(tmp_path)["cases"] if case["outcome"] == "fail"]
    assert repeated
    assert all("--vendor yuhuan" in line and ".messages.yaml" not in line for line in repeated)
