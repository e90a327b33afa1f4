"""The web search of the reference endpoint, which always finds the same page of example.com (REQ-TOOL-021).

Asked for more than ten searches, it pauses the turn at the first one; sent back, it goes on with the result
(REQ-STOP-005).
Nothing here uses a network. Other server tools are accepted and never run.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from conformance.reference.prompt import Block, Prompt
from conformance.reference.words import integer

_SEARCH = re.compile(r"\bsearch(?:es)? (?:the )?(?:web|internet|online)\b|\bweb_search\b|\bweb search\b", re.IGNORECASE)
_NO_SEARCH = re.compile(r"\b(?:do not|don't|without|never)\b[^.\n]{0,30}\b(?:tools?|search)", re.IGNORECASE)
_MANY = re.compile(r"\b(\w+) (?:web )?searches\b", re.IGNORECASE)
_MOST_SEARCHES = 10
_CALLER = {"type": "direct"}
_TOPIC = re.compile(r"\b(?:for|about)\s+(?:the\s+)?([^.?!\n]{3,80})", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """The blocks of a search, and whether the turn pauses after them."""

    blocks: tuple[Block, ...] = ()
    paused: bool = False


def search(prompt: Prompt, request: str, new_id: Callable[[str], str]) -> Found:
    """The call and the result of a search, the call alone, or the result of a call that waits for it; or nothing."""
    declared = any(str(tool.get("type")).startswith("web_search_") for tool in prompt.tools)
    if not declared or prompt.choice == "none":
        return Found()
    waiting = _waiting(prompt)
    if waiting is not None:
        return Found((_result(str(waiting.get("id")), _query(request)),))
    if _NO_SEARCH.search(request) or not _SEARCH.search(request):
        return Found()
    query = _query(request)
    name = new_id("srvtoolu")
    call = {"type": "server_tool_use", "id": name, "name": "web_search", "input": {"query": query}, "caller": _CALLER}
    if any((integer(match.group(1)) or 0) > _MOST_SEARCHES for match in _MANY.finditer(request)):
        return Found((call,), paused=True)
    return Found((call, _result(name, query)))


def citations_of(blocks: tuple[Block, ...]) -> list[Block]:
    """The citations of what a search found, which needs no consent (REQ-RESP-021)."""
    pages = [page for block in blocks if block["type"] == "web_search_tool_result" for page in block["content"]]
    return [
        {
            "type": "web_search_result_location",
            "cited_text": page["title"],
            "encrypted_index": page["encrypted_content"],
            "title": page["title"],
            "url": page["url"],
        }
        for page in pages
    ]


def _waiting(prompt: Prompt) -> Block | None:
    """The search with which the last message ends, where that is the assistant's."""
    last = prompt.messages[-1] if prompt.messages else None
    if last is None or last.role != "assistant" or not last.blocks:
        return None
    block = last.blocks[-1]
    return block if block.get("type") == "server_tool_use" and block.get("name") == "web_search" else None


def _query(request: str) -> str:
    topic = _TOPIC.search(request)
    return topic.group(1).strip() if topic is not None else request[:80]


def _result(call: str, query: str) -> Block:
    page = {
        "type": "web_search_result",
        "url": "https://example.com/",
        "title": f"Everything about {query}",
        "page_age": None,
        "encrypted_content": base64.b64encode(query.encode("utf-8", "replace")).decode("ascii"),
    }
    return {"type": "web_search_tool_result", "tool_use_id": call, "content": [page], "caller": _CALLER}
