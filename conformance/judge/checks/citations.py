"""Checks on citations: their types, and whether the quoted text is where they say (REQ-RESP-015, -016).

How citations are streamed is in `deltas.py`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from conformance.base.pointer import join, look_up
from conformance.base.values import show, whole_number
from conformance.judge.arguments import choice
from conformance.judge.check import FINE, NOTHING_SEEN, Context, Observation, check, deviates, deviation, found
from conformance.judge.checks.schema import MOST, component_problems
from conformance.model import Finding, Json
from conformance.protocol.message import blocks, was_cut
from conformance.protocol.reply import Reply

OF_REQUEST: Final = ("char_location", "page_location", "content_block_location", "search_result_location")
"""Types of citations whose source is in the request."""

_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")

Object = Mapping[str, Json]


@check("citations-typed")
def citations_typed(reply: Reply, context: Context) -> Observation:
    """The citations of a text are null or an array, and each is valid under its component of our OpenAPI document."""
    given = [
        (join("/content", index, "citations"), block["citations"])
        for index, block in blocks(reply)
        if block.get("citations")
    ]
    if not given:
        return NOTHING_SEEN
    shapeless = (
        deviation(reply, "an array of citations, or null", show(value), pointer=place)
        for place, value in given
        if not isinstance(value, list)
    )
    findings = (
        deviation(reply, "a complete citation", problem, pointer=join(place, number) + inner)
        for place, value in given
        if isinstance(value, list)
        for number, citation in enumerate(value)
        for inner, problem in component_problems(reply, context, "TextCitation", citation)
    )
    return found(*islice(chain(shapeless, findings), MOST))


@check("citations-fit", argument=choice(OF_REQUEST))
def citations_fit(reply: Reply, argument: str) -> Observation:
    """Every citation of this type quotes the text at its indices in the source that the request holds."""
    places = [(place, one) for place, one in _citations(reply) if one.get("type") == argument]
    if not places or _fetches(reply):
        return NOTHING_SEEN
    sources = _sources(reply, "search_result" if argument == "search_result_location" else "document")
    if not sources:
        return NOTHING_SEEN
    findings: list[Finding] = []
    for place, citation in places:
        problem = _problem(citation, sources)
        if problem is not None:
            expected, actual = problem
            findings.append(deviation(reply, expected, actual, pointer=place))
    return found(*findings[:MOST])


@check("cites", argument=choice(OF_REQUEST))
def cites(reply: Reply, argument: str) -> Observation:
    """The answer has a citation of this type; nothing is seen in an answer that was cut off."""
    if reply.message is None or was_cut(reply):
        return NOTHING_SEEN
    types = [one.get("type") for _, one in _citations(reply)]
    if argument in types:
        return FINE
    actual = f"citations of type {', '.join(map(str, types))}" if types else "no citation"
    return deviates(reply, f"a citation of type {argument}", actual, pointer="/content", kind="ignored")


@check("cites-found-pages")
def cites_found_pages(reply: Reply) -> Observation:
    """Every citation of a web search result names a page that a search in the answer or in the history found."""
    places = [(place, one) for place, one in _citations(reply) if one.get("type") == "web_search_result_location"]
    if not places:
        return NOTHING_SEEN
    pages = {str(page.get("url")) for page in _found_pages(reply)}
    wrong = [(place, one) for place, one in places if str(one.get("url")) not in pages]
    expected = "the url of a page that a search found"
    return found(
        *(deviation(reply, expected, show(one.get("url")), pointer=place + "/url") for place, one in wrong[:MOST])
    )


def _found_pages(reply: Reply) -> Iterator[Object]:
    """The results of web searches in an answer and in the messages of its request."""
    messages = reply.request.get("messages")
    turns = [turn.get("content") for turn in messages if isinstance(turn, dict)] if isinstance(messages, list) else []
    earlier = [block for turn in turns if isinstance(turn, list) for block in turn if isinstance(block, dict)]
    for block in (*earlier, *(block for _, block in blocks(reply))):
        content = block.get("content") if block.get("type") == "web_search_tool_result" else None
        yield from (page for page in (content if isinstance(content, list) else ()) if isinstance(page, dict))


@check("cites-enabled-only")
def cites_enabled_only(reply: Reply) -> Observation:
    """An answer to documents without enabled citations cites none of them."""
    sources = [*_sources(reply, "document"), *_sources(reply, "search_result")]
    answer = isinstance(look_up(reply.message, "/content"), list)
    if not sources or any(_enabled(source) for source in sources) or not answer:
        return NOTHING_SEEN
    places = [place for place, one in _citations(reply) if one.get("type") in OF_REQUEST]
    return found(*(deviation(reply, "no citation", "a citation", pointer=place) for place in places[:MOST]))


def _fetches(reply: Reply) -> bool:
    """Whether the server may add documents, by a tool that fetches them: they are numbered with the others."""
    tools = reply.request.get("tools")
    kinds = [str(tool.get("type")) for tool in (tools if isinstance(tools, list) else ()) if isinstance(tool, dict)]
    kinds += [str(block.get("type")) for _, block in blocks(reply)]
    return any(kind.startswith(("web_fetch", "mcp_")) for kind in kinds)


def _citations(reply: Reply) -> Iterator[tuple[str, Object]]:
    for index, block in blocks(reply):
        listed = block.get("citations")
        for number, citation in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(citation, dict):
                yield join("/content", index, "citations", number), citation


def _sources(reply: Reply, kind: str) -> list[Object]:
    """The blocks of a kind in the messages of the request, in order, those inside tool results too."""
    messages = reply.request.get("messages")
    found_blocks: list[Object] = []
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            inner = block.get("content") if isinstance(block, dict) and block.get("type") == "tool_result" else None
            parts = [block, *(inner if isinstance(inner, list) else ())]
            found_blocks += [part for part in parts if isinstance(part, dict) and part.get("type") == kind]
    return found_blocks


def _problem(citation: Object, sources: Sequence[Object]) -> tuple[str, str] | None:
    """What was expected and what came, or None where the citation fits or its source cannot be read."""
    key = "search_result_index" if citation.get("type") == "search_result_location" else "document_index"
    number = whole_number(citation.get(key))
    if number is None or not 0 <= number < len(sources):
        return f"{key} from 0 to {len(sources) - 1}", show(citation.get(key))
    source = sources[number]
    match citation.get("type"):
        case "char_location":
            return _char_problem(citation, source)
        case "page_location":
            return _page_problem(citation, source)
        case _:
            return _block_problem(citation, source)


def _char_problem(citation: Object, source: Object) -> tuple[str, str] | None:
    text = _source(source).get("data")
    start, end = whole_number(citation.get("start_char_index")), whole_number(citation.get("end_char_index"))
    if start is None or end is None or not 0 <= start < end:
        return "0 <= start_char_index < end_char_index", _span(start, end)
    if not isinstance(text, str) or _source(source).get("type") != "text":
        return None
    quoted = citation.get("cited_text")
    units = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "replace")
    if quoted in (text[start:end], units):
        return None
    return f"cited_text {show(text[start:end])}, the text from {_span(start, end)}", show(quoted)


def _page_problem(citation: Object, source: Object) -> tuple[str, str] | None:
    start, end = whole_number(citation.get("start_page_number")), whole_number(citation.get("end_page_number"))
    if start is None or end is None or not 1 <= start < end:
        return "1 <= start_page_number < end_page_number", _span(start, end)
    pages = _pages(_source(source).get("data"))
    if pages and end > pages + 1:
        return f"end_page_number of at most {pages + 1}, one past the last page", str(end)
    return None


def _block_problem(citation: Object, source: Object) -> tuple[str, str] | None:
    start, end = whole_number(citation.get("start_block_index")), whole_number(citation.get("end_block_index"))
    if start is None or end is None or not 0 <= start < end:
        return "0 <= start_block_index < end_block_index", _span(start, end)
    content = source.get("content") if source.get("type") == "search_result" else _source(source).get("content")
    parts = content if isinstance(content, list) else [{"text": content}] if isinstance(content, str) else None
    if parts is None:
        return None
    if end > len(parts):
        return f"end_block_index of at most {len(parts)}", str(end)
    text = "".join(str(part.get("text", "")) for part in parts[start:end] if isinstance(part, dict))
    quoted = citation.get("cited_text")
    return (
        None if quoted == text else (f"cited_text {show(text)}, the text of blocks {_span(start, end)}", show(quoted))
    )


def _source(block: Object) -> Object:
    source = block.get("source")
    return source if isinstance(source, dict) else {}


def _pages(data: Json) -> int:
    """The number of pages of a PDF file in base64 as far as its objects are readable, otherwise 0."""
    try:
        return len(_PAGE.findall(base64.b64decode(data, validate=True))) if isinstance(data, str) else 0
    except (binascii.Error, ValueError):
        return 0


def _enabled(block: Object) -> bool:
    citations = block.get("citations")
    return isinstance(citations, dict) and citations.get("enabled") is True


def _span(start: int | None, end: int | None) -> str:
    return f"{start} to {end}"
