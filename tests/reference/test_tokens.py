from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reference.answer import Answer
from conformance.reference.cache import PromptCache
from conformance.reference.tokens import Unit, count_text, cut, pieces

Post = Callable[..., Answer]

TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
USE = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Oslo"}}


def with_blocks(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, *blocks]}]}


BODIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "system": {"system": "Be brief."},
    "tools": {"tools": [TOOL]},
    "image": with_blocks({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}),
    "image-url": with_blocks({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
    "document": with_blocks({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "A"}}),
    "pdf": with_blocks({"type": "document", "source": PDF}),
    "format": {"output_config": {"format": {"type": "json_schema", "schema": {"type": "string"}}}},
    "history": {
        "tools": [TOOL],
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [USE]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "15 degrees"}]},
        ],
    },
}


def total_input(answer: Answer) -> int:
    assert answer.message is not None, answer.body
    usage = answer.message["usage"]
    keys = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(int(usage[key]) for key in keys)


@pytest.mark.parametrize("name", BODIES)
def test_count_tokens_agrees_with_usage(post: Post, name: str) -> None:
    counted = post("/v1/messages/count_tokens", **BODIES[name]).body
    assert counted == {"input_tokens": total_input(post(**BODIES[name]))}


@pytest.mark.parametrize("name", [name for name in BODIES if name != "plain"])
def test_every_part_of_a_request_counts(post: Post, name: str) -> None:
    plain = post("/v1/messages/count_tokens").body["input_tokens"]
    assert post("/v1/messages/count_tokens", **BODIES[name]).body["input_tokens"] > plain


@given(st.text())
def test_the_tokens_of_a_text_joined_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert count_text(text) == len(pieces(text))


@given(st.text(), st.integers(0, 20))
def test_a_cut_text_has_at_most_the_wanted_tokens(text: str, limit: int) -> None:
    assert text.startswith(cut(text, limit))
    assert len(pieces(text)[:limit]) <= limit


def cached_body(words: int, ttl: str = "5m") -> dict[str, Any]:
    block = {"type": "text", "text": "lapis " * words, "cache_control": {"type": "ephemeral", "ttl": ttl}}
    return {"system": [block]}


def test_a_long_prefix_is_written_first_and_read_afterwards(post: Post) -> None:
    first, second = post(**cached_body(701)), post(**cached_body(701))
    assert first.message is not None
    assert second.message is not None
    assert first.message["usage"]["cache_creation_input_tokens"] > 700
    assert second.message["usage"]["cache_read_input_tokens"] > 700
    assert total_input(first) == total_input(second)


def test_the_breakdown_of_written_tokens_adds_up(post: Post) -> None:
    message = post(**cached_body(702, ttl="1h")).message
    assert message is not None
    usage = message["usage"]
    split = usage["cache_creation"]
    assert split["ephemeral_1h_input_tokens"] == usage["cache_creation_input_tokens"] > 0
    assert split["ephemeral_5m_input_tokens"] == 0


def test_a_short_prefix_is_not_cached(post: Post) -> None:
    message = post(**cached_body(50)).message
    assert message is not None
    assert message["usage"]["cache_creation_input_tokens"] == message["usage"]["cache_read_input_tokens"] == 0


def test_an_automatic_breakpoint_marks_the_last_block(post: Post) -> None:
    body = {"messages": [{"role": "user", "content": "opal " * 800}], "cache_control": {"type": "ephemeral"}}
    message = post(**body).message
    assert message is not None
    assert message["usage"]["cache_creation_input_tokens"] > 800


def test_a_cached_prefix_is_forgotten_after_its_time_to_live() -> None:
    now = [0.0]
    cache = PromptCache(lambda: now[0])
    units = [Unit("a", 1000, {"type": "ephemeral"}), Unit("b", 10)]
    assert cache.use("m", 512, units, None).created_5m == 1000
    now[0] = 299.0
    assert cache.use("m", 512, units, None).read == 1000
    now[0] = 600.0
    assert cache.use("m", 512, units, None).read == 0
