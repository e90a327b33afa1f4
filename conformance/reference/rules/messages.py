"""Rules for the messages array: order, roles, emptiness, and how calls and results pair."""

from __future__ import annotations

from conformance.reference.prompt import Message, Prompt

_SERVER_RESULTS = (
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
)


def system_is_not_first(prompt: Prompt) -> str | None:
    """REQ-MSG-006: a system entry is never the first message."""
    first = prompt.messages[:1]
    refused = first and first[0].role == "system"
    return "messages.0: the first message cannot have the role 'system'" if refused else None


def model_knows_system_role(prompt: Prompt) -> str | None:
    """REQ-MSG-010: some models refuse system entries."""
    for message in prompt.messages:
        if message.role == "system" and not prompt.model.system_in_messages:
            return f"{message.path}.role: 'system' is not supported on this model"
    return None


def system_follows_user(prompt: Prompt) -> str | None:
    """REQ-MSG-007: system entries follow a user turn or a server tool result, and an assistant turn follows them."""
    messages = prompt.messages
    for number, message in enumerate(messages):
        if message.role != "system":
            continue
        before = next((m for m in reversed(messages[:number]) if m.role != "system"), None)
        after = next((m for m in messages[number + 1 :] if m.role != "system"), None)
        if before is not None and before.role == "assistant" and not _ends_in_server_result(before):
            return f"{message.path}: a system message must follow a user message"
        if after is not None and after.role != "assistant":
            return f"{message.path}: only an assistant message can follow a system message"
    return None


def system_is_not_inside_tool_loop(prompt: Prompt) -> str | None:
    """REQ-MSG-008: no system entry between a tool_use and the tool_result that answers it."""
    for before, message in zip(prompt.messages, prompt.messages[1:], strict=False):
        if message.role == "system" and before.role == "assistant" and before.of_type("tool_use"):
            return f"{message.path}: a system message cannot be between `tool_use` and `tool_result` blocks"
    return None


def content_is_not_empty(prompt: Prompt) -> str | None:
    """REQ-MSG-012: every message except a final assistant message has content."""
    last = len(prompt.messages) - 1
    for number, message in enumerate(prompt.messages):
        if message.content in ("", []) and not (number == last and message.role == "assistant"):
            return (
                f"{message.path}: all messages must have non-empty content except for the optional final assistant"
                " message"
            )
    return None


def text_is_not_blank(prompt: Prompt) -> str | None:
    """REQ-MSG-014: no text block is only whitespace. A recording shows that assistant blocks may be."""
    for path, text in _texts_of_users(prompt):
        if text and not text.strip():
            return f"{path}: text content blocks must contain non-whitespace text"
    return None


def model_continues_prefill(prompt: Prompt) -> str | None:
    """REQ-MSG-017: on models without prefill, the conversation ends with a user message."""
    if prompt.model.prefill or prompt.prefill is None or prompt.messages[-1].of_type("tool_use"):
        return None
    return "This model does not support assistant message prefill. The conversation must end with a user message."


def prefill_ends_in_text(prompt: Prompt) -> str | None:
    """REQ-MSG-015: a prefill does not end in whitespace."""
    text = prompt.prefill
    if text is not None and text != text.rstrip():
        return "messages: final assistant content cannot end with trailing whitespace"
    return None


def call_ids_are_unique(prompt: Prompt) -> str | None:
    """REQ-MSG-023: tool_use ids are unique within the request."""
    seen: set[str] = set()
    for message in prompt.messages:
        for path, block in message.numbered():
            if block.get("type") in ("tool_use", "server_tool_use"):
                if str(block.get("id")) in seen:
                    return f"{path}: `tool_use` ids must be unique"
                seen.add(str(block.get("id")))
    return None


def results_come_first(prompt: Prompt) -> str | None:
    """REQ-MSG-020: all tool_result blocks come first in their message."""
    for message in prompt.messages:
        other = False
        for path, block in message.numbered():
            if block.get("type") == "tool_result" and other:
                return f"{path}: `tool_result` blocks must come before any other content in the message"
            other = other or block.get("type") != "tool_result"
    return None


def results_have_calls(prompt: Prompt) -> str | None:
    """REQ-MSG-021: every tool_result answers a tool_use of the previous turn."""
    for turn, previous in _turns(prompt):
        calls = _ids(previous, "tool_use", "id")
        for message in turn:
            for path, block in message.numbered():
                if block.get("type") == "tool_result" and block.get("tool_use_id") not in calls:
                    name = block.get("tool_use_id")
                    return (
                        f"{path}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. Each `tool_result`"
                        " block must have a corresponding `tool_use` block in the previous message."
                    )
    return None


def calls_have_results(prompt: Prompt) -> str | None:
    """REQ-MSG-019 and REQ-MSG-022: every tool_use is answered in the very next message, all of them in that one."""
    messages = prompt.messages
    for number, message in enumerate(messages):
        following = messages[number + 1] if number + 1 < len(messages) else None
        if message.role != "assistant" or not message.of_type("tool_use"):
            continue
        if following is not None and following.role == "assistant":
            continue
        answered = _ids([following], "tool_result", "tool_use_id") if following is not None else set()
        turn = _assistant_turn(messages, number)
        missing = [name for name in _ids(turn, "tool_use", "id") if name not in answered]
        if missing:
            names = ", ".join(sorted(missing))
            return (
                f"{message.path}: `tool_use` ids were found without `tool_result` blocks immediately after: {names}."
                " Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
    return None


def only_results_for_unfinished_server_tool(prompt: Prompt) -> str | None:
    """REQ-MSG-024: only tool_result blocks follow an unfinished server tool call, and the tool is still declared."""
    for turn, previous in _turns(prompt):
        finished = {str(b.get("tool_use_id")) for m in previous for b in m.of_type(*_SERVER_RESULTS)}
        open_calls = [b for m in previous for b in m.of_type("server_tool_use") if str(b.get("id")) not in finished]
        if not open_calls or not any(m.of_type("tool_use") for m in previous):
            continue
        for message in turn:
            for path, block in message.numbered():
                if block.get("type") != "tool_result":
                    return f"{path}: only `tool_result` blocks can follow an unfinished server tool call"
        if not all(_declares(prompt, str(call.get("name"))) for call in open_calls):
            return "tools: the server tool of an unfinished call must be declared"
    return None


def _texts_of_users(prompt: Prompt) -> list[tuple[str, str]]:
    return [
        (path, str(block.get("text")))
        for message in prompt.messages
        if isinstance(message.content, list) and message.role != "assistant"
        for path, block in message.numbered()
        if block.get("type") == "text"
    ] + [
        (message.path, message.content)
        for message in prompt.messages
        if isinstance(message.content, str) and message.content and message.role != "assistant"
    ]


def _ends_in_server_result(message: Message) -> bool:
    return bool(message.blocks) and message.blocks[-1].get("type") in _SERVER_RESULTS


def _turns(prompt: Prompt) -> list[tuple[list[Message], list[Message]]]:
    """Each non-assistant turn with the assistant turn before it (REQ-MSG-004: same roles in a row are one turn)."""
    turns: list[tuple[list[Message], list[Message]]] = []
    previous: list[Message] = []
    current: list[Message] = []
    for message in prompt.messages:
        if message.role == "assistant":
            if current:
                turns.append((current, previous))
                current, previous = [], []
            previous.append(message)
        elif message.role == "user":
            current.append(message)
    return [*turns, (current, previous)] if current else turns


def _assistant_turn(messages: tuple[Message, ...], last: int) -> list[Message]:
    first = last
    while first > 0 and messages[first - 1].role == "assistant":
        first -= 1
    return list(messages[first : last + 1])


def _ids(messages: list[Message], kind: str, key: str) -> set[str]:
    return {str(block.get(key)) for message in messages for block in message.of_type(kind)}


def _declares(prompt: Prompt, name: str) -> bool:
    return any(tool.get("name") == name or str(tool.get("type")).startswith(name) for tool in prompt.tools)
