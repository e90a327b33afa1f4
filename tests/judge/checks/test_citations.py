"""Checks on citations: quotes that are where they say, quotes that are not, and what shows nothing."""

from __future__ import annotations

from typing import Any

import pytest

from support import make
from support.make import observe, places

TEXT = "Tea is hot. Ice is cold."
CHAR = {"type": "char_location", "cited_text": "Ice is cold.", "document_index": 0, "document_title": None}
CHAR |= {"start_char_index": 12, "end_char_index": 24, "file_id": None}
BLOCK = {"type": "content_block_location", "cited_text": "two", "document_index": 0, "document_title": None}
BLOCK |= {"start_block_index": 1, "end_block_index": 2, "file_id": None}


def request(source: Any, *, enabled: bool = True) -> dict[str, Any]:
    document = {"type": "document", "source": source, "citations": {"enabled": enabled}}
    return {"messages": [{"role": "user", "content": [document]}]}


PLAIN = request({"type": "text", "media_type": "text/plain", "data": TEXT})
CONTENT = request({"type": "content", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]})


def citing(*citations: Any, request: Any = PLAIN) -> Any:
    return make.reply(make.message({"type": "text", "text": "x", "citations": list(citations)}), request=request)


def test_a_quote_at_its_indices_passes():
    assert observe("citations-fit", "char_location", citing(CHAR)).findings == ()
    assert observe("citations-fit", "content_block_location", citing(BLOCK, request=CONTENT)).findings == ()
    assert observe("citations-typed", True, citing(CHAR, BLOCK)).findings == ()


@pytest.mark.parametrize(
    "change",
    [
        {"cited_text": "Ice is hot."},
        {"start_char_index": 11},
        {"start_char_index": 24},
        {"end_char_index": None},
        {"document_index": 1},
    ],
)
def test_a_quote_that_is_elsewhere_is_located(change):
    observation = observe("citations-fit", "char_location", citing(CHAR, CHAR | change))
    assert places(observation) == ["/content/0/citations/1"]


@pytest.mark.parametrize("change", [{"cited_text": "one"}, {"end_block_index": 3}, {"start_block_index": 2}])
def test_blocks_are_counted_from_0_with_an_exclusive_end(change):
    observation = observe("citations-fit", "content_block_location", citing(BLOCK | change, request=CONTENT))
    assert places(observation) == ["/content/0/citations/0"]


def test_indices_may_count_utf_16_units():
    emoji = request({"type": "text", "media_type": "text/plain", "data": "\U0001f642" + TEXT})
    for shift in (1, 2):
        moved = CHAR | {"start_char_index": 12 + shift, "end_char_index": 24 + shift}
        assert observe("citations-fit", "char_location", citing(moved, request=emoji)).findings == ()


def test_nothing_is_seen_without_such_a_citation_or_its_source():
    assert not observe("citations-fit", "page_location", citing(CHAR)).seen
    assert not observe("citations-fit", "char_location", citing(CHAR, request={})).seen


def test_an_incomplete_citation_is_located():
    incomplete = {key: value for key, value in CHAR.items() if key != "cited_text"}
    assert places(observe("citations-typed", True, citing(incomplete))) == ["/content/0/citations/0/cited_text"]


def test_a_citation_that_was_asked_for_and_is_missing_was_ignored():
    assert observe("cites", "char_location", citing(CHAR)).findings == ()
    (finding,) = observe("cites", "page_location", citing(CHAR)).findings
    assert (finding.kind, finding.actual) == ("ignored", "citations of type char_location")
    assert not observe("cites", "char_location", make.reply(make.message("x", stop_reason="max_tokens"))).seen


def test_documents_without_enabled_citations_are_not_cited():
    off = request({"type": "text", "media_type": "text/plain", "data": TEXT}, enabled=False)
    assert observe("cites-enabled-only", True, make.reply(make.message("x"), request=off)).findings == ()
    assert places(observe("cites-enabled-only", True, citing(CHAR, request=off))) == ["/content/0/citations/0"]
    assert not observe("cites-enabled-only", True, citing(CHAR)).seen


PAGE = {"type": "web_search_result", "url": "https://example.com/", "title": "t", "encrypted_content": "e"}
SEARCHED = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [PAGE]}
OF_PAGE = {"type": "web_search_result_location", "url": "https://example.com/", "title": "t", "cited_text": "c"}


@pytest.mark.parametrize("earlier", [True, False])
def test_a_citation_of_a_search_names_a_page_that_was_found_in_the_answer_or_before(earlier: bool) -> None:
    text = {"type": "text", "text": "x", "citations": [OF_PAGE, OF_PAGE | {"url": "https://example.org/"}]}
    request = {"messages": [{"role": "assistant", "content": [SEARCHED]}]} if earlier else {"messages": []}
    content = [text] if earlier else [SEARCHED, text]
    observed = observe("cites-found-pages", True, make.reply(make.message(*content), request=request))
    assert places(observed) == [f"/content/{len(content) - 1}/citations/1/url"]
    assert not observe("cites-found-pages", True, make.reply(make.message("x"))).seen
