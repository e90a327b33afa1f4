"""Reduces the shared reference material to the facts that tests need, and writes them beside this file.

    python tests/data/reduce.py ../shared

Names and figures are kept; sentences of others are not.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent
LONGEST = 40
"""Characters of a text that are kept."""


def main(shared: Path) -> None:
    """Writes every file of this folder that is made of one of the shared files."""
    streams = json.loads((shared / "clients" / "sdk_streams.json").read_text(encoding="utf-8"))
    write("probe_streams.json", streams)
    captures = (shared / "clients" / "captures.jsonl").read_text(encoding="utf-8").splitlines()
    write("client_requests.json", list(requests(map(json.loads, captures))))
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


def requests(captures: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What clients posted: path, beta header and body, each different one once, long texts replaced by their length."""
    seen = set()
    for capture in captures:
        if capture["method"] != "POST" or not isinstance(capture["body"], dict):
            continue
        headers = {name.lower(): value for name, value in capture["headers"]}
        request = {
            "client": capture["client"],
            "path": capture["path"],
            "anthropic-beta": headers.get("anthropic-beta", ""),
            "body": shortened(capture["body"]),
        }
        if (key := json.dumps(request, sort_keys=True)) not in seen:
            seen.add(key)
            yield request


CLIENTS = {
    "agent-sdk": "claude-agent-sdk",
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
