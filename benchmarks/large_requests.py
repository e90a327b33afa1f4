"""How the reference endpoint's work grows with a request that has the shape of a coding agent's.

`python benchmarks/large_requests.py [--kind NAME ...] [--most KB]` asks an endpoint in this process, without a socket,
for an answer to requests of doubling size: twelve tools with long descriptions, a long system prompt, system reminders
before the user's text, and a history of calls. Each kind of text is one that a pattern could be slow on. It prints
seconds of CPU, milliseconds per kB, and the ratio to the request of half the size: 2 is linear, 4 quadratic. It is no
test: figures depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from conformance.reference.answer import Call
from conformance.reference.app import create_endpoint
from conformance.reference.models import named_model
from conformance.reference.pipeline import Endpoint, Settings

KEY = "reference-key"
MODEL = "reference-large"
HEADERS = (("x-api-key", KEY), ("anthropic-version", "2023-06-01"), ("content-type", "application/json"))
TOOLS = (
    "Agent",
    "Bash",
    "Edit",
    "Glob",
    "Grep",
    "ListAgents",
    "Read",
    "Skill",
    "ToolSearch",
    "WebFetch",
    "Todo",
    "Write",
)
SENTENCES = (
    "When a file is named, read the whole of it first and say what the code is for. ",
    "The command runs in a shell, and its output is cut after 30,000 characters. ",
    'Never answer with "maybe" where the value of MAX_SIZE-2 is 17, or it is in a table: look it up.\n',
    "Which of the names is the one that was given with the request? ",
    "Use the tool to find John Smith, Anna of Oslo and the Rue de la Paix, then list 3 of them.\n",
)

KINDS = {
    "sentences": "".join(SENTENCES),
    "one line": "".join(SENTENCES).replace("\n", " "),
    "one word": "x",
    "spaces": " ",
    "digits": "7",
    "codes": "a1-",
    "capitals": "Ab ",
    "upper case": "AB_",
    "quotes": '"',
    "open quotes": "'a ",
    "what": "what ",
    "questions": "What is the word? ",
    "words are": "the word is ",
    "say": "say ",
    "orders": "say: what?",
    "lines": "\n",
    "end": "count end begin add or to use not all ",
    "without": "only please, ",
}
"""Name -> what a request repeats until it is full."""


def request(repeated: str, size: int, order: str = " Go on.") -> dict[str, Any]:
    """A request of about `size` characters: two fifths are tools, the rest is spread over what else an agent sends."""

    def text(length: int) -> str:
        return (repeated * (length // len(repeated) + 1))[:length]

    fifth = size // 5
    properties = {name: {"type": "string", "description": text(size // 300)} for name in ("path", "query", "command")}
    schema = {"type": "object", "properties": properties, "required": ["path"], "additionalProperties": False}
    return {
        "model": MODEL,
        "max_tokens": 32_000,
        "stream": True,
        "system": [
            {"type": "text", "text": "You are an agent that works in a terminal."},
            {"type": "text", "text": text(fifth) + " That is all.", "cache_control": {"type": "ephemeral"}},
        ],
        "tools": [{"name": name, "description": text(size // 40), "input_schema": schema} for name in TOOLS],
        "messages": [
            {"role": "user", "content": "Look at the folder."},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": text(fifth // 2)}],
            },
            {"role": "assistant", "content": text(fifth // 2) + " I see it."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": f"<system-reminder>\n{text(fifth // 2)}\n</system-reminder>"},
                    {"type": "text", "text": text(fifth // 2) + order},
                ],
            },
        ],
    }


def cpu_seconds(endpoint: Endpoint, body: dict[str, Any]) -> tuple[float, int]:
    """Seconds of CPU for one answer, and the size of the request in bytes. Raises where the answer is an error."""
    data = json.dumps(body).encode()
    started = time.process_time()
    answer = endpoint.answer(Call("POST", "/v1/messages", (), HEADERS, data))
    spent = time.process_time() - started
    if answer.status != 200:
        raise SystemExit(f"status {answer.status}: {answer.body}")
    return spent, len(data)


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kind", action="append", choices=sorted(KINDS), help="a kind of text (default: all)")
    parser.add_argument("--least", type=int, default=25, help="the smallest request in kB (default: 25)")
    parser.add_argument("--most", type=int, default=400, help="the largest request in kB (default: 400)")
    parser.add_argument("--enough", type=float, default=10.0, help="seconds after which a kind ends (default: 10)")
    options = parser.parse_args()
    endpoint = create_endpoint(Settings(keys=(KEY,), models=(named_model(MODEL),)))
    cpu_seconds(endpoint, request(KINDS["sentences"], 1_000))
    for name in options.kind or KINDS:
        before, size = None, options.least
        while size <= options.most:
            spent, length = cpu_seconds(endpoint, request(KINDS[name], size * 1000))
            ratio = f"x {spent / before:4.1f}" if before else ""
            print(
                f"{name:<12} {length / 1000:8.0f} kB  {spent:8.3f} s  {spent * 1e6 / length:8.2f} ms/kB  {ratio}",
                flush=True,
            )
            if spent > options.enough:
                break
            before, size = spent, size * 2


if __name__ == "__main__":
    main()
