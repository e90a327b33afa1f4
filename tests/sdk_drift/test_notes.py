"""What an SDK says beside its types is compared with what was noted of it, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import HarnessError
from conformance.sdk_drift.notes import differences_of, notes_of, read_notes, written
from conformance.sdk_drift.structure import Scope

HEADERS = {"Accept": "application/json", "anthropic-version": "1", "X-Api-Key": "secret", "User-Agent": "SDK 1"}


def both(*texts: str) -> frozenset[tuple[Scope, str]]:
    """The same texts in both halves of the SDK."""
    return frozenset((scope, text) for scope in Scope for text in texts)


DOCS = {
    ("Message", "id"): both("The id."),
    ("Message", "content"): frozenset({(Scope.GA, "The blocks."), (Scope.BETA, "The blocks, beta.")}),
    ("Message", "x"): (),
}
TABLES = {"_data.DEPRECATED_MODELS": {"m-1": "June 30th"}, "_data.MODELS_TO_WARN_WITH_THINKING_ENABLED": ["m-2"]}


def ids(*, headers: Any = HEADERS, docs: Any = DOCS, tables: Any = TABLES) -> list[str]:
    """What differs from what was noted of the SDK above."""
    noted = notes_of(TABLES.get, HEADERS, DOCS)
    return [each.id for each in differences_of(notes_of(tables.get, headers, docs), noted, docs)]


def test_what_was_noted_is_no_difference() -> None:
    assert ids() == []


def test_values_of_credentials_and_of_what_depends_on_the_machine_are_not_noted() -> None:
    assert ids(headers=HEADERS | {"X-Api-Key": "other", "User-Agent": "SDK 2", "X-Stainless-OS": "Linux"}) == []
    assert "secret" not in written(notes_of(TABLES.get, HEADERS, DOCS))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"headers": HEADERS | {"anthropic-version": "2"}}, ["sdk-note headers/anthropic-version=2"]),
        ({"headers": HEADERS | {"anthropic-new": "a"}}, ["sdk-note headers/anthropic-new=a"]),
        ({"headers": {"Accept": "application/json", "anthropic-version": "1"}}, ["document-note headers/x-api-key"]),
        ({"docs": DOCS | {("Message", "id"): both("Another id.")}}, ["sdk-note docs/Message/id"]),
        ({"docs": DOCS | {("Message", "id"): ()}}, ["document-note docs/Message/id"]),
        (
            {"docs": DOCS | {("Message", "content"): frozenset({(Scope.GA, "The blocks.")})}},
            ["document-note docs/Message/content"],
        ),
        ({"docs": DOCS | {("Message", "id"): frozenset({(Scope.GA, "The id.")})}}, ["sdk-note docs/Message/id"]),
        ({"docs": DOCS | {("Message", "x"): both("New.")}}, ["sdk-note docs/Message/x"]),
        ({"docs": DOCS | {("Message", "id"): both("The\n  id.")}}, []),
        ({"tables": TABLES | {"_data.DEPRECATED_MODELS": {}}}, ["document-note deprecated/m-1=June 30th"]),
        (
            {"tables": TABLES | {"_data.DEPRECATED_MODELS": {"m-1": "May 1st", "m-3": "July 1st"}}},
            ["sdk-note deprecated/m-1=May 1st", "sdk-note deprecated/m-3=July 1st"],
        ),
    ],
)
def test_each_change_is_one_difference(changes: dict[str, Any], expected: list[str]) -> None:
    assert ids(**changes) == expected


def test_a_field_that_is_gone_is_a_difference_of_types_and_not_told_twice() -> None:
    assert ids(docs={place: texts for place, texts in DOCS.items() if place != ("Message", "id")}) == []


def test_the_text_of_a_changed_description_is_shown() -> None:
    docs = DOCS | {("Message", "id"): both("Another id.")}
    noted = notes_of(TABLES.get, HEADERS, DOCS)
    (only,) = differences_of(notes_of(TABLES.get, HEADERS, docs), noted, docs)
    assert only.outline == "Another id."


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    many = {("Message", str(number)): both(f"text {number}") for number in range(2_000)}  # digests of every form
    notes = notes_of(TABLES.get, HEADERS, DOCS | many)
    file = tmp_path / "sdk_notes.yaml"
    file.write_text(written(notes))
    assert read_notes(file) == notes


def test_a_file_with_something_else_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "sdk_notes.yaml"
    file.write_text("headers: {}\ndeprecated: {m: 1}\ndocs: {}\n")
    with pytest.raises(HarnessError, match=r"sdk_notes\.yaml:2"):
        read_notes(file)
