"""Reduces the shared reference material to the facts that tests need, and writes them beside this file.

    python tests/data/reduce.py ../shared

Names and figures are kept; sentences of others are not.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent
TEXT = "<text>"
"""What stands for a text of which nothing is known."""

LONGEST = 40
"""Characters of a text that are kept."""


def main(shared: Path) -> None:
    """Writes every file of this folder that is made of one of the shared files."""
    streams = json.loads((shared / "clients" / "sdk_streams.json").read_text(encoding="utf-8"))
    write("probe_streams.json", streams)
    captures = (shared / "clients" / "captures.jsonl").read_text(encoding="utf-8").splitlines()
    shapes = json.loads((shared / "clients" / "claude-code-requests.json").read_text(encoding="utf-8"))
    write("client_requests.json", list(requests([*map(json.loads, captures), *map(outlined, shapes)])))
    clients = json.loads((shared / "clients" / "clients.json").read_text(encoding="utf-8"))
    write("client_effects.json", list(effects(clients)))
    facts = json.loads((shared / "facts" / "requirements.json").read_text(encoding="utf-8"))
    write("requirements.json", [requirement(fact) for fact in facts])
    bugs = json.loads((shared / "bugs" / "bugs.json").read_text(encoding="utf-8"))
    write("bugs.json", {bug["id"]: bug["url"] for bug in bugs})
    (page,) = (shared / "vendors" / "documents").glob("001_*.txt")
    write("documented_messages.json", [shortened(each) for each in messages(page.read_text(encoding="utf-8"))])


def write(name: str, value: Any) -> None:
    """One value a line, so that a change shows as a change of that line."""
    if isinstance(value, list):
        text = "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]\n"
    else:
        text = json.dumps(value, ensure_ascii=False, indent=0) + "\n"
    (DATA / name).write_text(text, encoding="utf-8")


def requests(captures: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What clients sent: method, path, query, names of headers, beta header and body, each different one once, long
    texts replaced by their length.
    """
    seen = set()
    for capture in captures:
        headers = {name.lower(): value for name, value in capture["headers"]}
        request = {
            "client": CLIENTS.get(capture["client"], capture["client"]),
            "method": capture["method"],
            "path": capture["path"],
            "query": capture["query"],
            "headers": sorted(headers.keys() - {"connection"}),
            "anthropic-version": headers.get("anthropic-version", ""),
            "anthropic-beta": headers.get("anthropic-beta", ""),
            "body": shortened(capture["body"]),
        }
        if (key := json.dumps(request, sort_keys=True)) not in seen:
            seen.add(key)
            yield request


def outlined(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A request of which only the shape is known, in the form of a capture: which blocks, tools and members it had."""
    method, _, url = shape["request"].partition(" ")
    path, _, query = url.partition("?")
    values = {"anthropic-beta": ",".join(shape.get("betas") or ()), "anthropic-version": shape.get("version") or ""}
    headers = [[name, values.get(name, "")] for name in shape.get("headers", ())]
    capture = {"client": "claude-code", "method": method, "path": path, "query": query, "headers": headers}
    return {**capture, "body": outlined_body(shape) if shape.get("top_level") else None}


def outlined_body(shape: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a body. Which of several tools had a member is not known, so that the first one has them all."""
    made: dict[str, Any] = {
        "messages": [{**turn, "content": outlined_content(turn["content"])} for turn in shape["messages"]],
        "system": [{"type": "text", "text": TEXT, **kept(block, "cache_control")} for block in shape["system"] or ()],
        "tools": [],
        "metadata": {"user_id": "{}"},
    }
    tools = shape["tools"]
    if tools:
        keys = {key for key in tools["keys"] if key != "defer_loading"}
        of_first = {"type": tools["types"][0]} if "type" in keys else {"input_schema": {"top_keys": []}}
        made["tools"] = [{"name": name, "keys": sorted(keys), **of_first} for name in tools["names"]]
        if tools["defer_loading"]:
            made["tools"][0]["keys"] = sorted(tools["keys"])
    return {key: made.get(key, shape.get(key)) for key in shape["top_level"]}


def outlined_content(content: Any) -> Any:
    if isinstance(content, str):
        return TEXT
    return [outlined_block({"type": block} if isinstance(block, str) else block) for block in content]


REQUIRED: Mapping[str, Mapping[str, Any]] = {
    "text": {"text": TEXT},
    "thinking": {"thinking": "", "signature": ""},
    "tool_use": {"id": "", "name": "", "input": {}},
    "tool_result": {"tool_use_id": ""},
    "image": {"source": {"type": "base64", "media_type": "image/png", "data": ""}},
}
"""What a block of each type has to have."""


def outlined_block(block: Mapping[str, Any]) -> dict[str, Any]:
    made = {**REQUIRED[block["type"]], **{key: value for key, value in block.items() if key != "empty"}}
    return {**made, "content": outlined_content(made["content"])} if "content" in made else made


def kept(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: mapping[name] for name in names if mapping.get(name) is not None}


CLIENTS = {
    "agent-sdk": "claude-agent-sdk",
    "agent-sdk-py": "claude-agent-sdk",
    "agent-sdk-ts": "claude-agent-sdk",
    "ai-sdk6": "ai-sdk-6",
    "ai-sdk7": "ai-sdk-7",
    "anthropic-py": "python-sdk",
    "anthropic-ts": "typescript-sdk",
    "langchain-py": "langchain-python",
    "llm-anthropic": "llm",
}
"""What the reference material calls clients that have another name in `specs/clients/`."""


def effects(measured: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """By feature: what clients did without it.

    `breaks`, `breaks-part` (of the client's features), `degrades`, `recovers` or `fine`; a client with which it was not
    tried is left out.
    """
    features = [*measured["features"], "auth.x_api_key", "auth.bearer"]
    for feature in features:
        found = {CLIENTS.get(each["id"], each["id"]): effect(each, feature) for each in measured["clients"]}
        yield {"feature": feature, "effects": {client: found[client] for client in sorted(found) if found[client]}}


def effect(client: Mapping[str, Any], feature: str) -> str:
    """What a client did without a feature, or nothing."""
    if feature in client["requires"]:
        required = client["requires"][feature]
        if required["effect"] == "degrades":
            return "degrades"
        return "breaks" if required["core"] else "breaks-part"
    if feature in client["recovers"]:
        return "recovers"
    return "fine" if feature in client["tolerates_absence_of"] else ""


def shortened(value: Any) -> Any:
    """A value without the sentences in it."""
    if isinstance(value, dict):
        return {key: shortened(below) for key, below in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, str) and len(value) > LONGEST and " " in value:
        return f"<text {len(value)} chars>"
    return value


def requirement(fact: Mapping[str, Any]) -> dict[str, Any]:
    """A normative statement without its sentences: what a rewording of it has to keep."""
    kept = {key: fact[key] for key in ("id", "level", "confidence", "depends", "source")}
    uncertain = sorted(figures_and_names(fact["uncertain"])) if fact["uncertain"] else None
    return {**kept, "statement_names": sorted(figures_and_names(fact["statement"])), "uncertain_names": uncertain}


def figures_and_names(text: str | None) -> set[str]:
    """Numbers, identifiers, and every word inside backticks."""
    text = text or ""
    found = {word.strip(".,") for word in re.findall(r"[\w.,]+", text.replace("..", " ")) if re.search(r"[\d_]", word)}
    return found | {word for span in re.findall(r"`([^`]*)`", text) for word in re.findall(r"\w+", span)}


def messages(text: str) -> Iterator[dict[str, Any]]:
    """The JSON messages in a page of Anthropic's documentation."""
    decoder, at = json.JSONDecoder(), -1
    while (at := text.find('{\n "id"', at + 1)) >= 0:
        yield decoder.raw_decode(text, at)[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
