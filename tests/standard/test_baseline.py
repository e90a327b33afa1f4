"""The baseline file: what may stand in it, where errors point, and the text that is written."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.base.errors import HarnessError
from conformance.model import Mode
from conformance.standard.baseline import Entry, placed, read_baseline, render
from conformance.standard.paths import spec_folder

GOOD = "- case: a\n  mode: json\n  reason: why not\n  expires: 2027-02-20\n"


def read(tmp_path, text, aliases=None):
    path = tmp_path / "known.yaml"
    path.write_text(text, encoding="utf-8")
    return read_baseline(path, "known.yaml", aliases or {})


def test_an_entry_is_read_with_its_place(tmp_path):
    text = "# ours\n\n" + GOOD + "- {case: b, reason: r, link: https://x.example, owner: us, expires: 2026-12-31}\n"
    baseline = read(tmp_path, text)
    assert baseline.entries == (
        Entry("a", Mode.JSON, "why not", date(2027, 2, 20), line=3),
        Entry("b", None, "r", date(2026, 12, 31), "https://x.example", "us", line=7),
    )
    assert baseline.place(baseline.entries[1]) == "known.yaml:7"


def test_an_alias_is_read_as_the_present_name(tmp_path):
    assert read(tmp_path, GOOD, {"a": "renamed"}).entries[0].case == "renamed"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", [":1", "empty"]),
        ("case: a\n", ["list"]),
        ("- case: a\n  reason: r\n", [":1", "[0]", "expires"]),
        ("- case: a\n  reson: r\n  expires: 2027-02-20\n", [":2", "reson", "Did you mean 'reason'?"]),
        ("- case: a\n  reason: ' '\n  expires: 2027-02-20\n", [":2", "reason"]),
        ("- case: a\n  reason: r\n  expires: soon\n", [":3", "[0].expires"]),
        ("- case: a\n  reason: r\n  expires: 2027-02-30\n", [":3", "not a day of the calendar"]),
        ("- case: a\n  reason: r\n  mode: sream\n  expires: 2027-02-20\n", [":3", "Did you mean 'stream'?"]),
        (GOOD + GOOD, [":5", "first listed on line 1"]),
        (GOOD + GOOD.replace("  mode: json\n", ""), [":5", "first listed on line 1"]),
    ],
)
def test_a_malformed_file_is_reported_with_file_line_and_key(tmp_path, text, words):
    with pytest.raises(HarnessError) as caught:
        read(tmp_path, text)
    assert caught.value.exit_code == 4
    for word in ["known.yaml", *words]:
        assert word in str(caught.value)


def test_two_entries_may_be_about_the_two_modes_of_a_case(tmp_path):
    assert len(read(tmp_path, GOOD + GOOD.replace("json", "stream")).entries) == 2


def test_two_names_of_one_case_are_one_case(tmp_path):
    with pytest.raises(HarnessError, match="Duplicate entry for a"):
        read(tmp_path, GOOD + GOOD.replace("case: a", "case: old-a"), {"old-a": "a"})


def test_a_missing_file_names_the_option_that_makes_it(tmp_path):
    with pytest.raises(HarnessError, match=r"There is no baseline known\.yaml; --baseline-update writes it") as caught:
        read_baseline(tmp_path / "known.yaml", "known.yaml", {})
    assert caught.value.exit_code == 4


def test_an_empty_baseline_is_written_and_read(tmp_path):
    assert read(tmp_path, render([])).entries == ()


def test_the_written_text_is_sorted_and_plain(tmp_path):
    entries = [
        Entry("b", Mode.STREAM, "to be explained", date(2027, 2, 20)),
        Entry("b", Mode.JSON, "to be explained", date(2027, 2, 20)),
        Entry("a", None, "sends: #1 twice", date(2026, 12, 31), "https://x.example/7", "team: us"),
    ]
    text = render(entries)
    assert text == render(list(reversed(entries)))
    assert text.partition("\n\n")[2] == (
        '- case: a\n  reason: "sends: #1 twice"\n  link: https://x.example/7\n  owner: "team: us"\n'
        "  expires: 2026-12-31\n\n"
        "- case: b\n  mode: json\n  reason: to be explained\n  expires: 2027-02-20\n\n"
        "- case: b\n  mode: stream\n  reason: to be explained\n  expires: 2027-02-20\n"
    )


WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip)


@given(WORDS, WORDS, WORDS)
def test_any_reason_link_and_owner_survive_the_way_to_the_file_and_back(tmp_path_factory, reason, link, owner):
    entries = [Entry(case, Mode.JSON, reason, date(2027, 2, 20), link, owner) for case in "ba"]
    read_back = read(tmp_path_factory.getbasetemp(), render(entries)).entries
    assert read_back == placed(entries)
    assert {(entry.reason, entry.link, entry.owner) for entry in read_back} == {(reason, link, owner)}


def test_the_shipped_schema_is_one():
    Draft202012Validator.check_schema(json.loads((spec_folder() / "baseline.schema.json").read_text(encoding="utf-8")))
