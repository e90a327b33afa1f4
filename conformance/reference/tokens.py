"""Deterministic token counting, the same for count_tokens and for usage (REQ-USAGE-005)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.model import Json
from conformance.reference.answer import dump
from conformance.reference.images import decode_base64

_TOKEN = re.compile(r"\s*[^\W_]{1,6}|\s*[^\w\s]|\s*_|\s+")
_REQUEST, _MESSAGE, _BLOCK = 5, 3, 1
_TOOL_PROMPT, _FORMAT_PROMPT = 40, 20
_IMAGE, _DOCUMENT, _FILE = 80, 60, 250
_BYTES_PER_TOKEN = 200


@dataclass(frozen=True)
class Unit:
    """A part of the input in prompt order: tools, system, messages (REQ-CACHE-007).

    `value` is the content of the part, `cache_control` its breakpoint or None.
    """

    value: Json
    tokens: int
    cache_control: Json = None
    cacheable: bool = True


def pieces(text: str) -> list[str]:
    """The tokens of a text; joined, they are the text."""
    return _TOKEN.findall(text)


def count_text(text: str) -> int:
    """The number of tokens of a text."""
    return len(pieces(text))


def cut(text: str, tokens: int) -> str:
    """The first `tokens` tokens of a text."""
    return "".join(pieces(text)[: max(0, tokens)])


def count_request(body: dict[str, Json]) -> int:
    """The input tokens of a request body (REQ-COUNT-004)."""
    return sum(unit.tokens for unit in units(body))


def units(body: dict[str, Json]) -> Iterator[Unit]:
    """The parts of a request body that form its prompt, in prompt order."""
    yield Unit("request", _REQUEST + _settings(body), cacheable=False)
    for tool in _dicts(body.get("tools")):
        plain = _without_cache_control(tool)
        yield Unit(plain, _BLOCK + count_text(dump(plain)), tool.get("cache_control"))
    system = body.get("system")
    if isinstance(system, str) and system:  # an empty one means the same as none
        yield Unit(["system", system], _MESSAGE + count_text(system))
    for block in _dicts(system):
        yield _block_unit("system", block)
    for message in _dicts(body.get("messages")):
        role = str(message.get("role"))
        content = message.get("content")
        yield Unit(role, _MESSAGE, cacheable=False)
        if isinstance(content, str):
            yield Unit([role, content], _BLOCK + count_text(content))
        for block in _dicts(content):
            yield _block_unit(role, block)


def _settings(body: dict[str, Json]) -> int:
    tokens = _TOOL_PROMPT if body.get("tools") else 0
    config = body.get("output_config")
    shape = config.get("format") if isinstance(config, dict) else None
    if shape is None:
        shape = body.get("output_format")
    return tokens + (_FORMAT_PROMPT + count_text(dump(shape)) if shape is not None else 0)


def _block_unit(role: str, block: dict[str, Json]) -> Unit:
    kind = block.get("type")
    cacheable = kind not in ("thinking", "redacted_thinking")
    return Unit([role, _without_cache_control(block)], count_block(block), block.get("cache_control"), cacheable)


def count_block(block: dict[str, Json]) -> int:
    """The tokens of one content block, whatever its type."""
    kind = block.get("type")
    if kind == "text":
        return _BLOCK + count_text(str(block.get("text")))
    if kind == "thinking":
        return _BLOCK + count_text(str(block.get("thinking")))
    if kind == "redacted_thinking":
        return _BLOCK + len(str(block.get("data"))) // 8
    if kind == "image":
        return _BLOCK + _source(block.get("source"), _IMAGE)
    if kind == "document":
        words = " ".join(str(block[key]) for key in ("title", "context") if block.get(key) is not None)
        return _BLOCK + count_text(words) + _source(block.get("source"), _DOCUMENT)
    if kind == "tool_use":
        return _BLOCK + count_text(str(block.get("name"))) + count_text(dump(block.get("input")))
    if kind == "tool_result":
        flag = 1 if block.get("is_error") else 0
        return _BLOCK + _MESSAGE + flag + _content(block.get("content"))
    if kind == "search_result":
        words = f"{block.get('title')} {block.get('source')}"
        return _BLOCK + count_text(words) + _content(block.get("content"))
    return _BLOCK + count_text(dump(_without_cache_control(block)))


def _content(content: Json) -> int:
    if isinstance(content, str):
        return count_text(content)
    return sum(count_block(block) for block in _dicts(content))


def _source(source: Json, base: int) -> int:
    if not isinstance(source, dict):
        return base
    kind = source.get("type")
    if kind == "base64":
        raw = decode_base64(str(source.get("data")))
        return base + len(raw or b"") // _BYTES_PER_TOKEN
    if kind == "text":
        return count_text(str(source.get("data")))
    if kind == "content":
        return _content(source.get("content"))
    return base + _FILE


def _without_cache_control(block: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in block.items() if key != "cache_control"}


def _dicts(value: Json) -> Iterator[dict[str, Json]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
