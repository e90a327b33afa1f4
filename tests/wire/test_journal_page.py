"""docs/journal.md shows every kind of record with all its members."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from conformance.base.records import TargetRecord
from conformance.wire.journal_format import HEADERS, NOTES, header_of, record_of, value_of

PAGE = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")
EXAMPLES = {
    record["kind"]: record for record in map(json.loads, re.findall(r"^```json\n(.*?)\n```", PAGE, re.DOTALL | re.M))
}


def test_every_kind_has_its_section_and_its_example() -> None:
    kinds = {*HEADERS, *NOTES, "exchange", "unjudged"}
    assert set(EXAMPLES) == kinds
    assert set(re.findall(r"^## (\w+):", PAGE, re.MULTILINE)) == kinds


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_example_is_what_the_journal_writes(kind: str) -> None:
    example = EXAMPLES[kind]
    value = header_of(example) if kind in HEADERS else value_of(example, 7)
    assert value is not None
    assert record_of(value).keys() == example.keys()
    if kind not in ("exchange", "unjudged"):
        assert record_of(value) == example


def test_every_member_is_explained() -> None:
    members = {item.name for shape in (*HEADERS.values(), *NOTES.values(), TargetRecord) for item in fields(shape)}
    explained = set(re.findall(r"`(\w+)`", PAGE))
    assert members - explained == {"line", "scenario", "mode", "repetition"} - explained
