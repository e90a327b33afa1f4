"""The web search of the reference endpoint, which always finds the same page of example.com (REQ-TOOL-021).

Nothing here uses a network. Other server tools are accepted and never run.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from conformance.reference.prompt import Block, Prompt

_SEARCH = re.compile(r"\bsearch(?:es)? (?:the )?(?:web|internet|online)\b|\bweb_search\b|\bweb search\b", re.IGNORECASE)
_NO_SEARCH = re.compile(r"\b(?:do not|don't|without|never)\b[^.\n]{0,30}\b(?:tools?|search)", re.IGNORECASE)
_TOPIC = re.compile(r"\b(?:for|about)\s+(?:the\s+)?([^.?!\n]{3,80})", re.IGNORECASE)


def search(prompt: Prompt, request: str, new_id: Callable[[str], str]) -> list[Block]:
    """The call and the result of a search, or nothing if the request does not lead to one."""
    declared = any(str(tool.get("type")).startswith("web_search_") for tool in prompt.tools)
    if not declared or prompt.choice == "none" or _NO_SEARCH.search(request) or not _SEARCH.search(request):
        return []
    topic = _TOPIC.search(request)
    query = topic.group(1).strip() if topic is not None else request[:80]
    call = new_id("srvtoolu")
    result = {
        "type": "web_search_result",
        "url": "https://example.com/",
        "title": f"Everything about {query}",
        "page_age": None,
        "encrypted_content": base64.b64encode(query.encode("utf-8", "replace")).decode("ascii"),
    }
    caller = {"type": "direct"}
    return [
        {"type": "server_tool_use", "id": call, "name": "web_search", "input": {"query": query}, "caller": caller},
        {"type": "web_search_tool_result", "tool_use_id": call, "content": [result], "caller": caller},
    ]
