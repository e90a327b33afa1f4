"""`explain` and `list`: every id, with links, the right answer and how servers break it; filters of the list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.commands import explain
from conformance.commands import list as lists
from conformance.commands.faults import entries
from conformance.standard.library import Library
from support.command import command


def ids(library: Library) -> list[str]:
    return [
        *library.cases, *library.ledger.clauses, *(client.id for client in library.clients.clients),
        *(tier.name for tier in library.tiers), *library.capabilities, *(rule.id for rule in library.defect_rules),
        *dict.fromkeys(case.area for case in library.catalogue.cases), *(entry["id"] for entry in entries()),
    ]  # fmt: skip


def test_every_id_is_known(library: Library) -> None:
    known = explain.known_ids(library)
    assert [name for name in ids(library) if name not in known] == []


@pytest.mark.parametrize(
    "name",
    ["stream-ends-with-message-stop", "REQ-STREAM-021", "message-stop-missing", "vision", "agent", "claude-code",
     "naga", "valid-requests-refused", "valid-requests-refused-v1-messages-400", "streaming"],
)  # fmt: skip
def test_one_of_each_kind_is_explained(name: str) -> None:
    assert explain.text(name).startswith((f"{name}   ", "valid-requests-refused   "))


def test_a_case_is_explained_with_links_the_right_answer_and_the_ways_to_break_it() -> None:
    text = explain.text("stream-final-stop-reason")
    for part in (
        "https://platform.claude.com/docs/",
        "> {",
        "< 200",
        "message_start",
        "usually breaks",
        "https://github.com",
    ):
        assert part in text
    assert "\n  run it " in text


def test_an_unknown_id_gets_the_nearest_one(tmp_path: Path) -> None:
    done = command("explain", "stream-ends-with-message-stopp", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "Did you mean 'stream-ends-with-message-stop'?" in done.stderr


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        (("--area", "stop"), lambda case: case["area"] == "stop"),
        (("--tier", "core", "--area", "stop"), lambda case: (case["tier"], case["area"]) == ("core", "stop")),
        (("--clause", "REQ-STREAM-025"), lambda case: "REQ-STREAM-025" in case["clauses"]),
        (("--client", "claude-code"), lambda case: True),
    ],
)
def test_the_list_is_filtered(tmp_path: Path, options: tuple[str, ...], holds: object) -> None:
    done = command("list", "--json", *options, cwd=tmp_path)
    listed = json.loads(done.stdout)
    assert 0 < len(listed["cases"]) < len(json.loads(lists.text(as_json=True))["cases"])
    assert all(map(holds, listed["cases"]))  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["area", "tier", "client", "clause"])
def test_a_filter_that_names_nothing_is_bad_input(tmp_path: Path, option: str) -> None:
    done = command("list", f"--{option}", "nowhere", cwd=tmp_path)
    assert done.returncode == 4
    assert done.stderr.startswith(f"messages-conformance: Unknown {option} 'nowhere'.")
