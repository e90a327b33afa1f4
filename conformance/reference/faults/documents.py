"""Faults with documents, search results and citations.

Belongs here: document and search_result blocks of user messages, and the citations of answers. Does not belong here:
those inside tool results (see `tools`).
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.reference.answer import Call
from conformance.reference.faults.base import (
    BlockDropped,
    BlockRefused,
    Data,
    DeafFault,
    LaxFault,
    MessageFault,
    RefusingFault,
    because,
)
from conformance.reference.images import decode_base64
from conformance.reference.pdf import pages_of
from conformance.reference.prompt import Prompt


class DocumentRefused(BlockRefused):
    """Refuses documents."""

    block = "document"


class DocumentDropped(BlockDropped):
    """Answers without having read documents."""

    collateral = because("what is not read is not cited", "citations-*-cited")

    block = "document"


class PdfDropped(BlockDropped):
    """Answers without having read PDF documents."""

    collateral = because("what is not read is not cited", "citations-*-cited")

    block = "document"

    def drops(self, block: Data) -> bool:
        return bool(block["source"]["type"] == "base64")


class DocumentContentDropped(BlockDropped):
    """Answers without having read documents that are made of blocks."""

    collateral = because("what is not read is not cited", "citations-*-cited")

    block = "document"

    def drops(self, block: Data) -> bool:
        return bool(block["source"]["type"] == "content")


class _DocumentFault(DeafFault):
    """Reads documents in its own way."""

    def read(self, source: Data) -> Data:
        """What is read of the source of a document."""
        raise NotImplementedError

    def edit(self, body: Data, prompt: Prompt) -> None:
        for block in sources(body, "document"):
            block["source"] = self.read(block["source"])


class DocumentGarbled(_DocumentFault):
    """Reads plain text documents from their end."""

    collateral = because("what is read from the end is quoted from the end", "citations-char-location")

    def read(self, source: Data) -> Data:
        return {**source, "data": source["data"][::-1]} if source["type"] == "text" else source


class PdfFirstPageOnly(_DocumentFault):
    """Reads only the first page of PDF documents."""

    collateral = because("what is not read is not cited", "citations-*-cited")

    def read(self, source: Data) -> Data:
        if source["type"] != "base64":
            return source
        pages = pages_of(decode_base64(source["data"]) or b"")
        return {"type": "text", "media_type": "text/plain", "data": pages[0] if pages else ""}


class PdfDataUnchecked(LaxFault):
    """Takes any data for a PDF file."""

    without = ("REQ-IN-008",)


class SearchResultRefused(BlockRefused):
    """Refuses search results."""

    block = "search_result"


class SearchResultDropped(BlockDropped):
    """Answers without having read search results."""

    collateral = because("what is not read is not cited", "citations-*-cited")

    block = "search_result"


class SearchResultFirstOnly(DeafFault):
    """Reads only the first of several search results."""

    collateral = because("what is not read is not cited", "citations-*-cited")

    def edit(self, body: Data, prompt: Prompt) -> None:
        for message in body["messages"]:
            if isinstance(message["content"], list):
                later = [block for block in message["content"] if block.get("type") == "search_result"][1:]
                message["content"] = [block for block in message["content"] if block not in later]


class SearchResultMixtureAccepted(LaxFault):
    """Takes search results beside other blocks in a tool result."""

    without = ("REQ-IN-011",)


class CitationsRefused(RefusingFault):
    """Refuses citations of plain text documents."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        wanted = [block for block in sources(prompt.body, "document") if block["source"]["type"] == "text"]
        enabled = any((block.get("citations") or {}).get("enabled") for block in wanted)
        return "messages.0.content.0.citations: Extra inputs are not permitted" if enabled else None


class CitationsMixtureAccepted(LaxFault):
    """Takes citations that are enabled on some documents only."""

    without = ("REQ-IN-010",)


class CitationsWithFormatAccepted(LaxFault):
    """Takes citations together with an output format."""

    without = ("REQ-IN-012",)


class CitationsUnasked(DeafFault):
    """Cites documents that did not ask for it."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        for block in sources(body, "document"):
            block["citations"] = {"enabled": True}


class CitationsDropped(MessageFault):
    """Cites nothing."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in message["content"]:
            if block["type"] == "text":
                block["citations"] = None


class _CitationFault(MessageFault):
    """Changes citations."""

    def change(self, citation: Data) -> None:
        """Changes the citation in place."""
        raise NotImplementedError

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in message["content"]:
            for citation in block.get("citations") or ():
                self.change(citation)


class CitationIncomplete(_CitationFault):
    """Does not say which document it cites."""

    collateral = because("a citation without its document stands nowhere", "citations-*-location")

    def change(self, citation: Data) -> None:
        citation.pop("document_index", None)


class CitationCharIndexOff(_CitationFault):
    """Counts the characters of plain text documents from 1."""

    def change(self, citation: Data) -> None:
        shifted(citation, "char_location", "start_char_index", "end_char_index", by=1)


class CitationPageIndexOff(_CitationFault):
    """Counts pages from 0."""

    def change(self, citation: Data) -> None:
        shifted(citation, "page_location", "start_page_number", "end_page_number", by=-2)


class CitationBlockIndexOff(_CitationFault):
    """Counts blocks from 1."""

    def change(self, citation: Data) -> None:
        for kind in ("content_block_location", "search_result_location"):
            shifted(citation, kind, "start_block_index", "end_block_index", by=1)


class CitationSearchResultIndexOff(_CitationFault):
    """Counts search results from 1."""

    def change(self, citation: Data) -> None:
        shifted(citation, "search_result_location", "search_result_index", by=1)


class CitationTextInvented(_CitationFault):
    """Quotes a text that stands nowhere."""

    def change(self, citation: Data) -> None:
        citation["cited_text"] = "As everybody knows."


def sources(body: Data, kind: str) -> Iterator[Data]:
    """The blocks of a type in the messages of a body."""
    for message in body["messages"]:
        content = message.get("content")
        yield from (block for block in content if block.get("type") == kind) if isinstance(content, list) else ()


def shifted(citation: Data, kind: str, *keys: str, by: int) -> None:
    """Moves the indices of citations of one type."""
    for key in keys if citation["type"] == kind else ():
        citation[key] += by
