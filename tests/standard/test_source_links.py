"""Every clause leads to its sources."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import anthropic
import pytest

from conformance.model import SourceLink
from conformance.standard.source_links import SourceTable, load_source_table, sdk_path
from support.data import CHECKOUT
from support.standard import library

SDK = Path(anthropic.__file__).parent
ADDRESS = "https://github.com/anthropics/anthropic-sdk-python/blob/v2.14.0/src/anthropic/"
BY_WORDS = {
    "long-standing API behaviour",
    "per feature",
    "OpenRouter/apidog for 5.5",
    "apiyi 2026-11-09",
    "model pages",
    "dev.to persimmoq",
}
"""What clauses name beside pages of the documentation."""


@pytest.fixture(scope="module")
def table() -> SourceTable:
    return load_source_table(CHECKOUT / "specs")


@pytest.fixture(scope="module")
def links(table: SourceTable) -> dict[str, tuple[SourceLink, ...]]:
    return {clause.id: table.links(clause.source) for clause in library().ledger}


def test_every_page_that_a_clause_names_is_in_the_table(table, links):
    named = {
        link.text.partition(": ")[2]
        for found in links.values()
        for link in found
        if link.text.startswith("Claude docs: ")
    }
    assert named - set(table.documentation) == BY_WORDS
    assert set(table.documentation) - named == set()


def test_every_linked_file_of_the_sdk_is_in_the_release_that_the_links_name(links):
    paths = {link.url.removeprefix(ADDRESS) for found in links.values() for link in found if ADDRESS in link.url}
    assert paths
    assert {path for path in paths if not (SDK / path).exists()} == set()
    assert anthropic.__version__ in ADDRESS


def test_nearly_every_clause_has_an_address(links):
    without = [name for name, found in links.items() if not any(link.url for link in found)]
    assert len(without) * 6 < len(links)


def test_the_table_names_nothing_twice_and_dates_are_dates(table, links):
    pages = [page for page in table.documentation.values() if page]
    assert all(not page.startswith("/") and " " not in page for page in pages)
    dates = {link.date for found in links.values() for link in found}
    assert {date for date in dates if date and not fnmatch(date, "202?-??*")} == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "DOC Errors (Request ID), API overview; PY _exceptions.py reads it",
            [
                ("Claude docs: Errors", "https://platform.claude.com/docs/en/api/errors"),
                ("Claude docs: API overview", "https://platform.claude.com/docs/en/api/overview"),
                ("anthropic 2.14.0: _exceptions.py reads it", f"{ADDRESS}_exceptions.py"),
            ],
        ),
        (
            "RFC 9110 section 8.6; ISS claude-code#6508, #77525 (verbatim live errors)",
            [
                ("RFC: 9110 section 8.6", "https://www.rfc-editor.org/rfc/rfc9110#section-8.6"),
                (
                    "report: claude-code#6508, #77525 (verbatim live errors)",
                    "https://github.com/anthropics/claude-code/issues/6508",
                ),
            ],
        ),
        (
            "GUIDE Model discovery (the request sends both); TS CHANGELOG 1.9.0",
            [
                (
                    "Claude Code gateway guide: Model discovery (the request sends both)",
                    "https://code.claude.com/docs/en/llm-gateway-protocol#model-discovery",
                ),
                (
                    "@anthropic-ai/sdk 1.12.0: CHANGELOG 1.9.0",
                    "https://github.com/anthropics/anthropic-sdk-typescript/blob/main/CHANGELOG.md",
                ),
            ],
        ),
        ("derived from the HTTP envelope", [("derived from the HTTP envelope", "")]),
    ],
)
def test_a_source_is_read_part_by_part(table, source, expected):
    assert [(link.text, link.url) for link in table.links(source)] == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("types/usage.py", "types/usage.py"),
        ("message_create_params (per-model maximum)", "types/message_create_params.py"),
        ("tool_choice_*", "types"),
        ("_base_client.py `_should_retry`", "_base_client.py"),
        ("beta_fallback_block docstring", "types/beta/beta_fallback_block.py"),
        ("type lacks them", ""),
    ],
)
def test_files_of_the_sdk_are_found_in_words(text, path):
    assert sdk_path(text) == path
