"""Faults in why a reply ends that need code."""

from __future__ import annotations

from conformance.reference.answer import dump
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, blocks_of_type, in_message, in_message_of
from conformance.reference.prompt import Prompt


@fault(in_message_of)
def stop_sequence_always_named(message: Data, prompt: Prompt) -> None:
    """Names the first stop sequence of the request, whatever ended the reply."""
    sequences = prompt.body.get("stop_sequences")
    if sequences and message["stop_sequence"] is None:
        message["stop_sequence"] = sequences[0]


@fault(in_message)
def stop_sequence_included(message: Data) -> None:
    """Ends the text with the stop sequence that was found."""
    for block in blocks_of_type(message, "text")[-1:]:
        block["text"] += message["stop_sequence"] or ""


@fault(in_message)
def tool_use_without_call(message: Data) -> None:
    """Writes tool calls as XML into the text, and still sends tool_use as the stop reason."""
    calls_as_text(message)


def calls_as_text(message: Data) -> None:
    """Replaces the tool calls of a Message by XML in a text."""
    kept = [block for block in message["content"] if block["type"] != "tool_use"]
    for call in blocks_of_type(message, "tool_use"):
        text = f"<tool_call><function={call['name']}>{dump(call['input'])}</function></tool_call>"
        kept.append({"type": "text", "text": text})
    message["content"] = kept
