"""The shipped catalogue holds to its style, and malformed case files are told with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.judge.checks import REGISTRY
from conformance.judge.library import load_library
from conformance.model import Direction, Mode, Selector
from conformance.standard.bases import load_bases
from conformance.standard.library import Library
from conformance.standard.paths import CASE_SCHEMA, catalogue_folder
from conformance.standard.schemas import read_schema
from conformance.standard.source import SourceError


def test_every_case_cites_clauses_and_names_a_fault_that_it_catches(library: Library) -> None:
    assert [case.id for case in library.catalogue.cases if not case.clauses] == []
    assert [case.id for case in library.catalogue.cases if not case.caught] == []


def test_the_schema_of_the_catalogue_is_a_schema() -> None:
    for part in ("", "bases", "derived"):
        Draft202012Validator.check_schema(read_schema(CASE_SCHEMA, part))


def test_the_schema_and_the_readme_list_every_selector_and_every_key() -> None:
    readme = (catalogue_folder() / "README.md").read_text(encoding="utf-8")
    keys = read_schema(CASE_SCHEMA, "case")["properties"]
    assert [selector for selector in Selector if f"`{selector}`" not in readme] == []
    assert [selector for selector in Selector if selector not in keys["on"]["description"]] == []
    assert [key for key in keys if f"`{key}`" not in readme] == []


def test_every_check_is_used_and_has_a_claim(library: Library) -> None:
    used = {call.name for case in library.catalogue.cases for call in (*case.expect, *case.given)}
    assert sorted(set(REGISTRY) - used) == []
    assert [name for name, check in REGISTRY.items() if not check.summary] == []


def test_refusals_have_a_control_and_judge_one_mode(library: Library) -> None:
    refusals = [case for case in library.catalogue.cases if case.direction is Direction.REFUSE and case.steps]
    assert [case.id for case in refusals if case.control is None] == []
    assert refusals


def test_what_is_counted_against_a_control_has_a_control_of_the_same_mode(library: Library) -> None:
    """Counts of the other mode prove nothing, and then the marker alone would decide, which is up to the model."""
    other = [
        case.id
        for case in library.catalogue.cases
        if case.control is not None and case.control.mode is not None and set(case.modes) != {case.control.mode}
        if any(call.name in ("honoured", "read-or-refused") for call in case.expect)
    ]
    assert other == []


def test_a_case_on_a_valid_request_is_not_governed_by_a_clause_on_refusals(library: Library) -> None:
    """Its level would be that of the refusal. Cases on errors judge what a refusal looks like."""
    odd = [
        case.id
        for case in library.catalogue.cases
        if case.direction is Direction.SERVE
        and case.area != "errors"
        and library.ledger[case.clauses[0]].direction is Direction.REFUSE
        and not case.informational
    ]
    assert odd == []


def test_positive_cases_end_with_evidence_that_only_a_reply_to_the_request_gives(library: Library) -> None:
    """A status or a shape alone proves nothing: a canned answer has both."""
    shallow = {"status", "header-present", "media-type", "schema"}
    thin = [
        case.id
        for case in library.catalogue.cases
        if case.steps
        and case.direction is Direction.SERVE
        and not case.informational
        and {call.name for call in case.expect} <= shallow
        and case.steps[-1].makes_message
    ]
    assert thin == []


def test_streaming_cases_judge_stream_mode_only(library: Library) -> None:
    on_streams = [case for case in library.catalogue.cases if Selector.EVERY_STREAM in case.on]
    assert on_streams
    assert {case.modes for case in on_streams} == {(Mode.STREAM,)}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "private.messages.yaml"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = """\
- id: private-greeting
  title: Our endpoint greets
  level: must
  send: {$base: text}
  expect:
    - status: 200
"""


def test_a_users_case_file_is_read_beside_the_shipped_catalogue(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    cases = [case for case in load_library("2023-06-01", [path]).catalogue.cases if case.file == str(path)]
    assert [(case.id, case.area, case.line, case.scenario) for case in cases] == [
        ("private-greeting", "private", 1, "text")
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    - status: 200", "    - statsu: 200", 6, ["statsu", "'status'"]),
        ("    - status: 200", "    - status: fine", 6, ["status"]),
        ("send: {$base: text}", "send: {$base: txt}", 4, ["$base", "'text'"]),
        ("  expect:", "  expected:", None, ["expected", "'expect'"]),
        ("level: must", "level: strict", 3, ["level"]),
        ("level: must", "clauses: [REQ-TOOL-999]", 3, ["REQ-TOOL-999", "REQ-TOOL-"]),
        ("send: {$base: text}", "send: {$bass: text}", 4, ["$bass"]),
        ("id: private-greeting", "id: text-greeting\n  control: txet", 2, ["[0].control", "'txet'", "'text'"]),
        ("id: private-greeting", "id: text-greeting\n  beside: [txet]", 2, ["[0].beside", "'txet'", "'text'"]),
        ("id: private-greeting", "id: text-greeting\n  control: text/jason", 2, ["[0].control", "/json or /stream"]),
        ("send: {$base: text}", "on: every-steam", 4, ["[0].on", "'every-steam'", "'every-stream'"]),
        (
            "    - status: 200",
            "    - {status: 200, answered: true}",
            6,
            ["[0].expect[0]", "one check, found 2"],
        ),
        ("level: must", "level: must\n  clauses: [REQ-TOOL-005]", 3, ["[0].level", "remove this key"]),
    ],
)
def test_a_malformed_case_file_is_reported_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, line: int | None, words: list[str]
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(SourceError) as caught:
        load_library("2023-06-01", [path])
    message = str(caught.value)
    assert str(path) in message
    assert line is None or f":{line}:" in message
    for word in words:
        assert word in message
    assert caught.value.exit_code == 4


def test_a_case_id_that_is_taken_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + GOOD)
    with pytest.raises(
        SourceError,
        match=r":7: \[1\].id: Duplicate case id 'private-greeting' \(first used in .*yaml\)",
    ):
        load_library("2023-06-01", [path])


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("bases.yaml", "a: {}\nb: {$pat: /v1}\n", "bases.yaml:2: b.$pat: Unknown key '$pat'"),
        ("bases.yaml", "a: {}\nb: {$base: none}\n", "bases.yaml:2: b.$base: Unknown base request 'none'"),
        (
            "frames.yaml",
            "text: {}\n",
            "frames.yaml:1: text: Duplicate base request 'text' (first defined in",
        ),
    ],
)
def test_an_invalid_base_request_is_reported_with_file_line_and_key(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    (tmp_path / "bases.yaml").write_text("text: {max_tokens: 1}\n", encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load_bases(tmp_path)
    assert where in str(caught.value)


def test_every_clause_has_cases_or_the_reason_why_it_has_none(library: Library) -> None:
    cited = {clause for case in library.catalogue.cases for clause in case.clauses}
    assert sorted(clause.id for clause in library.ledger if clause.id in cited and clause.uncovered) == []
    assert sorted(clause.id for clause in library.ledger if clause.id not in cited and not clause.uncovered) == []


PARTS = """\
  parts:
    first: {messages: [{role: user, content: "One."}, {role: assistant, content: "1"}]}
    second: {messages: [{role: user, content: "Two."}, {role: assistant, content: "2"}]}
"""
PAIRWISE = """\
  pairwise:
    turns: [{role: user, content: $question}, {role: assistant, content: "Yes."}]
    of: {question: {short: "Well?", long: "Is it so?"}}
"""


@pytest.mark.parametrize(
    ("added", "names", "whole"),
    [
        (PARTS, ["first", "second"], ["One.", "1", "Two.", "2"]),
        (PAIRWISE, ["plain", "question-long"], ["Well?", "Yes.", "Is it so?", "Yes."]),
    ],
)
def test_a_users_case_has_parts_in_order(tmp_path: Path, added: str, names: list[str], whole: list[str]) -> None:
    path = write(tmp_path, GOOD + added)
    (case,) = [case for case in load_library("2023-06-01", [path]).catalogue.cases if case.file == str(path)]
    assert [part.name for part in case.parts] == names
    assert [part.scenario for part in case.parts] == [f"private-greeting+{name}" for name in names]
    assert [turn["content"] for turn in case.steps[0].body["messages"]][:-1] == whole
    assert {len(part.steps[0].body["messages"]) for part in case.parts} == {3}


def test_a_hole_that_nothing_fills_is_reported_with_file_line_and_key(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + PAIRWISE.replace("$question,", "$answer,").replace("$question}", "$answer}"))
    with pytest.raises(SourceError, match=r"private.messages.yaml:7: .*pairwise.*Nothing fills the hole \$answer"):
        load_library("2023-06-01", [path])
