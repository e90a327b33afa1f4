"""The scripted model: a prompt in, a Message out, and the same Message for the same prompt.

The model knows nothing of any test. It thinks, writes text or calls tools, and stops at max_tokens or a stop sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.model import Json
from conformance.reference.answer import dump
from conformance.reference.attention import heeded, request_of
from conformance.reference.cache import CacheUse
from conformance.reference.calls import ToolCall, choose_calls
from conformance.reference.citations import cite
from conformance.reference.images import colour_of, decode_base64
from conformance.reference.instances import instance
from conformance.reference.pdf import pages_of
from conformance.reference.prompt import Block, Message, Prompt, blocks_of, dicts
from conformance.reference.replies import Conversation, direct, reply
from conformance.reference.search import citations_of, search
from conformance.reference.tokens import count_text, cut
from conformance.reference.triggers import REFUSAL, SUMMARY, compaction, redacted, trigger_of

_LEAST_TO_THINK = 48
_STEPS = {"low": 1, "medium": 2, "high": 3, "xhigh": 4, "max": 5}
_THOUGHTS = (
    "I read the request again and look for what it asks.",
    "It is short, so the answer can be short too.",
    "I check whether a tool or a document is involved.",
    "I compare the answer with the instructions.",
    "Everything fits together, so I write the answer.",
)
_PREFACE = "Let me check."


@dataclass(frozen=True)
class Draft:
    """What the model generated: blocks, why it ended, and the tokens it took. `details` are those of a refusal."""

    content: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None
    tokens: int
    thinking_tokens: int = 0
    details: Mapping[str, Json] | None = None


def generate(prompt: Prompt, new_id: Callable[[str], str]) -> Draft:
    """Generates the reply to a prompt. `new_id` makes the id of a call from its prefix."""
    limit = prompt.max_tokens or 0
    if limit == 0:
        return Draft((), "max_tokens", None, 0)
    conversation = read(prompt)
    asked = trigger_of(conversation.request)
    if asked == "refuse":
        return Draft((), "refusal", None, 0, details=REFUSAL)
    thoughts = _think(prompt, limit)
    used = sum(count_text(text) for text, _ in thoughts)
    blocks: list[Block] = [redacted(prompt) if asked == "redact thinking" else block for _, block in thoughts]
    compacted = compaction(prompt) if asked == "compact" else None
    if compacted is not None:
        blocks.append(compacted[0])
        if compacted[1]:
            return Draft(tuple(blocks), "compaction", None, used + count_text(SUMMARY), used)
    last_turn = _last_turn(prompt)
    # A turn with nothing but reminders asks for nothing, and what was asked before was answered.
    answered = any(message.of_type("tool_result") for message in last_turn) or not conversation.request
    ordered = direct(conversation.request) is not None
    calls = choose_calls(prompt, conversation.request or _asked_before(prompt), answered=answered, ordered=ordered)
    if calls:
        draft = call_tools(prompt, calls, limit - used, new_id)
    else:
        found = search(prompt, conversation.request, new_id)
        if found.paused:
            draft = Draft((), "pause_turn", None, 1)
        else:
            draft = _citing(write(prompt, _text(prompt, conversation), limit - used), found.blocks)
        draft = replace(draft, content=(*found.blocks, *draft.content))
    tokens = max(1, used + draft.tokens)
    return Draft((*blocks, *draft.content), draft.stop_reason, draft.stop_sequence, tokens, used)


def _citing(draft: Draft, found: tuple[Block, ...]) -> Draft:
    """The draft whose text cites what a search found; without a search as it is."""
    cited = citations_of(found)
    if not cited:
        return draft
    return replace(
        draft,
        content=tuple({**block, "citations": [*(block.get("citations") or []), *cited]} for block in draft.content),
    )


def to_message(prompt: Prompt, draft: Draft, usage: CacheUse, message_id: str) -> dict[str, Any]:
    """The Message object of a draft, with every key that the SDK types. A text without citations lacks that key, as
    from the API: clients that read types strictly refuse null.
    """
    message: dict[str, Any] = {
        "model": prompt.model.id,
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": list(draft.content),
        "container": None,
        "diagnostics": {"cache_miss_reason": None} if _wants_diagnostics(prompt) else None,
        "stop_reason": draft.stop_reason,
        "stop_sequence": draft.stop_sequence,
        "stop_details": dict(draft.details) if draft.details is not None else None,
        "usage": _usage(prompt, draft, usage),
    }
    if "context_management" in prompt.body:
        message["context_management"] = {"applied_edits": []}
    return message


def read(prompt: Prompt) -> Conversation:
    """What the model reads of a prompt."""
    system = [str(block.get("text")) for block in blocks_of(prompt.body.get("system"))]
    system += [text for message in prompt.messages if message.role == "system" for text in _words(message)]
    last = _last_turn(prompt)
    ids = {id(message) for message in last}
    earlier = [m for m in prompt.messages if id(m) not in ids and m.role != "system"]
    known = [text for message in earlier for block in message.blocks for text in _all_text(block)]
    requests: list[str] = []
    for message in last:
        known += [text for block in message.blocks if block.get("type") != "text" for text in _all_text(block)]
        requests += _words(message)
    known += requests[:-1]
    return Conversation(
        system="\n".join(system),
        known=tuple(known),
        results=_results(prompt, last),
        request=request_of(requests),
        sights=tuple(colour for message in last for block in message.blocks for colour in _sights(block)),
    )


def _text(prompt: Prompt, conversation: Conversation) -> str:
    schema = prompt.output_schema
    if schema is not None:
        return dump(instance(schema, heeded("\n".join([*conversation.known, conversation.request]))))
    text = reply(conversation)
    prefill = prompt.prefill
    return text.removeprefix(prefill).lstrip() if prefill and text.startswith(prefill) else text


def write(prompt: Prompt, text: str, limit: int) -> Draft:
    """The draft of a text: cut at a stop sequence or at `limit` tokens (REQ-BODY-010, REQ-BODY-012)."""
    text, matched = _stopped(text, prompt.body.get("stop_sequences"))
    tokens = count_text(text)
    if tokens > limit:
        content, reason, matched = cut(text, limit), "max_tokens", None
        tokens = limit
    else:
        content, reason = text, "stop_sequence" if matched is not None else "end_turn"
    cited = cite(prompt, content)
    block = {"type": "text", "text": content, **({"citations": cited} if cited is not None else {})}
    blocks = (block,) if content else ()
    return Draft(blocks, reason, matched, tokens)


def call_tools(prompt: Prompt, calls: list[ToolCall], limit: int, new_id: Callable[[str], str]) -> Draft:
    """The draft of calls, the last one without its input where `limit` tokens do not hold it."""
    costs = [count_text(call.name) + count_text(dump(call.arguments)) for call in calls]
    blocks: list[Block] = []
    used = 0
    if prompt.choice == "auto" and sum(costs) + count_text(_PREFACE) <= limit:
        used = count_text(_PREFACE)
        blocks.append({"type": "text", "text": _PREFACE})
    for call, cost in zip(calls, costs, strict=True):
        fits = used + cost <= limit
        blocks.append(
            {
                "type": "tool_use",
                "id": new_id("toolu"),
                "name": call.name,
                "input": call.arguments if fits else {},
                "caller": {"type": "direct"},
            }
        )
        if not fits:
            return Draft(tuple(blocks), "max_tokens", None, limit)
        used += cost
    return Draft(tuple(blocks), "tool_use", None, used)


def _think(prompt: Prompt, limit: int) -> list[tuple[str, Block]]:
    """The thinking block with its full text, or nothing (REQ-THINK-003, REQ-THINK-004)."""
    if not may_think(prompt, limit):
        return []
    effort = prompt.object("output_config").get("effort")
    steps = _STEPS.get(effort, 3) if isinstance(effort, str) else 3
    text = cut(" ".join(_THOUGHTS[:steps]), limit // 2)
    return [(text, thinking_block(prompt, text))]


def may_think(prompt: Prompt, limit: int) -> bool:
    """Whether the request lets the model think, and `limit` tokens leave room for it."""
    kind = prompt.thinking or ("adaptive" if prompt.model.thinks else "disabled")
    return kind in ("adaptive", "enabled") and limit >= _LEAST_TO_THINK


def thinking_block(prompt: Prompt, text: str) -> Block:
    """A signed block of thinking, without its text where the request has that omitted."""
    shown = (prompt.object("thinking").get("display") or prompt.model.display) != "omitted"
    return {"type": "thinking", "thinking": text if shown else "", "signature": prompt.signer.sign(text, shown=shown)}


def _stopped(text: str, sequences: Json) -> tuple[str, str | None]:
    """The text before the first stop sequence in it, and that sequence (REQ-BODY-010, REQ-BODY-012)."""
    found = [
        (text.find(sequence), sequence)
        for sequence in (sequences if isinstance(sequences, list) else [])
        if isinstance(sequence, str) and sequence and sequence in text
    ]
    if not found:
        return text, None
    position, sequence = min(found, key=lambda item: item[0])
    return text[:position], sequence


def _usage(prompt: Prompt, draft: Draft, use: CacheUse) -> dict[str, Any]:
    return {
        "input_tokens": use.uncached,
        "cache_creation_input_tokens": use.created_5m + use.created_1h,
        "cache_read_input_tokens": use.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": use.created_5m,
            "ephemeral_1h_input_tokens": use.created_1h,
        },
        "output_tokens": draft.tokens,
        "output_tokens_details": {"thinking_tokens": draft.thinking_tokens},
        "server_tool_use": _server_tools(draft),
        "service_tier": "standard",
        "inference_geo": prompt.body.get("inference_geo") or "global",
        "speed": prompt.body.get("speed") or "standard",
    }


def _server_tools(draft: Draft) -> dict[str, int] | None:
    searches = sum(1 for block in draft.content if block.get("type") == "server_tool_use")
    return {"web_search_requests": searches, "web_fetch_requests": 0} if searches else None


def _wants_diagnostics(prompt: Prompt) -> bool:
    return prompt.object("diagnostics").get("previous_message_id") is not None


def _last_turn(prompt: Prompt) -> tuple[Message, ...]:
    """The user messages that wait for a reply, without the prefill after them."""
    messages = list(prompt.messages)
    while messages and messages[-1].role != "user":
        messages.pop()
    first = len(messages)
    while first > 0 and messages[first - 1].role != "assistant":
        first -= 1
    return tuple(message for message in messages[first:] if message.role == "user")


def _asked_before(prompt: Prompt) -> str:
    return request_of(text for message in prompt.messages if message.role == "user" for text in _words(message))


def _words(message: Message) -> list[str]:
    return [str(block.get("text")) for block in message.of_type("text")]


def _results(prompt: Prompt, last: tuple[Message, ...]) -> tuple[tuple[str, str, bool], ...]:
    called = {str(b.get("id")): str(b.get("name")) for m in prompt.messages for b in m.of_type("tool_use")}
    results = [block for message in last for block in message.of_type("tool_result")]
    return tuple(
        (
            called.get(str(block.get("tool_use_id")), "the tool"),
            " ".join([*_all_text(block), *(f"a {colour} image" for colour in _sights(block))]).strip(),
            block.get("is_error") is True,
        )
        for block in results
    )


def _all_text(block: Block) -> list[str]:
    """Every text in a block: its own, and those of documents, search results and tool results."""
    if block.get("type") == "text":
        return [str(block.get("text"))]
    if block.get("type") in ("thinking", "redacted_thinking", "tool_use", "server_tool_use"):
        return []
    source = block.get("source")
    own = [str(block[key]) for key in ("title", "context") if isinstance(block.get(key), str)]
    if isinstance(source, dict) and source.get("type") == "text":
        own.append(str(source.get("data")))
    if block.get("type") == "document" and isinstance(source, dict) and source.get("type") == "base64":
        own += pages_of(decode_base64(str(source.get("data"))) or b"")
    inner = source.get("content") if isinstance(source, dict) else block.get("content")
    return own + [text for part in blocks_of(inner) for text in _all_text(part)]


def _sights(block: Block) -> list[str]:
    """The colours of the images in a block."""
    if block.get("type") == "image":
        source = block.get("source")
        data = source.get("data") if isinstance(source, dict) and source.get("type") == "base64" else None
        colour = colour_of(decode_base64(data) or b"") if isinstance(data, str) else None
        return [colour] if colour else []
    return [colour for part in dicts(block.get("content")) for colour in _sights(part)]
