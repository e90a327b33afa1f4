"""Faults in reading the system prompt.

Belongs here: the top-level `system`. Does not belong here: system entries among the messages (see `messages`).
"""

from __future__ import annotations

from conformance.reference.answer import Call
from conformance.reference.faults.base import AcceptingFault, Data, DeafFault, RefusingFault, because
from conformance.reference.prompt import Prompt


class SystemDropped(DeafFault):
    """Reads no system prompt."""

    collateral = because("what is not read is neither cached nor counted", "caching-*")

    def edit(self, body: Data, prompt: Prompt) -> None:
        body.pop("system", None)


class SystemArrayRefused(RefusingFault):
    """Refuses a system prompt that is an array of text blocks."""

    collateral = because("what is not read is neither cached nor counted", "caching-*")

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        found = isinstance(prompt.body.get("system"), list) and not prompt.counting
        return "system: expected a string" if found else None


class SystemArrayDropped(DeafFault):
    """Reads no system prompt that is an array of text blocks."""

    collateral = because("what is not read is neither cached nor counted", "caching-*")

    def edit(self, body: Data, prompt: Prompt) -> None:
        if isinstance(body.get("system"), list):
            del body["system"]


class SystemFirstBlockOnly(DeafFault):
    """Reads only the first block of a system prompt."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if isinstance(body.get("system"), list):
            body["system"] = body["system"][:1]


class SystemGarbled(DeafFault):
    """Reads a system prompt that is a string from its end."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if isinstance(body.get("system"), str):
            body["system"] = body["system"][::-1]


class SystemBlockTypeUnchecked(AcceptingFault):
    """Takes blocks of any type in the system prompt."""

    sentence = r"^system\.0"
