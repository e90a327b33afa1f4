"""Faults as data: what each condition and each edit does, and what is said of an entry that does not fit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.base.pointer import MISSING
from conformance.reference.answer import ServerEvent
from conformance.reference.faults import language
from conformance.reference.faults.edits import CONVERSIONS, edit, root_of
from conformance.reference.faults.event_edits import edited
from conformance.reference.faults.language import read_faults
from conformance.reference.faults.patterns import matches
from conformance.reference.faults.schema import ALTERATION, DEFINITIONS, TARGETS, WHEN
from conformance.standard.source import SourceError


@pytest.mark.parametrize(
    ("pattern", "value", "other"),
    [
        (1, 1, True),
        (None, None, MISSING),
        ("a", "a", "b"),
        ({"a": 1}, {"a": 1, "b": 2}, {"b": 2}),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, {"a": []}),
        ([{"t": 1}, {"t": 2}], [{"t": 1}, {"t": 3}, {"t": 2}], [{"t": 2}, {"t": 1}]),
        ([{"t": 1}, {"t": 1}], [{"t": 1}, {"t": 1}], [{"t": 1}]),
        ({"a": {"$exists": False}}, {}, {"a": None}),
        ({"a": {"$exists": True}}, {"a": None}, {}),
        ({"$type": "number"}, 1.5, True),
        ({"$type": "null"}, None, MISSING),
        ({"$not": "a"}, MISSING, "a"),
        ({"$any": ["a", "b"]}, "b", "c"),
        ({"$every": {"t": 1}}, [{"t": 1}], [{"t": 1}, {}]),
        ({"$last": {"t": 1}}, [{}, {"t": 1}], [{"t": 1}, {}]),
        ({"$last": {"t": 1}}, [{"t": 1}], []),
        ({"$anywhere": {"x": 1}}, {"a": [{"x": 1}]}, {"a": [{"y": 1}]}),
        ({"$matches": "^a"}, "ab", "ba"),
        ({"$above": 1}, 2, 1),
        ({"$longer": 1}, "ab", ["a"]),
        ({"$longer": 0, "$type": "array"}, ["a"], "a"),
        ({"$$ref": 1}, {"$ref": 1}, {"ref": 1}),
    ],
    ids=str,
)
def test_a_pattern_matches_one_value_and_not_another(pattern: Any, value: Any, other: Any) -> None:
    assert matches(pattern, value)
    assert not matches(pattern, other)


@pytest.mark.parametrize("value", [None, 0, "", [], {}, MISSING], ids=str)
def test_the_empty_pattern_matches_anything(value: Any) -> None:
    assert matches({}, value)


VALUE: dict[str, Any] = {"a": 1, "b": {"c": 2, "d": "x"}, "list": [{"n": 1}, {"n": 2}], "text": "hello"}


@pytest.mark.parametrize(
    ("operation", "argument", "change"),
    [
        ("set", {"/b/new": 3}, lambda v: v["b"].update(new=3)),
        ("set", {"/list/*/n": 0}, lambda v: [item.update(n=0) for item in v["list"]]),
        ("set", {"/no/way": 3}, lambda v: None),
        ("set", {"/list/2": 3}, lambda v: None),
        ("delete", ["/a", "/list/0", "/missing"], lambda v: (v.pop("a"), v["list"].pop(0))),
        ("delete", ["/list/*"], lambda v: v["list"].clear()),
        ("keep", {"/b": ["c"]}, lambda v: v["b"].pop("d")),
        ("rename", {"/a": "z"}, lambda v: v.update(z=v.pop("a"))),
        ("lift", ["/b"], lambda v: v.update(v.pop("b"))),
        ("insert", {"/list/1": 9}, lambda v: v["list"].insert(1, 9)),
        ("insert", {"/list/2": 9}, lambda v: v["list"].append(9)),
        ("add", {"/a": 2}, lambda v: v.update(a=3)),
        ("transfer", {"/a": "/b/c"}, lambda v: (v.update(a=0), v["b"].update(c=3))),
        ("swap", {"/a": "/text"}, lambda v: v.update(a="hello", text=1)),
        ("replace", {"/text": {"hello": "bye"}}, lambda v: v.update(text="bye")),
        ("replace", {"/a": {"1": "2"}}, lambda v: None),
        ("wrap", {"/text": ["<", ">"]}, lambda v: v.update(text="<hello>")),
        ("convert", {"/a": "string"}, lambda v: v.update(a="1")),
        ("convert", {"/b": "json"}, lambda v: v.update(b='{"c":2,"d":"x"}')),
        ("convert", {"/list": "backwards"}, lambda v: v["list"].reverse()),
        ("convert", {"/text": "first-half"}, lambda v: v.update(text="he")),
        ("convert", {"/list": "first-item"}, lambda v: v["list"].pop()),
        ("convert", {"/list": "last-item"}, lambda v: v["list"].pop(0)),
        ("convert", {"/list": "all-but-last-item"}, lambda v: v["list"].pop()),
        ("convert", {"/text": "json"}, lambda v: None),
    ],
    ids=lambda value: "" if callable(value) else str(value),
)
def test_an_edit_of_a_value(operation: str, argument: Any, change: Callable[[Any], None]) -> None:
    expected = copy.deepcopy(VALUE)
    change(expected)
    root = root_of(copy.deepcopy(VALUE))
    edit(root, operation, argument)
    assert root.value == expected


def test_the_text_of_blocks_is_joined() -> None:
    root = root_of({"content": [{"text": "a"}, {"type": "image"}, {"text": "b"}]})
    edit(root, "convert", {"/content": "text"})
    assert root.value == {"content": "ab"}


def test_a_whole_value_is_replaced() -> None:
    root = root_of({"a": 1})
    edit(root, "set", {"": "raw"})
    assert root.value == "raw"


STREAM = [ServerEvent(name, {"type": name, "index": 0}) for name in ("s", "d", "d", "e")]


def shown(events: list[ServerEvent]) -> str:
    return " ".join(f"{event.name}{event.data.get('index') or ''}" for event in events)


@pytest.mark.parametrize(
    ("kind", "pick", "changes", "expected"),
    [
        ("d", "all", [("drop", True)], "s e"),
        ("d", "first", [("drop", True)], "s d e"),
        ("d", "rest", [("set", {"/index": 1})], "s d d1 e"),
        ("d", 2, [("set", {"/index": 1})], "s d d1 e"),
        ("d", "last", [("copy", "after"), ("set", {"/index": 1})], "s d d d1 e"),
        ("d", "first", [("copy", "before"), ("set", {"/index": 1})], "s d1 d d e"),
        ("d", "all", [("set", {"/index": 1}), ("copy", {"after": {"type": "e"}})], "s d1 d1 e d1 d1"),
        ("s", "all", [("move", {"after": {"type": "d"}})], "d s d e"),
        ("s", "all", [("move", {"after": {"type": "d"}, "pick": "last"})], "d d s e"),
        ("e", "all", [("move", {"before": {"type": "d"}, "pick": 2})], "s d e d"),
        ("d", "last", [("move", {"after": {"type": "e"}, "pick": "next"})], "s d e d"),
        ("e", "all", [("move", {"before": {"type": "d"}, "pick": "previous"})], "s d e d"),
        ("s", "all", [("move", {"before": {"type": "none"}})], "s d d e"),
        ("d", "first", [("cut", "before")], "s"),
        ("d", "first", [("cut", "after")], "s d"),
        ("e", "all", [("name", "x")], "s d d x"),
        ("e", "all", [("send", {"name": "x", "data": {}, "position": "before"})], "s d d x e"),
        ("d", 2, [("cut", "before"), ("send", {"name": "x", "data": {}, "position": "end"})], "s d x"),
        (
            "s",
            "all",
            [("blocks", [{"start": {"type": "t"}, "deltas": [{}]}])],
            "s1 content_block_start content_block_delta content_block_stop d1 d1 e1",
        ),
    ],
    ids=str,
)
def test_an_edit_of_a_stream(kind: str, pick: Any, changes: list[tuple[str, Any]], expected: str) -> None:
    assert shown(edited(copy.deepcopy(STREAM), {"type": kind}, pick, changes)) == expected


def test_what_an_edit_inserts_is_not_shared() -> None:
    value: dict[str, Any] = {"a": {}, "b": {}}
    new: list[Any] = []
    root = root_of(value)
    edit(root, "set", {"/*/x": new})
    value["a"]["x"].append(1)
    assert value["b"]["x"] == new == []


@pytest.mark.parametrize(
    ("entry", "line", "problem"),
    [
        ("on: mesage\n  drop: true", 3, "Did you mean 'message'"),
        ("on: message\n  sett: {/a: 1}", 4, "sett.*Did you mean 'set'"),
        ("set: {/a: 1}", 1, "'on' or 'accepts' is missing"),
        ("on: message", 1, "an edit is missing"),
        ("on: message\n  set: {a: 1}", 4, "/set/a|set.a"),
        ("on: message\n  copy: after", 4, "'copy' is not possible on 'message'"),
        ("on: message\n  drop: true", 4, "'drop' is not possible on 'message'"),
        ("on: ping\n  at: /delta\n  set: {/a: 1}", 4, "events have no 'at'"),
        ("on: ping\n  where: x\n  set: {/a: 1}", 4, "mapping"),
        ("on: ping\n  copy: {pick: first}", 4, "before or after"),
        ("on: request\n  refuse: No.\n  set: {/a: 1}", 5, "not edited"),
        ("on: answer\n  refuse: No.", 4, "only on call, request"),
        ("on: body\n  when: {mode: json}\n  set: {/a: 1}", 4, "'mode' is not known on 'body'"),
        ("on: body\n  where: {$exist: true}\n  set: {/a: 1}", 4, "exist"),
        ("on: body\n  where: {a: {$matches: '('}}\n  set: {/a: 1}", 4, "not a regular expression"),
        ("accepts: REQ-1", 3, "accepts"),
        ("accepts: REQ-MSG-001\n  set: {/a: 1}", 4, "cannot be combined with 'accepts'"),
        ("on: body\n  accepts: REQ-MSG-001", 3, "request"),
        ("set: {/a: 1}\n  changes: [{on: body, drop: true}, {on: body, drop: true}]", 1, "changes cannot be combined"),
        ("changes:\n    - on: body\n      set: {/a: 1}\n    - on: body", 6, "an edit is missing"),
    ],
)
def test_an_entry_that_does_not_fit_is_named_with_file_line_and_key(
    tmp_path: Path, entry: str, line: int, problem: str
) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(f"- id: a-fault\n  lie: Lies.\n  {entry}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=problem) as found:
        read_faults(path)
    assert found.value.path == path
    assert found.value.line == line


def test_the_manual_describes_every_key() -> None:
    manual = Path(language.__file__).with_name("README.md").read_text(encoding="utf-8")
    keys = {*ALTERATION, *DEFINITIONS["pattern"]["anyOf"][2]["properties"]}
    assert {key for key in keys if f"`{key}`" not in manual and f"`{key}:" not in manual} == set()
    assert {name for name in (*TARGETS, *CONVERSIONS, *WHEN) if f"`{name}`" not in manual} == set()
