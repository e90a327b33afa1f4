"""Models without a mind, as test doubles of the reference endpoint's model.

Each obeys the protocol (limits, stop sequences, a forced tool choice, schemas, usage) and ignores whatever the prompt
asks for. What they write differs from request to request, and is the same in every run.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from conformance.reference.answer import dump
from conformance.reference.calls import ToolCall
from conformance.reference.instances import instance
from conformance.reference.prompt import Block, Prompt
from conformance.reference.scripted import Draft, call_tools, may_think, thinking_block, write
from conformance.reference.tokens import count_text


@dataclass(frozen=True)
class Brainless:
    """A model that writes what `say` makes of a source of chance.

    It thinks first where it may and `thinks`, and with `calls` it calls a tool wherever it may.
    """

    say: Callable[[random.Random], str]
    thinks: bool = True
    calls: bool = False

    def generate(self, prompt: Prompt, new_id: Callable[[str], str]) -> Draft:
        """The reply to a prompt that nobody read."""
        limit = prompt.max_tokens or 0
        if limit == 0:
            return Draft((), "max_tokens", None, 0)
        chance = random.Random(new_id("chance"))
        thought, used = self._think(prompt, limit, chance)
        calls = self._calls(prompt, chance)
        if calls:
            draft = call_tools(prompt, calls, limit - used, new_id)
        elif prompt.output_schema is not None:
            draft = write(prompt, dump(instance(prompt.output_schema, letters(chance))), limit - used)
        else:
            draft = write(prompt, self.say(chance), limit - used)
        content = (*thought, *draft.content)
        return replace(draft, content=content, tokens=max(1, used + draft.tokens), thinking_tokens=used)

    def _think(self, prompt: Prompt, limit: int, chance: random.Random) -> tuple[tuple[Block, ...], int]:
        if not self.thinks or not may_think(prompt, limit):
            return (), 0
        text = letters(chance)
        return (thinking_block(prompt, text),), count_text(text)

    def _calls(self, prompt: Prompt, chance: random.Random) -> list[ToolCall]:
        """The call that a forced choice demands, or any call where the model likes to call and may."""
        tools, choice = prompt.client_tools, prompt.choice
        if choice == "tool":
            tools = [tool for tool in tools if tool["name"] == prompt.object("tool_choice").get("name")]
        elif choice == "none" or (choice == "auto" and not self.calls):
            tools = []
        if not tools:
            return []
        tool = chance.choice(tools)
        schema = tool.get("input_schema")
        made = instance(schema if isinstance(schema, dict) else {"type": "object"}, letters(chance), optional=False)
        return [ToolCall(str(tool["name"]), made if isinstance(made, dict) else {})]


def letters(chance: random.Random) -> str:
    """A few words of random letters."""
    return " ".join("".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(6))


MODELS: Mapping[str, Brainless] = {
    "letters": Brainless(letters),
    "empty": Brainless(lambda _: "", thinks=False),
    "blank": Brainless(lambda _: " \n", thinks=False),
    "word": Brainless(lambda _: "certainly"),
    "calls": Brainless(letters, calls=True),
    "think tags": Brainless(lambda chance: f"<think>{letters(chance)}</think>{letters(chance)}", thinks=False),
    "damaged": Brainless(lambda chance: f"{letters(chance)} \N{REPLACEMENT CHARACTER} {letters(chance)}"),
}
"""Name -> model."""
