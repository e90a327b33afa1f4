"""Faults in why an answer ends, and in what it has to end for.

Belongs here: stop reasons, stop sequences, max_tokens. Does not belong here: how a stream is closed.
"""

from __future__ import annotations

from conformance.reference.answer import Call, dump
from conformance.reference.faults.base import Data, DeafFault, MessageFault, RefusingFault, because, blocks_of_type
from conformance.reference.prompt import Prompt

_OPENAI = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}


class StopReasonOpenai(MessageFault):
    """Says why an answer ended in the words of another API."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["stop_reason"] = _OPENAI[message["stop_reason"]]
        message["stop_sequence"] = None


class StopReasonUnknown(MessageFault):
    """Says finished where an answer ended by itself."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["stop_reason"] == "end_turn":
            message["stop_reason"] = "finished"


class StopReasonMissing(MessageFault):
    """Sends null as the stop reason of every answer."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["stop_reason"] = message["stop_sequence"] = None


class StopReasonAlwaysEndTurn(MessageFault):
    """Says end_turn for every answer."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["stop_reason"], message["stop_sequence"] = "end_turn", None


class ToolStopReasonEndTurn(MessageFault):
    """Says end_turn for answers with tool calls."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["stop_reason"] == "tool_use":
            message["stop_reason"] = "end_turn"


class ForcedCallEndTurn(MessageFault):
    """Says end_turn for calls that tool_choice forced."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["stop_reason"] == "tool_use" and prompt.choice == "tool":
            message["stop_reason"] = "end_turn"


class StopSequenceAsEndTurn(MessageFault):
    """Says end_turn, and no sequence, where a stop sequence ended the answer."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["stop_reason"] == "stop_sequence":
            message["stop_reason"], message["stop_sequence"] = "end_turn", None


class StopSequenceFieldNull(MessageFault):
    """Does not name the stop sequence that ended the answer."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["stop_sequence"] = None


class StopSequenceAlwaysNamed(MessageFault):
    """Names the first stop sequence of the request, whatever ended the answer."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        sequences = prompt.body.get("stop_sequences")
        if sequences and message["stop_sequence"] is None:
            message["stop_sequence"] = sequences[0]


class StopDetailsWithoutRefusal(MessageFault):
    """Gives details of the stop where nothing was refused."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        message["stop_details"] = {"type": message["stop_reason"]}


class StopReasonToolUseStuck(MessageFault):
    """Says tool_use again for the text that answers a tool result."""

    collateral = because("the answer has no call", "stop-tool-use-has-tool-call")

    def edit(self, message: Data, prompt: Prompt) -> None:
        if prompt.messages[-1].of_type("tool_result") and message["stop_reason"] == "end_turn":
            message["stop_reason"] = "tool_use"


class ToolUseWithoutCall(MessageFault):
    """Writes tool calls as XML into the text and still says tool_use."""

    collateral = because("a call in the text is no call", "tools-*")

    def edit(self, message: Data, prompt: Prompt) -> None:
        calls_as_text(message)


class PauseTurnWithToolCall(MessageFault):
    """Says pause_turn for answers with tool calls that await the client."""

    collateral = because("pause_turn is not tool_use", "stop-tool-call-has-tool-use", "tools-*")

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["stop_reason"] == "tool_use":
            message["stop_reason"] = "pause_turn"


class RefusalWithoutDetails(MessageFault):
    """Says refusal for answers that max_tokens cut, and does not explain it."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        if message["stop_reason"] == "max_tokens":
            message["stop_reason"] = "refusal"


class MaxTokensIgnored(DeafFault):
    """Writes as much as it likes, whatever max_tokens says."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if prompt.max_tokens and prompt.thinking is None:
            body["max_tokens"] = 4096


class StopSequencesIgnored(DeafFault):
    """Writes past stop sequences."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        body.pop("stop_sequences", None)


class StopSequenceIncluded(MessageFault):
    """Ends the text with the stop sequence that was met."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "text")[-1:]:
            block["text"] += message["stop_sequence"] or ""


class StopSequencesRefused(RefusingFault):
    """Refuses more than one stop sequence."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        many = len(prompt.body.get("stop_sequences") or ()) > 1
        return "stop_sequences: List should have at most 1 item" if many else None


def calls_as_text(message: Data) -> None:
    """Replaces the tool calls of a Message by XML in a text."""
    kept = [block for block in message["content"] if block["type"] != "tool_use"]
    for call in blocks_of_type(message, "tool_use"):
        text = f"<tool_call><function={call['name']}>{dump(call['input'])}</function></tool_call>"
        kept.append({"type": "text", "text": text, "citations": None})
    message["content"] = kept
