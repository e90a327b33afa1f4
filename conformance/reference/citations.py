"""Citations: the part of a document or search result that supports a reply (REQ-RESP-015, REQ-RESP-016)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.reference.images import decode_base64
from conformance.reference.pdf import pages_of
from conformance.reference.prompt import Block, Prompt, blocks_of, dicts

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_SHORT = 4
_MOST_WORDS = 60


def cite(prompt: Prompt, text: str) -> list[dict[str, Any]] | None:
    """The citations of a reply, or None if no source asks for them or no source contains a word of the reply."""
    words = [word.strip(".,;:!?\"'") for word in text.split()]
    words = [word for word in words if len(word) >= _SHORT][:_MOST_WORDS]
    found = [_of_document(number, block, words) for number, block in _numbered(prompt, "document")]
    found += [_of_search_result(number, block, words) for number, block in _numbered(prompt, "search_result")]
    return [citation for citation in found if citation is not None] or None


def _numbered(prompt: Prompt, kind: str) -> Iterator[tuple[int, Block]]:
    """The blocks of a kind that ask for citations, with their index among all blocks of the kind."""
    blocks = [
        part
        for message in prompt.messages
        for block in message.blocks
        for part in (block, *(dicts(block.get("content")) if block.get("type") == "tool_result" else ()))
        if part.get("type") == kind
    ]
    for number, block in enumerate(blocks):
        wanted = block.get("citations")
        if isinstance(wanted, dict) and wanted.get("enabled") is True:
            yield number, block


def _of_document(number: int, block: Block, words: Sequence[str]) -> dict[str, Any] | None:
    source = block.get("source")
    if not isinstance(source, dict):
        return None
    place: dict[str, Any] | None = None
    if source.get("type") == "text":
        place = _of_text(str(source.get("data")), words)
    elif source.get("type") == "base64":
        place = _of_pages(pages_of(decode_base64(str(source.get("data"))) or b""), words)
    elif source.get("type") == "content":
        place = _of_blocks("content_block_location", source.get("content"), words)
    named = {"document_index": number, "document_title": block.get("title"), "file_id": None}
    return {**place, **named} if place is not None else None


def _of_search_result(number: int, block: Block, words: Sequence[str]) -> dict[str, Any] | None:
    place = _of_blocks("search_result_location", block.get("content"), words)
    named = {"search_result_index": number, "source": block.get("source"), "title": block.get("title")}
    return {**place, **named} if place is not None else None


def _of_text(text: str, words: Sequence[str]) -> dict[str, Any] | None:
    best = max(_SENTENCE.finditer(text), key=lambda match: _common(match.group(), words), default=None)
    if best is None or not _common(best.group(), words):
        return None
    start = best.start() + len(best.group()) - len(best.group().lstrip())
    return {
        "type": "char_location",
        "cited_text": text[start : best.end()],
        "start_char_index": start,
        "end_char_index": best.end(),
    }


def _of_pages(pages: Sequence[str], words: Sequence[str]) -> dict[str, Any] | None:
    best = _best(pages, words)
    if best is None:
        return None
    return {
        "type": "page_location",
        "cited_text": pages[best],
        "start_page_number": best + 1,
        "end_page_number": best + 2,
    }


def _of_blocks(kind: str, content: Any, words: Sequence[str]) -> dict[str, Any] | None:
    texts = [str(block.get("text", "")) for block in blocks_of(content)]
    best = _best(texts, words)
    if best is None:
        return None
    return {"type": kind, "cited_text": texts[best], "start_block_index": best, "end_block_index": best + 1}


def _best(texts: Sequence[str], words: Sequence[str]) -> int | None:
    best = max(range(len(texts)), key=lambda number: _common(texts[number], words), default=None)
    return best if best is not None and _common(texts[best], words) else None


def _common(sentence: str, words: Sequence[str]) -> int:
    return sum(len(word) for word in words if word in sentence)
