"""Faults in reading a conversation that need code: characters, turns, and what is remembered of other requests."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from conformance.model import Json
from conformance.reference.answer import Call
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, blocks_of_type, in_message, in_message_of, in_steps, refusing
from conformance.reference.pipeline import Desk, Steps
from conformance.reference.prompt import Prompt
from conformance.reference.scripted import read
from conformance.reference.words import codes


@fault(in_message)
def text_mojibake(message: Data) -> None:
    """Writes text in UTF-8 and reads it as Latin-1."""
    _rewrite(message, lambda text: text.encode().decode("latin-1"))


@fault(in_message)
def text_split_characters(message: Data) -> None:
    """Writes text a few bytes at a time, and loses characters of three and four bytes."""
    _rewrite(message, lambda text: re.sub(r"[\u0800-\U0010ffff]", "\ufffd", text))


@fault(in_message)
def text_reordered(message: Data) -> None:
    """Sends the letters of right-to-left words in the order in which they are displayed."""
    _rewrite(message, lambda text: re.sub(r"[\u0590-\u05ff]+", lambda match: match.group()[::-1], text))


@fault(in_message)
def emoji_joiner_dropped(message: Data) -> None:
    """Omits the joiners between the parts of an emoji."""
    _rewrite(message, lambda text: text.replace("\u200d", ""))


@fault(in_steps)
def surrogate_pairs_misread(steps: Steps) -> Steps:
    """Reads characters that are escaped as surrogate pairs as question marks."""
    pair = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"

    def parse(call: Call, limit: int) -> Json:
        return steps.parse(replace(call, body=re.sub(pair, b"??", call.body)), limit)

    return replace(steps, parse=parse)


@fault(refusing)
def consecutive_turns_refused(prompt: Prompt, _: Call) -> str | None:
    """Requires user and assistant to take turns."""
    roles = [message.role for message in prompt.messages if message.role != "system"]
    repeated = any(one == other for one, other in pairwise(roles))
    return 'messages: roles must alternate between "user" and "assistant"' if repeated else None


@fault(in_message_of)
def prefill_repeated(message: Data, prompt: Prompt) -> None:
    """Repeats the prefill at the start of the reply that continues it."""
    for block in message["content"]:
        if prompt.prefill and block["type"] == "text":
            block["text"] = prompt.prefill + block["text"]


@fault(in_steps)
def conversations_leak(steps: Steps) -> Steps:
    """Answers questions with what another conversation contained."""

    def told(_: Data, prompt: Prompt) -> str:
        return " ".join([*read(prompt).known, read(prompt).request])

    def answer(own: str, earlier: list[str]) -> str:
        found = dict.fromkeys(code for text in earlier for code in codes(text))
        return f"The code word is one of {', '.join(found)}." if own == "I understand." and found else own

    return _remembering(steps, told, answer)


@fault(in_steps)
def answers_swapped(steps: Steps) -> Steps:
    """Sends the text of each reply in answer to the next request."""

    def said(message: Data, _: Prompt) -> str:
        return "".join(block["text"] for block in blocks_of_type(message, "text"))

    return _remembering(steps, said, lambda own, earlier: earlier[-1] if earlier else own)


def _rewrite(message: Data, change: Callable[[str], str]) -> None:
    for block in blocks_of_type(message, "text"):
        block["text"] = change(block["text"])


def _remembering(
    steps: Steps, remember: Callable[[Data, Prompt], str], answer: Callable[[str, list[str]], str]
) -> Steps:
    """Steps that remember a text of each request, and answer with what they remember of earlier ones."""
    earlier: list[str] = []

    def make(prompt: Prompt, desk: Desk, all_steps: Steps) -> Data:
        message = copy.deepcopy(steps.make_message(prompt, desk, all_steps))
        remembered = remember(message, prompt)
        for block in blocks_of_type(message, "text")[-1:]:
            block["text"] = answer(block["text"], earlier)
        earlier.append(remembered)
        return message

    return replace(steps, make_message=make)
