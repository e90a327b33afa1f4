"""Citations of plain text documents.

Belongs here: which sentence of which document an answer rests on (REQ-RESP-015). Does not belong here: citations of PDF
files, of content documents and of search results, which the scripted model does not make yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from conformance.reference.prompt import Block, Prompt

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_SHORT = 4


def cite(prompt: Prompt, text: str) -> list[dict[str, Any]] | None:
    """The citations of an answer, or None where no document asks for them or none holds a word of the answer."""
    documents = [block for message in prompt.messages for block in message.of_type("document")]
    words = [word.strip(".,;:!?\"'") for word in text.split()]
    words = [word for word in words if len(word) >= _SHORT]
    found = [citation for n, block in enumerate(documents) if (citation := _citation(n, block, words)) is not None]
    return found or None


def _citation(number: int, block: Block, words: Sequence[str]) -> dict[str, Any] | None:
    source, wanted = block.get("source"), block.get("citations")
    if not (isinstance(wanted, dict) and wanted.get("enabled") is True and isinstance(source, dict)):
        return None
    data = source.get("data")
    if source.get("type") != "text" or not isinstance(data, str):
        return None
    best = max(_SENTENCE.finditer(data), key=lambda match: _common(match.group(), words), default=None)
    if best is None or not _common(best.group(), words):
        return None
    start = best.start() + len(best.group()) - len(best.group().lstrip())
    return {
        "type": "char_location",
        "cited_text": data[start : best.end()],
        "document_index": number,
        "document_title": block.get("title"),
        "start_char_index": start,
        "end_char_index": best.end(),
    }


def _common(sentence: str, words: Sequence[str]) -> int:
    return sum(len(word) for word in words if word in sentence)
